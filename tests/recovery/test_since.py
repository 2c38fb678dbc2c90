"""A backup that is put back does not bring back what was retracted or purged since, and the audit goes on."""

from __future__ import annotations

import shutil

import pytest
from opening import TINY, opened

from ntm_memory import commands
from ntm_memory.errors import RetractedError
from ntm_memory.recovery import backups

PURGED, RETRACTED, OLD, KEPT = (
    "The zebra is in the shed",
    "Mia owes 50 euros",
    "The yak is in the barn",
    "Karl likes cake",
)
CONFIG = {**TINY, "recall": {"confidence_floor": 0.0}, "store": {"backups": 5}}


def restore(home, **options):
    request = {"command": "import", "home": home, "config": CONFIG, "backup": "latest", **options}
    return commands.run(request, later=[])


def verbs(memory):
    return [(entry.verb, entry.id) for entry in reversed(memory.store.audit(100))]


def bytes_of(folder):
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


@pytest.fixture(params=["off", "sqlcipher"])
def ids(tmp_path, request, monkeypatch):
    """A memory of which a backup was made before some of it was purged and retracted, and that no purge reached."""
    if request.param != "off":
        pytest.importorskip("sqlcipher3", reason="needs the extra `encrypt`")
        pytest.importorskip("cryptography", reason="needs the extra `encrypt`")
        monkeypatch.setenv("NTM_MEMORY_KEY", "5a" * 32)
    aside = tmp_path / "aside"
    with opened(tmp_path, {"privacy": {"encrypt": request.param}}) as memory:
        found = {text: memory.memorize(text).memory.id for text in (PURGED, RETRACTED, OLD, KEPT)}
        memory.update(found[OLD], content="The yak is in the meadow")
        shutil.copy(backups.make_backup(tmp_path, "daily", 5, lambda: 1.7e9), aside)
        memory.erase(found[RETRACTED], retract=True)
        memory.erase(found[PURGED], purge=True)
        memory.erase(found[OLD], purge=True, version=1)
        memory.memorize("told later", namespace="later")
    (file,) = backups.backups(tmp_path)
    shutil.move(aside, file)
    return found


def test_what_was_purged_and_retracted_since_stays_so(tmp_path, ids):
    with opened(tmp_path) as memory:
        before = verbs(memory)
        purged = len(memory.store.tombstones())
        encrypted = memory.store.encrypted
    assert (b"zebra" in bytes_of(tmp_path / "backups")) is not encrypted and purged == 1
    done = restore(tmp_path)
    assert (done["retracted_again"], done["purged_again"]) == (1, 2)
    assert b"zebra" not in (tmp_path / "memory.db").read_bytes() + (tmp_path / done["before"]).read_bytes()
    with opened(tmp_path) as memory:
        assert memory.store.encrypted is encrypted
        assert {each.content for each in memory.store.memories()} == {KEPT, "The yak is in the meadow"}
        assert memory.store.history(ids[OLD]) == [] and memory.store.check() == []
        with pytest.raises(RetractedError):
            memory.memorize(RETRACTED)
        after = verbs(memory)
        assert after[: len(before)] == before and after[len(before)] == ("backup restored", None)
        assert memory.store.audit(100)[0].verb == "refused"
        assert [e.namespace for e in memory.store.audit(100, ids[KEPT])] == ["default"]


def test_undoing_a_restore_keeps_every_line_once(tmp_path, ids):
    restore(tmp_path)
    with opened(tmp_path) as memory:
        before = verbs(memory)
    restore(tmp_path)
    with opened(tmp_path) as memory:
        assert verbs(memory) == [*before, ("backup restored", None)]
        assert "told later" in [each.content for each in memory.store.memories()]


def test_told_so_it_comes_back_as_it_was(tmp_path, ids):
    done = restore(tmp_path, force_retracted=True)
    assert (done["retracted_again"], done["purged_again"]) == (0, 0)
    with opened(tmp_path) as memory:
        said = {each.content for each in memory.store.memories()}
        assert {PURGED, RETRACTED, KEPT} <= said and memory.store.history(ids[OLD])[0].content == OLD
        assert ("purged", ids[PURGED]) in verbs(memory) and memory.store.audit(1)[0].detail["forced"] is True


def test_what_was_purged_and_imported_again_is_not_purged(tmp_path):
    with opened(tmp_path) as memory:
        id = memory.memorize(KEPT).memory.id
        text = memory.export_text()["text"]
        memory.erase(id, purge=True)
        memory.import_text(text, force_retracted=True)
        backups.make_backup(tmp_path, "daily", 5)
    assert restore(tmp_path)["purged_again"] == 0
    with opened(tmp_path) as memory:
        assert memory.store.get(id).content == KEPT
