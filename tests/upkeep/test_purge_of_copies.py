"""A purge by id reaches what only copies have: a repair or a restore took it out of the memory."""

from __future__ import annotations

import pytest
from opening import opened

from ntm_memory import commands
from ntm_memory.errors import NotFoundError
from ntm_memory.recovery.backups import backups, restore_backup
from ntm_memory.recovery.repair import mend

CONFIG = {"embedder": {"backend": "tiny"}, "store": {"backups": 3}}


def run(home, command, **arguments):
    return commands.run({"command": command, "home": str(home), "config": CONFIG, **arguments}, later=[])


def bytes_of(folder):
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


@pytest.fixture
def gone(tmp_path):
    """The id of a memory that was changed since the backup, damaged, and put aside by a repair."""
    with opened(tmp_path, config={"store": {"backups": 3}}) as memory:
        id = memory.memorize("The zebra sleeps in the shed").memory.id
        memory.memorize("Karl brings cake on Friday")
    with opened(tmp_path) as memory:
        memory.update(id, content="The zebra sleeps in the barn")
    data = (tmp_path / "memory.db").read_bytes()
    (tmp_path / "memory.db").write_bytes(data.replace(b"zebra sleeps in the barn", b"Zebra sleeps in the barn"))
    mend(tmp_path / "memory.db", 1.0)
    with opened(tmp_path) as memory, pytest.raises(NotFoundError):
        memory.store.get(id)
    return id


def test_it_leaves_backups_and_damaged_and_does_not_come_back(tmp_path, gone):
    (backup,) = backups(tmp_path)
    assert b"ebra" in bytes_of(tmp_path / "backups") and b"ebra" in bytes_of(tmp_path / "damaged")
    foreseen = run(tmp_path, "erase", ids_or_key=[gone], purge=True, dry_run=True)
    assert foreseen["backups_holding"] == (backup.name,) and len(foreseen["damaged_holding"]) == 2
    assert b"ebra" in bytes_of(tmp_path)
    done = run(tmp_path, "erase", ids_or_key=[gone], purge=True)
    assert [each["id"] for each in done["erased"]] == [gone]
    assert done["backups_purged"] == (backup.name,) and not done["backups_holding"] and not done["damaged_holding"]
    assert b"ebra sleeps" not in bytes_of(tmp_path) and b"cake" in bytes_of(tmp_path / "backups")
    assert run(tmp_path, "status", audit=1)["audit"][0]["verb"] == "purged"
    with pytest.raises(NotFoundError):
        run(tmp_path, "erase", ids_or_key=[gone], purge=True)


def test_it_is_purged_together_with_one_that_is_there(tmp_path, gone):
    with opened(tmp_path) as memory:
        (karl,) = (each.id for each in memory.store.memories())
        done = memory.erase([gone, karl], purge=True)
    assert {each.id for each in done.erased} == {gone, karl}
    assert b"cake" not in bytes_of(tmp_path) and b"ebra sleeps" not in bytes_of(tmp_path)


def test_an_id_that_nothing_tells_of_or_of_another_namespace_is_none(tmp_path, gone):
    before = bytes_of(tmp_path / "backups")
    for names, namespace in ((["m_22222222zz"], "default"), ([gone], "work"), ([gone, "m_22222222zz"], "default")):
        with pytest.raises(NotFoundError):
            run(tmp_path, "erase", ids_or_key=names, purge=True, namespace=namespace)
    with pytest.raises(NotFoundError):
        run(tmp_path, "erase", ids_or_key=[gone])
    assert bytes_of(tmp_path / "backups") == before


def test_a_restored_state_does_not_hide_what_only_newer_copies_have(tmp_path):
    with opened(tmp_path, config={"store": {"backups": 3}}) as memory:
        memory.memorize("Karl brings cake on Friday")
    with opened(tmp_path) as memory:
        id = memory.memorize("The zebra sleeps in the shed").memory.id
    restore_backup(tmp_path, "latest", 3, 1.0)
    done = run(tmp_path, "erase", ids_or_key=[id], purge=True)
    assert len(done["backups_purged"]) == 1
    assert b"ebra sleeps" not in bytes_of(tmp_path)
