"""A memory that is open while another process writes all keys anew with another embedder never mixes the two."""

from __future__ import annotations

import pytest
from opening import TINY, opened

from ntm_memory import NTMMemoryManager
from ntm_memory.embedding.tiny import TinyEmbedder
from ntm_memory.errors import EmbedderMismatchError


class Other(TinyEmbedder):
    """Another embedder of the same width."""

    name = "other"


@pytest.fixture
def overtaken(tmp_path):
    """A manager, another of which has written its store anew since."""
    with opened(tmp_path) as memory:
        tea = memory.memorize("Mia likes tea").memory
        memory.recall("tea")
        with NTMMemoryManager(tmp_path, config=TINY, embedder=Other()) as other:
            other.reembed()
        yield memory, tea


def test_nothing_is_written(overtaken):
    memory, tea = overtaken
    for write in (
        lambda: memory.memorize("Ben likes milk"),
        lambda: memory.memorize_many([{"content": "Ben likes milk"}]),
        lambda: memory.update(tea.id, content="Mia likes coffee"),
    ):
        with pytest.raises(EmbedderMismatchError, match="other"):
            write()
    assert [each.content for each in memory.store.memories()] == ["Mia likes tea"]


def test_nothing_is_looked_for(overtaken):
    memory, tea = overtaken
    with pytest.raises(EmbedderMismatchError, match="other"):
        memory.recall("tea")
    assert memory.recall_from(tea.id).memories[0].content == "Mia likes tea"
