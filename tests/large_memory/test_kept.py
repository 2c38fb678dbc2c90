"""What is kept of a large memory is carried on as it changes."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ntm_memory.large_memory import views
from ntm_memory.large_memory.found import AskedWords, counts_of, likest_by_key
from ntm_memory.large_memory.kept import KeptCodes
from ntm_memory.large_memory.large_view import LargeView
from ntm_memory.large_memory.views import LargeViews
from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.store.records import MemoryMatrix
from tests.large_memory.worlds import large, slots_of, texts_of, words_of
from tests.recall.worlds import ask


def some_of(slots, index):
    """The memories of a matrix, a key each, at some places."""
    columns = {each.name: getattr(slots, each.name)[index] for each in fields(slots) if each.name != "owner"}
    return MemoryMatrix(**columns, owner=np.arange(len(index)))


def changed(slots, texts, what):
    """(a later state, its texts): some memories erased, some told anew, some added."""
    erased, told, added = what
    kept = np.array([i for i in range(len(slots)) if i not in erased])
    later = replace(some_of(slots, kept), keys=slots.keys[kept].copy(), told=slots.told[kept].copy())
    said = [texts[i] for i in kept]
    for i in told:
        place = i % len(said)
        said[place] = "newly told"
        later.keys[place] = later.keys[place][::-1]
        later.told[place] += 1
    more = slots_of(texts_of(added, seed=9), address=10_000 + np.arange(added), position=10**6 + np.arange(added))
    both = {
        each.name: np.concatenate([getattr(later, each.name), getattr(more, each.name)])
        for each in fields(later)
        if each.name != "owner"
    }
    return MemoryMatrix(**both, owner=np.arange(len(kept) + added)), said + texts_of(added, seed=9)


CHANGES = st.tuples(
    st.sets(st.integers(0, 299), max_size=20), st.sets(st.integers(0, 299), max_size=20), st.integers(1, 30)
)


@settings(max_examples=15, deadline=None)
@given(st.lists(CHANGES, max_size=4))
def test_it_says_what_one_made_anew_says(changes):
    texts = texts_of(300)
    slots = slots_of(texts)
    kept = KeptCodes(slots)
    kept.known(slots, words_of(slots, texts))
    for change in changes:
        slots, texts = changed(slots, texts, change)
        known = kept.known(slots, words_of(slots, texts))
        if known is None:
            kept = KeptCodes(slots)
            known = kept.known(slots, words_of(slots, texts))
        carried = LargeView(slots, known=known, words_of=words_of(slots, texts))
        anew, _ = large(texts, slots=slots)
        index = np.arange(len(slots))
        for word in ("baro", "newly", "bilo"):
            one, other = (counts_of(view, AskedWords.of(view, (word,)).held, index) for view in (carried, anew))
            assert one.sum(axis=0).tolist() == other.sum(axis=0).tolist()
        direction = slots.keys[len(slots) // 2] - anew.means[0]
        assert len(slots) // 2 in likest_by_key(carried, direction, ask("baro"))
        assert known.memories(known.entries(index)).tolist() == index.tolist()


def test_too_much_that_changed_is_made_anew():
    texts = texts_of(300)
    slots = slots_of(texts)
    kept = KeptCodes(slots)
    kept.known(slots, words_of(slots, texts))
    fewer = some_of(slots, np.arange(100, 300))
    assert kept.known(fewer, words_of(slots, texts)) is None


def test_only_large_memories_are_seen_so(monkeypatch):
    monkeypatch.setattr(views, "LARGE", 200)
    texts = texts_of(300)
    slots = slots_of(texts)
    large_views = LargeViews(words_of(slots, texts))
    small = CentredMatrix(some_of(slots, np.arange(200)))
    assert large_views.of("default", small) is small
    first = CentredMatrix(slots)
    large_views.note_question("default")
    assert large_views.of("default", first) is first  # a process that asks once is done sooner so
    large_views.note_question("default")
    one = large_views.of("default", CentredMatrix(slots))
    assert large_views.of("default", CentredMatrix(slots)) is one
    slots = replace(slots)  # another state
    again = large_views.of("default", CentredMatrix(slots))
    assert isinstance(one, LargeView) and isinstance(again, LargeView)
    assert one.coded.kept is again.coded.kept and len(one.coded.kept.words) == 300


def test_codes_of_keys_that_were_written_anew_are_not_believed():
    texts = texts_of(300)
    slots = slots_of(texts)
    kept = KeptCodes(slots)
    kept.known(slots, words_of(slots, texts))
    assert kept.known(replace(slots), words_of(slots, texts)) is not None
    for keys in (slots.keys[:, ::-1], slots.keys[:, :16]):
        assert kept.known(replace(slots, keys=np.ascontiguousarray(keys)), words_of(slots, texts)) is None
