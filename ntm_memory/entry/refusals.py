"""What is refused or left out as it is told is noted in the audit: who, when, why, never the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from ntm_memory.errors import EchoError, NTMMemoryError, RetractedError, SecretError, StoreError
from ntm_memory.operations.results import LeftOut
from ntm_memory.privacy.secrets import known_secrets
from ntm_memory.privacy.tombstones import refusal
from ntm_memory.store.base import Store
from ntm_memory.store.records import Memory, MemoryInput

NAMES = ("namespace", "key", "source", "session", "kind")
"""Short fields, beside the tags, in which neither a secret nor what was retracted may be."""
NOTED = (RetractedError, EchoError, SecretError)
"""Refusals that are about what a text says."""


def refuse_retracted(store: Store, memory: MemoryInput | Memory) -> None:
    """Let nothing pass that is, or holds, what was retracted in its namespace, be it the text or a name.

    Raises:
        RetractedError: it does.
    """
    found = store.retracted_in(memory.namespace, memory.content)
    if found:
        raise refusal(found[0])
    refuse_retracted_names(store, memory)


def refuse_retracted_names(store: Store, memory: MemoryInput | Memory, before: Memory | None = None) -> None:
    """The same of the key, the tags and the other names alone; those that it had before may stay.

    Raises:
        RetractedError: one says what was retracted.
    """
    old = () if before is None else names_of(before)
    for field, name in names_of(memory):
        match = (
            None
            if (field, name) in old
            else store.retracted_name(None if field == "namespace" else memory.namespace, name)
        )
        if match is not None:
            raise refusal(match, field)


def names_of(memory: MemoryInput | Memory) -> list[tuple[str, str]]:
    """(field, name) of the key, the tags and the other names that a memory has."""
    named = [(field, getattr(memory, field)) for field in NAMES]
    return [each for each in named if each[1]] + [("tag", tag) for tag in memory.tags]


def note_refusal(store: Store, error: NTMMemoryError, namespace: object = None) -> None:
    """Note in the audit that a text was refused; errors of other kinds are not noted.

    Args:
        store: whose audit.
        error: why it was refused.
        namespace: as told, unchecked: what is no text stands for none.
    """
    if isinstance(error, NOTED):
        id = error.id if isinstance(error, RetractedError) else ""
        kinds = {"kinds": list(error.kinds)} if isinstance(error, SecretError) else {}
        store.note(
            "refused",
            id or None,
            namespace if isinstance(namespace, str) and _may_be_shown(namespace) else None,
            why=error.code,
            **kinds,
        )


def note_redaction(store: Store, secrets: Sequence[LeftOut], id: str, namespace: str) -> None:
    """Note in the audit which kinds of secrets were left out of a memory; nothing where there were none."""
    if secrets:
        store.note("redacted", id, namespace, kinds=sorted({each.kind for each in secrets}))


def _may_be_shown(name: str) -> bool:
    return name.isprintable() and not known_secrets(name)


@contextmanager
def noting_refusals(store: Store, namespace: object) -> Iterator[None]:
    """Note a refusal in the audit when what was begun inside is taken back."""
    try:
        yield
    except NOTED as error:
        with suppress(StoreError):  # why it was refused matters more than that it is noted
            note_refusal(store, error, namespace)
        raise
