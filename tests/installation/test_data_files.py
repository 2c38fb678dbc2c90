"""What is purged from a data folder: all that any verb leaves there, and nothing that is somebody else's."""

from __future__ import annotations

from opening import opened, write_config

from ntm_memory import commands
from ntm_memory.installation.data_files import files_of_ours, remove_data

FOREIGN = ("notes.md", "memory.md", "memory.json", "ntm-memory.json", "backups/holiday.db", "damaged/car.txt", "logs/x")


def used(home):
    """A data folder after everything that writes to one."""
    write_config(home, embedder={"backend": "tiny"})
    with opened(home, {"store": {"backups": 3}}) as memory:
        for number in range(30):
            memory.memorize(f"note {number} about tea")
        memory.recall("tea")
    commands.run({"command": "status", "home": str(home), "check": True})
    (home / f"memory.db.{'0a' * 8}.tmp").touch()
    (home / "backups" / "draft-x.tmp").mkdir()
    (home / "backups" / "draft-x.tmp" / "new.db").touch()
    (home / "damaged").mkdir()
    (home / "damaged" / "20261127T010203Z-memory.db").touch()


def test_nothing_of_ours_is_left(tmp_path):
    used(tmp_path / "m")
    assert {"memory.db", "usage.db", "config.json"} <= {file.name for file in files_of_ours(tmp_path / "m")}
    removed, left = remove_data(tmp_path / "m")
    assert len(removed) >= 7
    assert left == []
    assert not (tmp_path / "m").exists()


def test_what_is_somebody_elses_stays(tmp_path):
    used(tmp_path)
    (tmp_path / "logs").mkdir()
    for name in FOREIGN:
        (tmp_path / name).write_text("mine")
    (tmp_path / "config.json").write_text('{"ntm_memory": {}, "of": "another program"}')
    _, left = remove_data(tmp_path)
    assert [path.name for path in left] == sorted(
        ["backups", "config.json", "damaged", "logs", "memory.json", "memory.md", "notes.md", "ntm-memory.json"]
    )
    assert all((tmp_path / name).read_text() == "mine" for name in FOREIGN)


def test_a_folder_that_is_not_there(tmp_path):
    assert remove_data(tmp_path / "none") == ([], [])
