"""A copy of the memory file that was made before something was retracted does not bring it back."""

from __future__ import annotations

import pytest
from opening import opened

from ntm_memory.errors import RetractedError
from ntm_memory.recovery.backups import make_backup, restore_backup
from ntm_memory.upkeep.retractions import retract_again

GONE, ERASED, KEPT = "The safe opens with 4711", "Karl owes me 50 euros", "Karl brings cake"


@pytest.mark.parametrize("purge", [True, False])
def test_what_was_retracted_since_is_so_again(tmp_path, purge):
    with opened(tmp_path / "now") as now, opened(tmp_path / "copy") as copy:
        for manager in (now, copy):
            manager.memorize_many([{"content": text} for text in (GONE, ERASED, KEPT)])
            manager.memorize(GONE, namespace="other")
        ids = {each.content: each.id for each in now.store.memories("default")}
        now.erase(ids[GONE], retract=True, purge=purge)
        now.erase(ids[ERASED], retract=True)
        done = retract_again(copy.store, now.store.tombstones())
        assert done == {"tombstones": 2, "erased": 1 if purge else 2, "purged": 1 if purge else 0}
        assert [each.content for each in copy.store.memories("default")] == [KEPT]
        assert [each.content for each in copy.store.memories("other")] == [GONE]
        assert copy.store.count(state="erased") == (1 if purge else 2) and copy.store.check() == []
        with pytest.raises(RetractedError):
            copy.memorize(GONE)
        assert retract_again(copy.store, now.store.tombstones()) == {"tombstones": 0, "erased": 0, "purged": 0}


@pytest.mark.parametrize("purge", [True, False])
def test_a_backup_put_back_brings_nothing_back_that_was_retracted_since(tmp_path, purge):
    with opened(tmp_path) as memory:
        memory.memorize(KEPT)
        id = memory.memorize(GONE).memory.id
        export = memory.export_text()["text"]
        backup = make_backup(tmp_path, "daily", 7)
        memory.erase(id, retract=True, purge=purge)
    done = restore_backup(tmp_path, backup.name, 7, 1.0)
    assert done["retracted_again"] == (0 if purge else 1)  # a purge reached the backup before
    with opened(tmp_path) as memory:
        assert [each.content for each in memory.store.memories()] == [KEPT] and memory.store.check() == []
        assert [each.code for each in memory.import_text(export).failed] == (["retracted"] if purge else [])
        with pytest.raises(RetractedError):
            memory.memorize(GONE)
