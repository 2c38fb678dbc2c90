"""Answers as text, for agents and people alike, and as blocks for prompts: one form for every client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ntm_memory.rendering.plain import as_json, safe, without_nulls

__all__ = ["as_context", "as_json", "as_text", "without_nulls"]


def as_text(command: str, answer: Mapping[str, Any]) -> str:
    """The answer of a command in few lines: a memory is one of them, and no text of a memory can make another.

    Args:
        command: one of those of `commands.run`.
        answer: what it answered.
    """
    return _renderer(command, answer)(safe(answer))


def as_context(command: str, answer: Mapping[str, Any]) -> str:
    """What was recalled as a fenced block; what was stored is nothing for a prompt, and told as text."""
    if "memory" in answer:
        return as_text(command, answer)
    from ntm_memory.rendering import recalled

    return recalled.context(safe(answer))


def _renderer(command: str, answer: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], str]:
    if command in ("recall", "reason") and "memory" not in answer:
        from ntm_memory.rendering import recalled

        return recalled.recall if command == "recall" else recalled.reason
    if command in ("status", "export", "import", "reembed"):
        from ntm_memory.rendering import stores

        return {"status": stores.status, "export": stores.export, "import": stores.import_, "reembed": stores.reembed}[
            command
        ]
    from ntm_memory.rendering import done

    return {
        "memorize": done.memorize,
        "reason": done.memorize,
        "update": done.update,
        "erase": done.erase,
        "feedback": done.feedback,
        "tune": done.tune,
    }[command]
