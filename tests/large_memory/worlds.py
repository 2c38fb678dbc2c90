"""Small memories looked at as if they were large."""

from __future__ import annotations

import numpy as np

from ntm_memory.large_memory.kept import KeptIndex, arrays_of
from ntm_memory.large_memory.large_view import LargeView
from ntm_memory.text.words import index_words, memory_words
from tests.recall.worlds import embed, matrix_of, postings_of

WORDS = [f"{a}{b}" for a in "bdfgklmnprst" for b in ("aro", "ilo", "enta", "osk", "umi", "any")]


def texts_of(count, seed=0, words=9, *, copies=False):
    """Texts of words of which some are frequent; some are spoken, some ask; with `copies` some say what others say."""
    rng = np.random.default_rng(seed)
    texts = []
    for number in range(count):
        chosen = [WORDS[int(len(WORDS) * x**2)] for x in rng.random(rng.integers(2, words))]
        said = " ".join([*chosen, f"own{number}"])
        said = f"{rng.choice(['Ann', 'Bob'])}: {said}" if number % 3 == 0 else said
        texts.append(texts[-1] if copies and number % 50 == 49 else said + ("?" if number % 7 == 0 else ""))
    return texts


def slots_of(texts, **columns):
    """A memory matrix of texts."""
    given = {"keys": np.array([embed(text) for text in texts]), "length": [len(index_words(text)) for text in texts]}
    given |= {"session": np.arange(len(texts)) // 7}
    return matrix_of(len(texts), **(given | columns))


def words_of(slots, texts):
    """Slot numbers → the words there, as a store tells them."""
    told = {int(address): memory_words(text) for address, text in zip(slots.address, texts, strict=True)}
    return lambda addresses: [told[int(address)] for address in addresses]


def view_of(slots, tell, index=None, changed=()):
    """A large view of memories; an index of an earlier state goes on with what was written at some positions since."""
    index = KeptIndex(arrays_of(slots, tell)) if index is None else index
    known = index.followed(slots, np.array(sorted(changed), dtype=np.int64), tell)
    return None if known is None else LargeView(slots, index=index, known=known)


def large(texts, slots=None, **columns):
    """(a large view of texts, their postings)."""
    slots = slots_of(texts, **columns) if slots is None else slots
    postings = postings_of(slots, [memory_words(text) for text in texts])
    return view_of(slots, words_of(slots, texts)), postings
