"""Memories as Markdown for hosts: one line each, and what is erased, retracted or purged leaves it."""

from __future__ import annotations

import pytest
from opening import opened

from ntm_memory.errors import BadValueError


@pytest.fixture
def memory(tmp_path):
    with opened(tmp_path / "home") as manager:
        yield manager


@pytest.fixture
def mirror(memory, tmp_path):
    memory.memorize("Mia drinks\ngreen tea", namespace="shared", when="2026-05-08")
    memory.memorize("Tom repairs old bicycles")
    memory.memorize("a turn", namespace="shared/episodes")
    path = tmp_path / "workspace" / "memory" / "ntm-memory.md"
    assert memory.mirror(path, ["shared", "default"])["count"] == 2
    return path


def lines(path):
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("- ")]


def test_each_memory_is_one_line(mirror):
    mia, tom = lines(mirror)
    assert mia.endswith(", 2026-05-08] Mia drinks green tea")
    assert tom.endswith("] Tom repairs old bicycles")


@pytest.mark.parametrize("how", [{}, {"purge": True}, {"retract": True}])
def test_what_is_erased_leaves_it_and_that_is_told(memory, mirror, how):
    tom = memory.recall("bicycles").memories[0].id
    foreseen = memory.erase([tom], dry_run=True, **how)
    assert (foreseen.mirrors_purged, foreseen.mirrors_holding) == ((), (str(mirror),))
    assert len(lines(mirror)) == 2
    assert memory.erase([tom], **how).mirrors_purged == (str(mirror),)
    assert "bicycles" not in mirror.read_text()
    assert len(lines(mirror)) == 1


def test_what_is_only_weakened_stays(memory, mirror):
    tom = memory.recall("bicycles").memories[0].id
    assert memory.erase([tom], strength=0.5).mirrors_purged == ()
    assert len(lines(mirror)) == 2


def test_a_mirror_that_cannot_be_written_is_told_and_one_that_is_no_more_is_forgotten(memory, mirror, monkeypatch):
    from ntm_memory.upkeep import mirror as module

    def refuse(*told, **options):
        raise OSError("read-only")

    tom = memory.recall("bicycles").memories[0].id
    with monkeypatch.context() as patch:
        patch.setattr(module, "replace_text", refuse)
        assert memory.erase([tom]).mirrors_holding == (str(mirror),)
    mirror.unlink()
    memory.restore(tom)
    assert memory.erase([tom]).mirrors_holding == ()


def test_somebody_elses_file_is_not_replaced(memory, tmp_path):
    (tmp_path / "notes.md").write_text("mine")
    with pytest.raises(BadValueError, match="no mirror"):
        memory.mirror(tmp_path / "notes.md", ["default"])
    assert (tmp_path / "notes.md").read_text() == "mine"
