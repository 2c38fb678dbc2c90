"""Answers as text, for agents and people alike, and as blocks for prompts: one form for every client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ntm_memory.rendering.advice import BY_OPTIONS, Advice
from ntm_memory.rendering.plain import as_json, safe, without_nulls

__all__ = ["as_context", "as_json", "as_text", "safe", "without_nulls"]
Renderer = Callable[[Mapping[str, Any]], str]


def as_text(command: str, answer: Mapping[str, Any], advice: Advice = BY_OPTIONS) -> str:
    """The answer of a command in few lines: a memory is one of them, and no text of a memory can make another.

    Args:
        command: one of those of `commands.run`.
        answer: what it answered.
        advice: how whoever reads it is told what to do next.
    """
    return _renderer(command, answer, advice)(safe(answer))


def as_context(command: str, answer: Mapping[str, Any]) -> str:
    """What was recalled as a fenced block; what was stored is nothing for a prompt, and told as text."""
    if "memory" in answer:
        return as_text(command, answer)
    from ntm_memory.rendering import recalled

    return recalled.context(safe(answer))


def _renderer(command: str, answer: Mapping[str, Any], advice: Advice) -> Renderer:
    if command in ("recall", "reason", "list") and "memory" not in answer:
        from ntm_memory.rendering import recalled

        of = {"recall": recalled.recall, "reason": recalled.reason, "list": recalled.page}
        return partial(of[command], advice=advice)
    if command in ("status", "export", "import", "reembed", "sync"):
        from ntm_memory.rendering import stores

        of_stores: dict[str, Renderer] = {
            "status": stores.status,
            "export": stores.export,
            "import": stores.import_,
            "reembed": stores.reembed,
            "sync": stores.sync,
        }
        return of_stores[command]
    from ntm_memory.rendering import done

    of_done: dict[str, Renderer] = {
        "memorize": partial(done.memorize, advice=advice),
        "reason": partial(done.memorize, advice=advice),
        "update": done.update,
        "erase": partial(done.erase, advice=advice),
        "feedback": done.feedback,
        "tune": done.tune,
    }
    return of_done[command]
