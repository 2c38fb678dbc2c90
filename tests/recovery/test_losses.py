"""A file that was emptied, cut off or deleted: nothing empty is called whole, and what is missing is said."""

from __future__ import annotations

import os
import time

import pytest
from opening import Clock, opened

from ntm_memory import commands
from ntm_memory.errors import StoreCorruptError, StoreError
from ntm_memory.recovery import backups, files

CONFIG = {"embedder": {"backend": "tiny"}, "recall": {"confidence_floor": 0.0}, "store": {"backups": 3}}
NOTES = 60


def run(home, command, **arguments):
    return commands.run({"command": command, "home": home, "config": CONFIG, **arguments})


@pytest.fixture
def home(tmp_path):
    """Sixty notes, and a backup of them."""
    with opened(tmp_path, {"store": {"backups": 3}}) as memory:
        memory.memorize_many([{"content": f"note number {n} about hens", "key": f"k{n}"} for n in range(NOTES)])
    assert len(backups.backups(tmp_path)) == 1
    return tmp_path


def cut(home, share):
    path = home / "memory.db"
    os.truncate(path, int(path.stat().st_size * share) // 4096 * 4096)
    return path.read_bytes()


def test_an_emptied_file_pushes_no_backup_out_however_often_it_is_repaired(home):
    (good,) = backups.backups(home)
    (home / "memory.db").write_bytes(b"")
    for _ in range(5):
        with pytest.raises(StoreCorruptError, match="left as it is|left as it was") as told:
            run(home, "status", repair=True)
    assert good.name in told.value.hint and "import.py --backup" in told.value.hint
    assert backups.backups(home) == [good]
    assert run(home, "import", backup="latest")["restored"] == good.name
    with opened(home) as memory:
        assert memory.store.count() == NOTES


def test_a_new_memory_without_memories_is_no_backup_and_latest_is_one_that_holds_some(home):
    (good,) = backups.backups(home)
    empty = home / "backups" / "memory-29991231T000000Z-repair.db"
    with opened(home / "other"):
        pass
    assert backups.make_backup(home / "other", "repair", 3) is None
    empty.write_bytes((home / "other" / "memory.db").read_bytes())
    assert files.memories_in(empty) == 0
    assert run(home, "import", backup="latest")["restored"] == good.name


def test_backups_of_another_memory_stay(home, tmp_path):
    (old,) = backups.backups(home)
    (home / "memory.db").unlink()
    old.rename(tmp_path / "aside")
    with opened(home) as memory:
        memory.memorize("another memory")
    (tmp_path / "aside").rename(old)
    clock = Clock(time.time())
    for _ in range(6):
        clock.now += 86_400
        backups.make_backup(home, "daily", 3, clock)
    assert old in backups.backups(home) and len(backups.backups(home)) == 4


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_a_file_cut_off_before_its_memories_is_left_as_it_is(home, share):
    (good,) = backups.backups(home)
    before = cut(home, share)
    for command, arguments in (("status", {"repair": True}), ("export", {"salvage": True, "path": home / "s.json"})):
        with pytest.raises(StoreCorruptError) as told:
            run(home, command, **arguments)
        for part in ("pages are missing", f"at most {NOTES} memories", good.name, f"holds {NOTES}", "import.py"):
            assert part in told.value.hint
    assert (home / "memory.db").read_bytes() == before and not (home / "s.json").exists()


@pytest.mark.parametrize("has_backup", [True, False])
def test_what_a_cut_file_still_has_is_saved_and_the_rest_is_told(home, has_backup):
    (good,) = backups.backups(home)
    if not has_backup:
        good.unlink()
    cut(home, 0.93)
    salvaged = run(home, "export", salvage=True, path=home / "s.json")
    repaired = run(home, "status", repair=True)
    assert 0 < salvaged["count"] < NOTES
    assert repaired["memories"]["live"] == (NOTES if has_backup else salvaged["count"])
    for lines in (salvaged["left_out"], repaired["repaired"]):
        told = "\n".join(lines)
        assert "pages are missing" in told and (good.name in told) == has_backup
        assert f"of at most {NOTES} memories" in told or (has_backup and lines is repaired["repaired"])


def test_a_file_of_which_nothing_can_be_vouched_for_is_no_empty_memory(home):
    import sqlite3

    sql = sqlite3.connect(home / "memory.db", isolation_level=None)
    sql.execute("UPDATE memories SET content = 'untrue'")
    sql.close()
    (home / "backups").rename(home / "elsewhere")
    for _ in range(2):
        with pytest.raises(StoreCorruptError):
            run(home, "status", repair=True)
    assert len(list((home / "damaged").glob("*.json"))) == NOTES, "once, as files that a person can read"
    (home / "elsewhere").rename(home / "backups")
    assert run(home, "import", backup="latest")["before"]
    with opened(home) as memory:
        assert memory.store.count() == NOTES


@pytest.mark.parametrize("command", ["recall", "memorize", "status"])
def test_a_deleted_file_beside_backups_is_said_and_no_new_memory_is_begun(home, command):
    (good,) = backups.backups(home)
    (home / "memory.db").unlink()
    told = {"recall": {"query": "hens"}, "memorize": {"content": "new"}, "status": {}}[command]
    with pytest.raises(StoreCorruptError, match="is gone") as error:
        run(home, command, **told)
    assert "import.py --backup latest" in error.value.hint and not (home / "memory.db").exists()
    assert any("is gone" in line for line in run(home, "status", check=True)["files"])
    assert run(home, "import", backup="latest")["restored"] == good.name
    with opened(home) as memory:
        assert memory.store.count() == NOTES


@pytest.mark.parametrize("ending", ["", "-wal", "-journal"])
def test_a_folder_in_the_place_of_a_file_is_named_by_every_verb(home, ending):
    file = home / f"memory.db{ending}"
    if file.exists():
        file.unlink()
    file.mkdir()
    requests = [("import", {"backup": "latest"}), ("status", {"repair": True}), ("memorize", {"content": "new"})]
    for command, arguments in [*requests, ("export", {"salvage": True, "path": home / "s.json"})]:
        with pytest.raises(StoreError, match="is a folder") as error:
            run(home, command, **arguments)
        assert str(file) in error.value.message
    assert any("is a folder" in line for line in run(home, "status", check=True)["files"])


def test_a_lock_that_is_none_is_named(home):
    (home / "memory.lock").unlink()
    (home / "memory.lock").mkdir()
    for command, arguments in (("memorize", {"content": "new"}), ("status", {"repair": True})):
        with pytest.raises(StoreError, match="memory.lock") as error:
            run(home, command, **arguments)
        assert "move it away" in error.value.hint
    assert any(line.startswith("memory.lock") for line in run(home, "status", check=True)["files"])


def test_a_folder_in_the_place_of_the_matrix_costs_no_rebuilding(home):
    (home / "matrix.bin").unlink(missing_ok=True)
    (home / "matrix.bin").mkdir()
    answer = run(home, "status", repair=True)
    assert answer["integrity"] == "ok" and not any("damaged file" in line for line in answer["repaired"])
    assert not (home / "matrix.bin").is_dir()


def test_backups_that_cannot_be_made_are_said(home):
    for file in (home / "backups").iterdir():
        file.unlink()
    (home / "backups").rmdir()
    (home / "backups").write_text("no folder", encoding="utf-8")
    run(home, "memorize", content="new")
    assert any("no backup can be made" in line for line in run(home, "status")["warnings"])
    assert any("no backup can be made" in line for line in run(home, "status", check=True)["files"])
    assert "cannot be made" in run(home, "status", repair=True)["repaired"][0]


@pytest.mark.parametrize("name", ["backups", "usage.db"])
def test_what_may_not_be_read_is_a_line_of_the_check_and_no_bug(home, name, monkeypatch):
    run(home, "recall", query="hens", session="s")
    real = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode, **more: str(path) != str(home / name) and real(path, mode, **more)
    )
    assert any(line.startswith(name) for line in run(home, "status", check=True)["files"])
    assert run(home, "status", repair=True)["integrity"] == "ok"


def test_tuned_numbers_that_are_damaged_stop_no_recall(home):
    for rubbish in ("junk", "{}"):
        (home / "recall.json").write_text(rubbish, encoding="utf-8")
        assert run(home, "recall", query="note number 8")["memories"]
        assert any("recall.json" in line for line in run(home, "status")["warnings"])
    (home / "recall.json").unlink()
    (home / "recall.json").mkdir()
    assert run(home, "recall", query="note number 8")["memories"]
    assert run(home, "tune", revert=True)["in_force"] == "shipped"
    assert not any("recall.json" in line for line in run(home, "status")["warnings"])


def test_a_damaged_config_keeps_nobody_from_salvaging(home):
    (home / "config.json").write_text("{", encoding="utf-8")
    assert run(home, "export", salvage=True, path=home / "s.json")["count"] == NOTES
