"""What is refused because it was retracted: before the embedder is asked, and in the audit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ntm_memory.errors import RetractedError, StoreError
from ntm_memory.privacy.tombstones import refusal
from ntm_memory.store.base import Store


def refuse_retracted(store: Store, namespace: str, content: str) -> None:
    """Let no text pass that is, or holds, what was retracted in its namespace.

    Raises:
        RetractedError: it does.
    """
    found = store.retracted_in(namespace, content)
    if found:
        raise refusal(found[0])


@contextmanager
def noting_refusals(store: Store, namespace: str | None) -> Iterator[None]:
    """Note a refusal in the audit when what was begun inside is taken back."""
    try:
        yield
    except RetractedError as error:
        with suppress(StoreError):  # why it was refused matters more than that it is noted
            store.note("refused", error.id or None, namespace)
        raise
