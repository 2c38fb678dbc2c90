"""Each part of a SQLite store works on an open file by itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import ntm_memory
from ntm_memory.store.engine import Engine
from ntm_memory.store.forgetting import SQLiteForgetter
from ntm_memory.store.matrix_reader import SQLiteMatrixReader
from ntm_memory.store.record_reader import SQLiteRecordReader
from ntm_memory.store.selections import SQLiteSelectionReader
from ntm_memory.store.sqlite import SQLiteStore
from ntm_memory.store.upkeep import SQLiteUpkeep
from ntm_memory.store.writer import SQLiteWriter

from .drafts import DIM, EMBEDDER, Clock, draft

PACKAGE = Path(ntm_memory.__file__).parent


@pytest.fixture
def engine(path):
    engine = Engine(path, clock=Clock())
    yield engine
    engine.close()


def classes_of(folder):
    for file in folder.rglob("*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield node.name, file


def test_what_the_writer_wrote_the_readers_read(engine):
    writer, records, matrix = SQLiteWriter(engine), SQLiteRecordReader(engine), SQLiteMatrixReader(engine)
    writer.set_embedder(EMBEDDER)
    with writer.transaction():
        tea, milk = (writer.add(*draft(text, session="s", tags=(text[:3],))) for text in ("tea", "milk tea"))
    assert records.get(tea.id) == tea and records.find_content("default", "milk tea") == [milk]
    with matrix.snapshot():
        assert matrix.memory_matrix("default").keys.shape == (2, DIM)
        assert matrix.postings("default", ["tea"]).address["tea"].tolist() == [0, 1]
        assert matrix.tagged("default", ["mil"]).tolist() == [milk.address]
    writer.rewrite(tea.id, *draft("green tea"))
    assert [version.content for version in records.history(tea.id)] == ["tea"]


def test_what_a_purge_leaves_is_the_upkeeps_to_clean(engine):
    writer, forgetter, upkeep = SQLiteWriter(engine), SQLiteForgetter(engine), SQLiteUpkeep(engine)
    writer.set_embedder(EMBEDDER)
    memory = writer.add(*draft("secret"))
    forgetter.purge([memory.id])
    assert any("traces" in warning for warning in upkeep.info()["warnings"])
    upkeep.clean_up()
    assert not any("traces" in warning for warning in upkeep.info()["warnings"])
    assert upkeep.check() == []


def test_a_store_holds_its_parts_and_inherits_nothing():
    assert SQLiteStore.__bases__ == (object,)
    for part in (Engine, SQLiteWriter, SQLiteForgetter, SQLiteSelectionReader, SQLiteMatrixReader, SQLiteUpkeep):
        assert part.__bases__ == (object,)
    assert SQLiteRecordReader.__bases__ == (SQLiteSelectionReader,)


def test_no_class_of_the_store_has_a_name_that_is_used_elsewhere():
    ours = dict(classes_of(PACKAGE / "store"))
    others = {name: file for name, file in classes_of(PACKAGE) if file.parent.name != "store"}
    assert not set(ours) & set(others)
