"""What several devices take for the time, and all that each of them says."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from ntm_memory.store.lookup import STATES

SPACES = ("default", "work")
_START = 1_700_000_000.0
_SAID = ("content", "key", "importance", "tags", "session", "source", "kind", "trust", "state", "retention", "version")


class Clocks:
    """The time of day, and what each device takes for it."""

    def __init__(self, draw: random.Random, devices: int) -> None:
        self.now = _START
        self.off = [draw.uniform(-10_000.0, 10_000.0) for _ in range(devices)]

    def of(self, device: int) -> Callable[[], float]:
        """The clock of a device; each reading is a moment later."""

        def read() -> float:
            self.now += 0.01
            return self.now + self.off[device]

        return read


def said_by(device: Any) -> dict[str, Any]:
    """All that a device says, in an order."""
    store = device.store
    said: dict[str, Any] = {"tombstones": sorted(map(repr, store.tombstones()))}
    for space in SPACES:
        memories = list(store.memories(space, states=STATES))
        said[f"order of {space}"] = [each.id for each in memories]
        for each in memories:
            links = sorted((link.target, link.weight, link.kind) for link in each.links)
            history = [(old.version, old.content, old.key, old.importance, old.tags) for old in store.history(each.id)]
            times = (each.created_at, each.updated_at, each.occurred_at, each.superseded_by)
            said[each.id] = (*(getattr(each, name) for name in _SAID), times, links, history)
    return said


def differences(one: dict[str, Any], other: dict[str, Any]) -> str:
    """The first of what two devices say differently."""
    names = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    return "; ".join(f"{name}: {one.get(name)} and {other.get(name)}" for name in names[:3])
