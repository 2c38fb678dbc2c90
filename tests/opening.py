"""How tests open a memory: in a folder of their own, with the tiny embedder, with a clock that moves when told to."""

from __future__ import annotations

import json
from pathlib import Path

from ntm_memory import NTMMemoryManager

TINY = {"embedder": {"backend": "tiny"}}


class Clock:
    """Unix seconds; each reading is a second later, so that times order what was written."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def opened(home: Path, config: dict | None = None, **options) -> NTMMemoryManager:
    """A manager with the tiny embedder that answers whatever its confidence: what it says is not learned for it."""
    recall = {"confidence_floor": 0.0} | (config or {}).get("recall", {})
    store = {"backups": 0} | (config or {}).get("store", {})  # those who look at backups ask for them
    return NTMMemoryManager(home, config={**TINY, **(config or {}), "recall": recall, "store": store}, **options)


def write_config(home: Path, **settings) -> None:
    """The user's config.json in a data folder."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "config.json").write_text(json.dumps({"ntm_memory": settings}), encoding="utf-8")


def told(result) -> list[str]:
    """The contents of an answer."""
    return [memory.content for memory in result.memories]
