"""A store in a folder of its own, open and empty, or closed with twenty memories in it."""

from __future__ import annotations

import pytest

from ntm_memory.store import open_store

from .drafts import EMBEDDER, Clock, draft


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home" / "memory.db"


@pytest.fixture
def store(path):
    store = open_store(path, clock=Clock())
    store.set_embedder(EMBEDDER)
    yield store
    store.close()


@pytest.fixture
def filled(path):
    store = open_store(path, clock=Clock())
    store.set_embedder(EMBEDDER)
    with store.transaction():
        memories = [store.add(*draft(f"precious text number {i}", key=f"k{i}")) for i in range(20)]
    store.rewrite(memories[0].id, *draft("rewritten text", key="k0"))
    store.close()
    return memories
