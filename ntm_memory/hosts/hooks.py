"""The one door of the hooks: an event of the host in, its answer out, whatever happens.

A hook must never stand in the way: where anything is missing, locked or wrong the answer is `{}`: nothing changes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ntm_memory import paths
from ntm_memory.config import SHIPPED, load_settings
from ntm_memory.hosts import late, pending
from ntm_memory.hosts.sessions import Session
from ntm_memory.hosts.telling import NOTHING, Ask, Said, Told
from ntm_memory.persistence.hook_runs import note_run

Answer = dict[str, Any]
_IN_TIME = ("UserPromptSubmit", "SubagentStart", "SessionStart")
_WHILE_LOADING, _AFTER_A_TURN = 3.0, 2.0


class Noted(NamedTuple):
    """What was done of an event at once; the rest needs memory.

    Args:
        kept: how much of it is noted to be kept.
    """

    kept: int = 0


def at_once(event: Mapping[str, Any], home: str | Path | None = None) -> Answer | Noted:
    """What needs no memory, in whatever thread: the answer where that is all, else what was noted; never raises.

    What an event tells to keep is on the disk when this returns.

    Args:
        event: as for `answer`.
        home: the data folder.
    """
    try:
        told = _told(event, home)
        handler = _AT_ONCE.get(told.name)
        return Noted() if handler is None else handler(told)
    except Exception:  # noqa: BLE001 - whatever it is, the host's work goes on
        return Noted()


def answer(event: Mapping[str, Any], ask: Ask, home: str | Path | None = None) -> Answer:
    """What a host is answered; never raises, never says anything but what the event allows.

    Args:
        event: `event` (or `hook_event_name`) and the fields that the host tells with it, by the host's names; `noted`
            is what `at_once` gave, where it was asked before: then what it noted is written when `settle` is called.
        ask: puts a request to memory, as `commands.run` does.
        home: the data folder; None: as `paths.data_home` finds it.
    """
    try:
        told, noted = _told(event, home), event.get("noted")
        is_served = isinstance(noted, Noted)
        first = noted if isinstance(noted, Noted) else at_once(event, home)
        if not isinstance(first, Noted):
            return first
        text_of = _TEXTS.get(told.name)
        found = {} if text_of is None else _carried_out(text_of, told, ask, first)
        if not is_served:
            pending.settle(told.home, ask)
        return found
    except Exception:  # noqa: BLE001 - whatever it is, the host's work goes on
        return {}


def settle(ask: Ask, home: str | Path | None = None, *, most: int | None = None, seconds: float = 0.0) -> bool:
    """Write into memory what was noted; see `pending.settle`."""
    return pending.settle(paths.data_home(home), ask, most=most, seconds=seconds)


def patience(event: Mapping[str, Any], home: str | Path | None, *, is_ready: bool) -> float | None:
    """For how many seconds a host waits for an answer to an event; None: as long as it takes.

    Args:
        event: as for `answer`.
        home: the data folder.
        is_ready: whether memory is loaded; until then, once a session, a host waits longer.
    """
    name = event.get("event") or event.get("hook_event_name")
    if name == "Stop":
        return _AFTER_A_TURN
    if name not in _IN_TIME:
        return None
    seconds = load_settings(SHIPPED, paths.data_home(home) / "config.json").hosts.patience
    return seconds if is_ready else max(seconds, _WHILE_LOADING)


def carried(event: Mapping[str, Any], home: str | Path | None = None) -> Answer:
    """What came too late for an earlier event of the session, as the answer to this one; never raises."""
    try:
        told = _told(event, home)
        return _carries(told) if told.name in ("UserPromptSubmit", "SessionStart") else {}
    except Exception:  # noqa: BLE001 - whatever it is, the host's work goes on
        return {}


def _told(event: Mapping[str, Any], home: str | Path | None) -> Told:
    folder = paths.data_home(home)
    settings = load_settings(SHIPPED, folder / "config.json")
    return Told(event, folder, settings.hosts)


def _carried_out(text_of: Callable[[Told, Ask], Said], told: Told, ask: Ask, noted: Noted) -> Answer:
    """Carry out what puts a text into a session or keeps of it; its cost and what it decided are noted."""
    start, cpu, said, failed = time.perf_counter(), time.process_time(), NOTHING, ""
    try:
        said = text_of(told, ask)
    except Exception as error:  # noqa: BLE001 - noted for `status`, and nothing is said
        failed = type(error).__name__
    is_late = bool(said.text) and told.is_too_late
    if is_late:
        late.keep(told.session, said)
    elif told.name != "SubagentStart":  # what it saw, it alone saw
        Session(told.home, told.session).note(said.ids)
    run = {
        "ms": round((time.perf_counter() - start) * 1000, 1),
        "cpu_ms": round((time.process_time() - cpu) * 1000, 1),
        **({"failed": failed} if failed else {"decided": "late" if is_late else _decided(told, said, noted)}),
    }
    return _answered(told, "" if is_late else said.text, run)


def _decided(told: Told, said: Said, noted: Noted) -> str:
    """In a word or two, what became of an event."""
    if said.text:
        return "put in"
    if told.name == "Stop":
        return "kept" if noted.kept else "off" if told.capture == "off" else "nothing to keep"
    return "nothing matters" if told.may_inject else "off"


def _answered(told: Told, text: str, run: Mapping[str, Any]) -> Answer:
    """A text as the answer to an event, the run noted."""
    when = {"event": told.name, "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    off = {"not_understood": told.project.not_understood} if told.project.not_understood else {}
    note_run(told.home, when | dict(run) | {"characters": len(text)} | off)
    return {"hookSpecificOutput": {"hookEventName": told.name, "additionalContext": text}} if text else {}


def _carries(told: Told) -> Answer:
    """Carry what came too late before."""
    said = late.taken(told.session)
    if not said.text or not told.may_inject:
        return {}
    Session(told.home, told.session).note(said.ids)
    return _answered(told, said.text, {"ms": 0.0, "cpu_ms": 0.0, "decided": "carried what came late"})


def _note_prompt(told: Told) -> Noted:
    from ntm_memory.hosts import capturing, injecting

    injecting.forget_tasks(told)
    return Noted(capturing.on_prompt(told))


def _note_turn(told: Told) -> Noted:
    from ntm_memory.hosts import capturing

    return Noted(capturing.on_stop(told))


def _on_tool(told: Told) -> Answer:
    from ntm_memory.hosts import injecting, permission

    if told.text("tool_name") in ("Agent", "Task"):
        injecting.note_task(told)
        return {}
    reason = permission.why_allowed(told.text("tool_name"), told.tool_input)
    if reason is None:
        return {}
    decision = {"permissionDecision": "allow", "permissionDecisionReason": reason}
    return {"hookSpecificOutput": {"hookEventName": told.name, **decision}}


def _on_prompt(told: Told, ask: Ask) -> Said:
    from ntm_memory.hosts import injecting

    return injecting.on_prompt(told, ask)


def _on_session_start(told: Told, ask: Ask) -> Said:
    from ntm_memory.hosts import briefing
    from ntm_memory.sync import standing

    standing.begin_soon(told.home)
    return briefing.on_session_start(told, ask)


def _on_subagent_start(told: Told, ask: Ask) -> Said:
    from ntm_memory.hosts import injecting

    return injecting.on_subagent_start(told, ask)


def _on_stop(told: Told, ask: Ask) -> Said:
    """Write what was noted: it is read by the next session, which may begin at once."""
    pending.settle(told.home, ask)
    return NOTHING


_AT_ONCE: dict[str, Callable[[Told], Answer | Noted]] = {
    "UserPromptSubmit": _note_prompt,
    "Stop": _note_turn,
    "PreToolUse": _on_tool,
    "PostToolUse": _carries,
}
_TEXTS: dict[str, Callable[[Told, Ask], Said]] = {
    "UserPromptSubmit": _on_prompt,
    "SubagentStart": _on_subagent_start,
    "SessionStart": _on_session_start,
    "Stop": _on_stop,
}
