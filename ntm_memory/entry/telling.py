"""What is told, checked: a memory, what its caller says it is to older ones, and how far it may be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from ntm_memory.entry.told_times import NOWHERE, Here
from ntm_memory.errors import BadValueError
from ntm_memory.operations.results import Action, LeftOut
from ntm_memory.operations.validation import FIELDS, Decision, checked_fields, checked_key, decided, told
from ntm_memory.privacy.secret_spans import MaybeSecret
from ntm_memory.privacy.trust import USUAL, lower
from ntm_memory.store.base import RecordReader
from ntm_memory.store.lookup import find
from ntm_memory.store.records import Memory, MemoryInput


class Within(NamedTuple):
    """How far many tellings may be trusted at most: as their caller said, else as usual for the way they came."""

    told: str | None = None
    usual: str = USUAL

    @property
    def most(self) -> str:
        """The highest level that one of them can have."""
        return self.told or self.usual


class Telling(NamedTuple):
    """What is told, checked: a memory, which of its fields were told, and what the caller says it is to older ones."""

    memory: MemoryInput
    fields: frozenset[str]
    decision: Decision

    @classmethod
    def of(cls, record: Mapping[str, Any], here: Here = NOWHERE) -> Telling:
        """A record, checked.

        Args:
            record: fields of a memory and what it is to others.
            here: what its times count from.

        Raises:
            BadValueError, EchoError: it is not usable.
        """
        fields = {name: value for name, value in checked_fields(record).items() if value is not None}
        checked_key(fields.get("key"))
        return cls(told(fields, here), frozenset(fields), decided(fields))

    def within(self, told: str | None, usual: str = USUAL) -> Telling:
        """One of many: what it claims of its trust cannot raise it above that of its call.

        Args:
            told: the call's, as its caller said; None: nothing was said.
            usual: the call's then.
        """
        most = told or usual
        memory = replace(self.memory, trust=lower(self.memory.trust, most) if "trust" in self.fields else most)
        return Telling(memory, self.fields - {"trust"} if told is None else self.fields | {"trust"}, self.decision)

    def over(self, old: Memory) -> MemoryInput:
        """What is told as a new version of a memory: unless its trust was told, it is not trusted more than the old."""
        trust = self.memory.trust if "trust" in self.fields else lower(old.trust, self.memory.trust)
        return replace(self.memory, trust=trust)


class Written(NamedTuple):
    """A memory, what was done, the ids of those that it is told to hold beside, its secrets and what may be one.

    `taken_back` is the id of the copy that was stored before its caller decided; None: there was none.
    """

    memory: Memory
    action: Action
    beside: tuple[str, ...] = ()
    secrets: tuple[LeftOut, ...] = ()
    maybe_secret: tuple[MaybeSecret, ...] = ()
    taken_back: str | None = None


class Named(NamedTuple):
    """The live memories that a decision names; of those that it holds beside, the ids."""

    replaced: Memory | None = None
    same: Memory | None = None
    beside: tuple[str, ...] = ()


def named_by(store: RecordReader, telling: Telling) -> Named:
    """The memories that a decision names.

    Raises:
        NotFoundError: one is unknown, not live, or of another namespace.
        BadValueError: one is to be replaced and to stay.
    """
    namespace, decision = telling.memory.namespace, telling.decision
    replaced, same = (
        None if name is None else find(store, name, namespace, only_there=True)
        for name in (decision.replaces, decision.same_as)
    )
    beside = tuple(find(store, name, namespace, only_there=True).id for name in decision.beside)
    if replaced is not None and replaced.id in beside:
        raise BadValueError(f"memory {replaced.id} cannot be replaced and stay beside", "give one of them")
    return Named(replaced, same, beside)


def revised(before: Memory, changed: Mapping[str, Any], here: Here = NOWHERE) -> MemoryInput:
    """A memory as it is told after a change.

    Unless the caller says so, a new text is trusted no more than the old, and is of now, not of when the old one was.
    """
    record = told({**{name: getattr(before, name) for name in FIELDS}, **changed}, here)
    if record.content == before.content:
        return record
    usual: dict[str, Any] = {"trust": lower(before.trust, USUAL), "occurred_at": None}
    return replace(record, **{name: value for name, value in usual.items() if name not in changed})
