"""Small memory matrices for tests: texts become slots and postings as a store would give them."""

from __future__ import annotations

from collections import Counter
from datetime import timezone

import numpy as np

from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.recall.features import CONTENT, FEATURES, REACH
from ntm_memory.recall.first_look import Query
from ntm_memory.recall.parameters import CONTEXTS, HEARD, MAPS, SIGNALS, RecallParameters, shapes
from ntm_memory.store.records import MemoryMatrix, Postings
from ntm_memory.text.occurrence import MOMENT
from ntm_memory.text.words import index_words, memory_words
from ntm_memory.text.writing_systems import is_cjk
from ntm_memory.times.finding import find_times, narrowest
from ntm_memory.times.kept import MOST_KEPT

NOW = 1_692_200_000.0  # 2023-08-16, a Wednesday
DAY = 86_400.0
DIM = 48
CONTEXT = np.array([1.0, 0.5, 0.2, 0.1, 0.3, 0.2])
WHAT_IS_HEARD = np.random.default_rng(1).random(len(HEARD))


def unit(rows):
    """Rows of length 1, as embedders give them."""
    rows = np.asarray(rows, dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def embed(text):
    """(DIM,) a key that is nearer to another the more index words the two texts share."""
    words = index_words(text) or ("nothing",)
    rows = [np.random.default_rng(list(word.encode())).normal(size=DIM) for word in words]
    return unit(np.sum(rows, axis=0))


def matrix_of(count, **columns):
    """`count` memories, one key each, in one session; the address of a memory is not its index."""
    given = {
        "keys": unit(np.random.default_rng(count).normal(size=(count, DIM))),
        "owner": np.arange(count),
        "address": 3 * np.arange(count)[::-1] + 2,
        "position": 10 * np.arange(count) + 5,
        "session": np.full(count, -1),
        "occurred": np.full(count, np.nan),
        "ended": np.asarray(columns.get("occurred", np.full(count, np.nan))) + MOMENT,
        "created": NOW - DAY * np.arange(count, 0, -1),
        "told": np.asarray(columns.get("created", NOW - DAY * np.arange(count, 0, -1))),
        "importance": np.full(count, 0.5, dtype=np.float32),
        "retention": np.ones(count, dtype=np.float32),
        "length": np.full(count, 8),
        "cjk": np.zeros(count, dtype=bool),
        "superseded": np.zeros(count, dtype=bool),
        "mentioned": np.full((count, MOST_KEPT, 3), np.nan),
        "reads": np.zeros(count, dtype=np.int64),
    }
    return MemoryMatrix(**{name: np.asarray(columns.get(name, value)) for name, value in given.items()})


def postings_of(slots, word_lists):
    """Where each word occurs among the memories that consist of these words."""
    address, count = {}, {}
    for word in sorted({word for words in word_lists for word in words}):
        held = sorted(
            (int(slots.address[i]), Counter(words)[word]) for i, words in enumerate(word_lists) if word in words
        )
        address[word] = np.array([where for where, _ in held], dtype=np.int64)
        count[word] = np.array([times for _, times in held], dtype=np.int64)
    return Postings(address, count)


def world(texts, **columns):
    """(view, postings) of texts in order of writing."""
    given = {
        "keys": np.array([embed(text) for text in texts]),
        "length": [len(index_words(text)) for text in texts],
        "cjk": [is_cjk(text) for text in texts],
    }
    slots = matrix_of(len(texts), **(given | columns))
    return CentredMatrix(slots), postings_of(slots, [memory_words(text) for text in texts])


def ask(text, **options):
    """A question as the manager puts it to the read heads."""
    times = tuple(narrowest(find_times(text, NOW, timezone.utc)))
    return Query(text, embed(text), index_words(text), NOW, cjk=is_cjk(text), times=times, **options)


def mix_of(**weights):
    """(1, c) what a head's score is mixed of, by the name of the feature."""
    return np.array([[weights.get(name, 0.0) for name in CONTENT]])


def confidence_of(context=0, **weights):
    """(C, 12) what the confidence is mixed of, by the name of the signal, in one context."""
    learned = np.zeros((len(CONTEXTS), len(SIGNALS)))
    for name, weight in weights.items():
        learned[context, SIGNALS.index(name)] = weight
    return learned


def plain(heads=1, **values):
    """Read heads that look where the content is and stay there; the ranker follows them and nothing else."""
    stay = np.where(np.arange(2 * REACH + 2) == REACH, 9.0, -9.0)
    given = {
        "mix": np.repeat(mix_of(cosine_z=1.0, words_z=2.0), heads, axis=0),
        "beta": np.full(heads, 2.0),
        "gate": np.full(heads, 4.0),
        "shift": np.tile(stay, (heads, 1)),
        "gamma": np.zeros(heads),
        "share": np.outer(np.arange(len(CONTEXTS)) == 0, np.ones(heads)),
        "ranker": np.zeros((len(CONTEXTS), len(FEATURES))),
        "confidence": confidence_of(one=-2.0, cosine=4.0, words=4.0, concentration=2.0),
        **{name: np.zeros(shapes(heads)[name]) for name in MAPS},
    }
    return RecallParameters(**{name: np.asarray(values.get(name, value)) for name, value in given.items()})


def random_parameters(seed, heads=2):
    """RecallParameters without any order in them, for gradients and round trips."""
    rng = np.random.default_rng(seed)
    return RecallParameters(**{name: rng.normal(size=shape) for name, shape in shapes(heads).items()})


def random_features(rng, count):
    """(count, d) evidence of the size that real questions give."""
    assert FEATURES[: len(CONTENT)] == CONTENT
    return rng.normal(size=(count, len(FEATURES)))
