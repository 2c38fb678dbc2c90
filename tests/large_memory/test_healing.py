"""A derived file that rots where it lies, its inode and time as they were, is made anew once a question meets it."""

from __future__ import annotations

import os

import numpy as np
import pytest
from opening import opened

from ntm_memory.errors import BadValueError, StoreCorruptError
from ntm_memory.large_memory import kept, views
from ntm_memory.persistence.mapped_arrays import CAN_MAP, open_arrays
from ntm_memory.slots import derived_matrix
from ntm_memory.slots import matrix_file as sidecar
from ntm_memory.slots.columns import refuse
from ntm_memory.slots.matrix_file import MAPPED
from ntm_memory.store import live_matrix

pytestmark = pytest.mark.skipif(not CAN_MAP, reason="no file can be replaced here while it is mapped")
NOTES = [f"{name} keeps {thing} in the {place}" for name in ("Ann", "Bob") for thing in ("tea", "rope", "salt")
         for place in ("attic", "garage", "shed", "cellar", "porch", "barn")]  # fmt: skip
ASKED = "where does Ann keep rope?"
NO_INDEX, LONG = 2**62, "\n\n".join(["Cem tells of the compass under the stairs at length. " * 30] * 3)


@pytest.fixture(autouse=True)
def _all_are_large(monkeypatch):
    monkeypatch.setattr(views, "LARGE", 5)
    monkeypatch.setattr(kept, "UNSEEN", 10**6)
    monkeypatch.setattr(derived_matrix, "LARGE", -1)
    monkeypatch.setattr(live_matrix, "LAG", 8)


@pytest.fixture
def home(tmp_path):
    with opened(tmp_path) as memory:
        for number, note in enumerate(NOTES):
            memory.memorize(note, session=str(number // 6))
        memory.memorize(LONG)
        memory.recall(ASKED)
    assert {"matrix.bin", "index-1.bin"} <= {file.name for file in tmp_path.iterdir()}
    return tmp_path


def rot(file, start, written):
    """Other bytes in the place of some; inode and time stay."""
    status = file.stat()
    with file.open("r+b") as out:
        out.seek(start)
        out.write(written)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (status.st_ino, status.st_mtime_ns)


def rot_column(home, name, value):
    """Another number in the place of each of a column of `matrix.bin`, such as nobody can have written."""
    with opened(home) as memory:
        kinds = sidecar.kinds(memory.store.dim)
    arrays = open_arrays(home / "matrix.bin", MAPPED, kinds, lambda told: True)
    (place,), (part,), kind = arrays._places, arrays.head.parts, arrays.kinds[name]
    rows = np.full((part.used[kind.along], *kind.item), value, dtype=kind.dtype)
    rot(home / "matrix.bin", place[name], rows.tobytes())


def answer(memory):
    memory.store.note_reads = lambda addresses: None  # what was read often counts more
    found = memory.recall(ASKED, all=True)
    return [(each.id, round(each.weight, 6)) for each in found.memories], found.confidence, found.warnings


@pytest.mark.parametrize(
    ("column", "value"),
    [("keys", np.nan), ("keys", 1e30), ("passages", NO_INDEX), ("passages", -1), ("first", -5), ("first", NO_INDEX),
     ("address", NO_INDEX), ("address", -3), ("importance", np.nan), ("importance", 1e9), ("retention", np.nan),
     ("retention", 1e9)],
)  # fmt: skip
def test_numbers_that_nobody_wrote_are_made_anew(home, column, value):
    with opened(home) as memory:
        good = answer(memory)
    rot_column(home, column, value)
    with opened(home) as memory:
        *told, warnings = answer(memory)
        assert (*told, ()) == good
        assert len(warnings) == 1
        assert "matrix.bin was damaged and is made anew" in warnings[0]
        assert answer(memory) == good  # it is told once
    with opened(home) as memory:
        assert answer(memory) == good
        assert memory.store.check() == []


@pytest.mark.parametrize("byte", [b"\xff", b"\x7f"])
def test_an_index_that_rotted_is_made_anew(home, byte):
    with opened(home) as memory:
        good = answer(memory)
    size = (home / "index-1.bin").stat().st_size
    rot(home / "index-1.bin", 4096, byte * (size - 4096))
    with opened(home) as memory:
        *told, warnings = answer(memory)
        assert (*told, ()) == good
        assert [warning for warning in warnings if "index-1.bin was damaged" in warning]
    with opened(home) as memory:
        assert answer(memory) == good


@pytest.mark.parametrize("verb", ["reason", "relevant", "memorize", "around"])
def test_other_verbs_go_on_too(home, verb):
    rot_column(home, "keys", np.nan)
    with opened(home) as memory:
        if verb == "reason":
            assert np.isfinite(memory.reason_and_retrieve(ASKED).confidence)
        elif verb == "relevant":
            assert np.isfinite(memory.relevant(ASKED).confidence)
        elif verb == "memorize":
            assert memory.memorize("Ann keeps rope in the loft").related
        else:
            assert memory.recall_around(memory.store.find_content("default", NOTES[3])[0].id, 1).memories


def test_what_rotted_is_not_written_anew_with_a_checksum_that_fits(home):
    with opened(home) as memory:
        good = answer(memory)
    rot_column(home, "keys", np.nan)
    with opened(home) as memory:
        for each in memory.store.find_content("default", *NOTES[18:]):  # so many that the file is written as a whole
            memory.store.set_retention(each.id, 0.5)
    with opened(home) as memory:
        assert answer(memory)[0][0][0] == good[0][0][0]
        assert memory.store.check() == []


def test_an_error_of_the_asker_costs_no_look_at_the_files(home, monkeypatch):
    with opened(home) as memory:
        monkeypatch.setattr(memory._verbs, "drop_damaged", lambda: pytest.fail("the files are looked at"))
        with pytest.raises(BadValueError):
            memory.recall(ASKED, top_k=0)


def test_where_the_files_are_whole_the_error_passes(home, monkeypatch):
    with opened(home) as memory:
        monkeypatch.setattr(memory._verbs.recaller, "recall", lambda request: refuse(True))
        with pytest.raises(StoreCorruptError):
            memory.recall(ASKED)
    assert (home / "matrix.bin").exists()
