"""Which of the memories that a recall found matter for just this prompt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SURE = 0.5
"""The least confidence of an answer of which anything is put before an agent's eyes."""
MOST = 3


def matters(prompt: str, answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The memories of an answer that matter for a prompt, the surest first, at most three.

    Args:
        prompt: what was asked with.
        answer: what recall answered to it.
    """
    if answer["confidence"] < SURE:
        return []
    return [memory | {"confidence": answer["confidence"]} for memory in answer["memories"][:MOST]]
