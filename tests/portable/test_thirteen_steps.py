"""A deletion in thirteen steps: the memory passes all, and a store that leaks fails exactly where it leaks."""

from __future__ import annotations

import pytest

from .copies import BY_HAND, BY_IMPORT
from .leaky import LeakyStore
from .subject import Remembering
from .walk import STEPS, failed, table, walk

ABSENCES = {5, 6, 7, 8, 11, 12, 13}


@pytest.mark.parametrize("backup", [BY_HAND, BY_IMPORT])
def test_the_memory_passes_all_thirteen(memory, record_property, backup):
    """Given a value → told, settled, recalled, injected, forgotten for good, and all that might bring it back → gone.

    A mirror for a host stands beside it all the while. A pass does not prove anything of sharing, for which there is no
    verb, of exports that lie elsewhere, or of the disk's free blocks. The upgrade of step 13 is that of the last
    version of the tables, run once more. A backup that is put back by hand, by copying the file, has no tombstones of
    what was retracted since: an old export must not follow it.
    """
    seen = walk(Remembering(memory, backup))
    record_property("table", table(seen))
    print("\n" + table(seen))
    assert len(seen) == len(STEPS) == 13 and failed(seen) == set(), table(seen)


@pytest.mark.parametrize("leaks", [*[{step} for step in range(1, 14)], set(), {5, 9}, {6, 11, 13}, set(range(1, 14))])
def test_a_leaky_store_fails_exactly_where_it_leaks(leaks):
    """The control of the walk itself: one switch a step."""
    assert failed(walk(LeakyStore(leaks))) == leaks


def test_a_store_that_keeps_nothing_does_not_pass():
    """The control of each absence: its sibling must be there."""
    assert failed(walk(LeakyStore(forgetful=True))) >= {2, 3, 4, 9} | ABSENCES
