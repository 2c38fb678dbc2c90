"""Answers as an agent reads them: one line a memory, one line of what to know; and as programs do, without nulls.

A memory's text can neither forge a line nor a mark of a prompt: every value is one line, see `text.printable`.
"""

from __future__ import annotations

import math
import re
from typing import Any, Mapping  # noqa: UP035 - Python 3.7 reads this file

from ntm_memory.mcp.tools import TOOLS
from ntm_memory.paths import skill_dir
from ntm_memory.text.printable import in_one_line

Answer = Mapping[str, Any]
_TOLD = 0.2
"""Least chance of an older memory that a new one may concern it."""
_SEEMS = {"revises": "may revise", "same": "may be the same as", "beside": "may hold beside", "unknown": "is much like"}
_SHOWN = 300
_SCRIPT = re.compile(r"(?:python3 )?(?:'[^'\n]*/|(?<!\S)\S*/)?\b([a-z]+)\.py\b'?( --restore\b)?(?=( --))?")
_AS_TOOL = {tool["name"] for tool in TOOLS} - {"hook"}
_FOR_PROGRAMS = frozenset({"score", "weight", "address", "position", "retention", "took_ms", "steps", "features"})


def plain(value: Any) -> Any:
    """An answer whose texts are printable and one line each, without what is null, empty or of use to nobody here."""
    if isinstance(value, str):
        return in_one_line(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        kept = {str(name): plain(each) for name, each in value.items() if name not in _FOR_PROGRAMS}
        return {name: each for name, each in kept.items() if each is not None and each != [] and each != {}}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value


def text_of(tool: str, answer: Answer) -> str:
    """The short text of an answer.

    Args:
        tool: whose it is.
        answer: as `plain` made it.
    """
    return "\n".join(_LINES[tool](answer))


def error_text(code: str, message: str, hint: str) -> str:
    """An error, and what to do about it."""
    lines = [f"error {code}: {in_one_line(message)}", *([f"hint: {in_one_line(hint)}"] if hint else [])]
    return "\n".join(lines)


def in_words_of_tools(text: str) -> str:
    """A sentence of ours that names scripts, for whoever has tools; scripts that are no tools are named whole."""

    def named(found: re.Match[str]) -> str:
        name, restore, option = found.groups()
        if name in _AS_TOOL and option is None:
            return f"{name} with restore:" if restore else name
        skill = skill_dir()
        command = f"ntm-memory {name}" if skill is None else f"python3 {skill / 'scripts' / name}.py"
        return command + (restore or "")

    return _SCRIPT.sub(named, text)


def _memory(memory: Answer) -> str:
    """One memory in one line: id, date, key, chance, who told it where that is unusual, text."""
    when = memory.get("occurred_at") or memory.get("updated_at") or memory.get("created_at") or ""
    chance = memory.get("chance")
    trust = memory.get("trust", "agent")
    head = [
        memory["id"],
        when[:10],
        memory.get("key", ""),
        "" if chance is None else f"{chance:.2f}".lstrip("0"),
        "" if trust == "agent" else trust,
        f"(perhaps revised by {memory['superseded_by']})" if "superseded_by" in memory else "",
    ]
    return " ".join([each for each in head if each]) + "  " + str(memory["content"])


def _recall(answer: Answer) -> list[str]:
    lines = [_memory(memory) for memory in answer.get("memories", answer.get("answer_memories", ()))]
    if not lines:
        lines = [answer.get("reason", "nothing found")]
    return [*lines, *_warnings(answer), f"confidence {answer['confidence']:.2f}"]


def _reason(answer: Answer) -> list[str]:
    chain = [
        f"{'  ' * depth}{step['why']}{''.join(' ' + each for each in step.get('by', ()))} → {step['id']}"
        for depth, step in enumerate(answer.get("chain", ()))
    ]
    return [*_recall(answer), *(["chain: " + " / ".join(each.strip() for each in chain)] if chain else [])]


def _memorize(answer: Answer) -> list[str]:
    if "memory" in answer:
        memory = answer["memory"]
        lines = [
            f"{answer['action']} {memory['id']}" + (f" version {memory['version']}" if memory["version"] > 1 else "")
        ]
        return [*lines, *_left_out(answer), *_related(answer.get("related", ())), *_similar(answer)]
    counts = ", ".join(f"{answer[name]} {name}" for name in ("created", "updated", "unchanged") if answer[name])
    ids = " ".join(str(id) for id in answer.get("ids", ()) if id)
    failed = [f"number {bad['line']}: {bad['message']}" for bad in answer.get("failed", ())]
    related = [line for id, older in answer.get("related", {}).items() for line in _related(older, id)]
    return [f"{counts or 'nothing stored'}: {ids}".rstrip(": "), *failed, *related]


def _related(related: Any, id: str = "it") -> list[str]:
    return [
        f"{id} {_SEEMS[older['relation']]} {older['id']} ({older['chance']:.2f}): {older['content']}"
        for older in related
        if older["chance"] >= _TOLD
    ]


def _similar(answer: Answer) -> list[str]:
    return [f"there is a key much like it: {key}" for key in answer.get("similar_keys", ())]


def _left_out(answer: Answer) -> list[str]:
    return [f"left out: {each['kind']} in {each['field']}" for each in answer.get("secrets", ())]


def _update(answer: Answer) -> list[str]:
    memory = answer["memory"]
    was = f"was: {answer['previous']['content'][:_SHOWN]}"
    return [f"updated {memory['id']} version {memory['version']}", was, *_left_out(answer)]


def _erase(answer: Answer) -> list[str]:
    would = "would be " if answer["dry_run"] else ""
    if "restored" in answer or "erased" not in answer and "restorable" not in answer:
        return [f"{would}restored {_named(each)}" for each in answer.get("restored", ())] or ["nothing to restore"]
    verb = "retracted" if answer["retracted"] else "erased"
    lines = [
        f"{would}{verb if each['retention_after'] == 0 else 'weakened'} {_named(each)}"
        for each in answer.get("erased", ())
    ]
    holding = answer.get("holding", ())
    return [
        *(lines or ["nothing to erase"]),
        *([f"longer memories still say it: {' '.join(holding)}"] if holding else []),
    ]


def _named(each: Answer) -> str:
    sure = f" ({each['chance']:.2f})" if "chance" in each else ""
    return f"{each['id']}{sure}  {each['content'][:_SHOWN]}"


def _list(answer: Answer) -> list[str]:
    lines = [_memory(memory) for memory in answer.get("memories", ())]
    more = f", next: {answer['next']}" if "next" in answer else ""
    return [*(lines or ["nothing there"]), f"{answer['total']} memories in {answer['namespace']}{more}"]


def _status(answer: Answer) -> list[str]:
    if "memory" in answer:
        versions = [
            f"version {each['version']} until {each['valid_to'][:10]}  {each['content']}"
            for each in answer.get("history", ())
        ]
        return [_memory(answer["memory"]), *versions]
    spaces = ", ".join(f"{name} {count}" for name, count in answer.get("namespaces", {}).items())
    lines = [f"{answer['memories']['live']} memories ({spaces or 'none yet'}) in {answer['home']}"]
    integrity = answer["integrity"]
    return [*lines, *([] if integrity == "ok" else [f"damage: {each}" for each in integrity]), *_warnings(answer)]


def _warnings(answer: Answer) -> list[str]:
    return [f"warning: {line}" for line in answer.get("warnings", ())]


def _feedback(answer: Answer) -> list[str]:
    return [f"noted, {answer['pending']} verdicts wait for tune.py"]


_LINES = {
    "recall": _recall,
    "reason": _reason,
    "memorize": _memorize,
    "update": _update,
    "erase": _erase,
    "list": _list,
    "status": _status,
    "feedback": _feedback,
}
