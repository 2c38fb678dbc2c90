"""What is refused or left out as it is told is noted in the audit: who, when, why, never the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from ntm_memory.errors import EchoError, NTMMemoryError, RetractedError, SecretError, StoreError
from ntm_memory.operations.results import LeftOut
from ntm_memory.privacy.secrets import known_secrets
from ntm_memory.privacy.tombstones import refusal
from ntm_memory.store.base import Store

NOTED = (RetractedError, EchoError, SecretError)
"""Refusals that are about what a text says."""


def refuse_retracted(store: Store, namespace: str, content: str) -> None:
    """Let no text pass that is, or holds, what was retracted in its namespace.

    Raises:
        RetractedError: it does.
    """
    found = store.retracted_in(namespace, content)
    if found:
        raise refusal(found[0])


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
