"""The one door of the hooks: an event of the host in, its answer out, whatever happens.

A hook must never stand in the way: where anything is missing, locked or wrong the answer is `{}`: nothing changes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ntm_memory import paths
from ntm_memory.config import SHIPPED, load_settings
from ntm_memory.hosts.telling import Ask, Told
from ntm_memory.persistence.hook_runs import note_run

Answer = dict[str, Any]
_IN_TIME = ("UserPromptSubmit", "SubagentStart", "SessionStart")
_WHILE_LOADING, _AFTER_A_TURN = 3.0, 2.0


def answer(event: Mapping[str, Any], ask: Ask, home: str | Path | None = None) -> Answer:
    """What a host is answered; never raises, never says anything but what the event allows.

    Args:
        event: `event` (or `hook_event_name`) and the fields that the host tells with it, by the host's names.
        ask: puts a request to memory, as `commands.run` does.
        home: the data folder; None: as `paths.data_home` finds it.
    """
    try:
        folder = paths.data_home(home)
        settings = load_settings(SHIPPED, folder / "config.json")
        told = Told(event, folder, settings.hosts, settings.privacy.on_secret != "allow")
        handler = _HANDLERS.get(told.name)
        return {} if handler is None else handler(told, ask)
    except Exception:  # noqa: BLE001 - whatever it is, the host's work goes on
        return {}


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


def _measured(text_of: Callable[[Told, Ask], str]) -> Callable[[Told, Ask], Answer]:
    """What puts a text into a session, as a handler whose runs and their cost are noted."""

    def handler(told: Told, ask: Ask) -> Answer:
        start, cpu, text, failed = time.perf_counter(), time.process_time(), "", ""
        try:
            text = text_of(told, ask)
        except Exception as error:  # noqa: BLE001 - noted for `status`, and nothing is said
            failed = type(error).__name__
        run = {
            "event": told.name,
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "ms": round((time.perf_counter() - start) * 1000, 1),
            "cpu_ms": round((time.process_time() - cpu) * 1000, 1),
            "characters": len(text),
        }
        run |= {"failed": failed} if failed else {}
        run |= {"not_understood": told.project.not_understood} if told.project.not_understood else {}
        note_run(told.home, run)
        return {"hookSpecificOutput": {"hookEventName": told.name, "additionalContext": text}} if text else {}

    return handler


def _on_prompt(told: Told, ask: Ask) -> str:
    from ntm_memory.hosts import capturing, injecting

    try:
        return injecting.on_prompt(told, ask)
    finally:
        capturing.on_prompt(told, ask)


def _on_session_start(told: Told, ask: Ask) -> str:
    from ntm_memory.hosts import briefing

    return briefing.on_session_start(told, ask)


def _on_subagent_start(told: Told, ask: Ask) -> str:
    from ntm_memory.hosts import injecting

    return injecting.on_subagent_start(told, ask)


def _on_stop(told: Told, ask: Ask) -> str:
    from ntm_memory.hosts import capturing

    capturing.on_stop(told, ask)
    return ""


def _on_tool(told: Told, ask: Ask) -> Answer:
    from ntm_memory.hosts import injecting, permission

    if told.text("tool_name") in ("Agent", "Task"):
        injecting.note_task(told)
        return {}
    reason = permission.why_allowed(told.text("tool_name"), told.tool_input)
    if reason is None:
        return {}
    decision = {"permissionDecision": "allow", "permissionDecisionReason": reason}
    return {"hookSpecificOutput": {"hookEventName": told.name, **decision}}


_HANDLERS: dict[str, Callable[[Told, Ask], Answer]] = {
    "UserPromptSubmit": _measured(_on_prompt),
    "SubagentStart": _measured(_on_subagent_start),
    "SessionStart": _measured(_on_session_start),
    "Stop": _measured(_on_stop),
    "PreToolUse": _on_tool,
}
