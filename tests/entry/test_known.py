"""Whether a text is known costs the same however many memories say it: those told elsewhere are not read."""

from __future__ import annotations

import pytest
from opening import opened

from ntm_memory.store.record_reader import SQLiteRecordReader


@pytest.fixture
def sound(monkeypatch):
    """How many records were read to see whether a text is known."""
    read = []
    find = SQLiteRecordReader.find_content

    def counted(self, *what, **stated):
        found = find(self, *what, **stated)
        read.extend(found)
        return found

    monkeypatch.setattr(SQLiteRecordReader, "find_content", counted)
    return read


@pytest.mark.parametrize("field", ["session", "source", "kind"])
def test_equal_texts_of_many_sessions_or_sources_are_told_apart_by_an_index(tmp_path, sound, field):
    with opened(tmp_path) as memory:
        told = [{"content": "the build is green", field: f"s{n}"} for n in range(60)]
        assert memory.memorize_many(told).created == 60
        assert memory.memorize_many(told).unchanged == 60
    assert len(sound) <= 5 * 60


def test_a_line_that_moved_in_its_file_is_known(tmp_path):
    with opened(tmp_path) as memory:
        memory.memorize_many([{"content": "the build is green", "source": "notes.md:3"}])
        assert memory.memorize_many([{"content": "the build is green", "source": "notes.md:7"}]).unchanged == 1
        assert memory.memorize_many([{"content": "the build is green", "source": "other.md:7"}]).created == 1
        assert memory.memorize("the build is green").action == "unchanged"
