"""A copy of the memory file that was made before something was retracted does not bring it back."""

from __future__ import annotations

import pytest
from opening import opened

from ntm_memory.errors import RetractedError
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
