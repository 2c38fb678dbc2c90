"""Which stores of bench/pairs nothing is learned from but what is made of the reader's scores."""

from __future__ import annotations

HELD_STORES = ("08", "09")
"""Stores of each writer that the reader does not learn from: what is made of its scores is fitted there."""
HELD_WRITERS = ("en4", "zh4", "mix3")
"""Writers of whom it learns no store."""


def writer_of(store: str) -> str:
    """`en1` of `en1-08`."""
    return store.rsplit("-", 1)[0]


def is_held(store: str) -> bool:
    """Whether first look and reader learn nothing from the store of this name."""
    return writer_of(store) in HELD_WRITERS or store.endswith(HELD_STORES)
