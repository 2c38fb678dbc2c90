"""What one write finds and does, between its steps."""

from __future__ import annotations

from typing import NamedTuple

from ntm_memory.operations.results import Action
from ntm_memory.store.records import Memory


class Named(NamedTuple):
    """The live memories that a decision names; of those that it holds beside, the ids."""

    replaced: Memory | None = None
    same: Memory | None = None
    beside: tuple[str, ...] = ()


class Written(NamedTuple):
    """A memory, what was done, and the ids of those that it is told to hold beside."""

    memory: Memory
    action: Action
    beside: tuple[str, ...] = ()
