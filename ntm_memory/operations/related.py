"""Which older memories a new one may concern, and the mark on one that it surely revises: hints, the caller decides."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import NotFoundError
from ntm_memory.operations.context import RetrievalContext
from ntm_memory.operations.results import Related
from ntm_memory.reader.relations import AS_READ, SAME, SURE, Relation, may_revise, relations_of
from ntm_memory.recall.bm25 import MAX_WORDS, PASSAGE, Keywords, inverse_document_frequency, of_a_passage
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.encoder import Key
from ntm_memory.store.records import Memory, MemoryInput, MemoryMatrix, Postings
from ntm_memory.text.folding import word_for_word
from ntm_memory.text.likeness import likeness
from ntm_memory.text.words import index_words
from ntm_memory.text.writing_systems import is_cjk

LIKEST, BY_WORDS = 12, 4
"""Older memories that are looked at for one new one: the likest by key, and those that share its rarest words."""
SHOWN = 3
IN_BULK, BULK_ALIKE, BULK_SHARE = 2, 0.3, 0.65
"""Of many at once: how many older ones of each are looked at, from which centred cosine on, and how many pairs are read
for each new one on average. A pair costs about as much as two embeddings."""
COMMON = 1024
"""Places of a word; one that has more is no rare one, and is left out where others have fewer."""
_TOLD = 200


class Judged(NamedTuple):
    """An older memory, and what a new one seems to be to it."""

    older: Memory
    relation: Relation


class Relater:
    """Finds what new memories may concern, and marks what they surely revise; nothing is deleted.

    Args:
        context: the store as questions are put to it.
    """

    def __init__(self, context: RetrievalContext) -> None:
        self._context = context
        self._store = context.store

    def judge(self, telling: MemoryInput, rows: Key) -> list[Judged]:
        """What a telling that is not written yet may concern, the likeliest first; `rows` are its keys (P, dim)."""
        with self._store.snapshot():
            corpus = Corpus(self._store, telling.namespace)
            if not len(corpus.slots):
                return []
            near = self._candidates(corpus, telling.content[:AS_READ], rows)
            older = [memory for memory in corpus.memories(near) if memory is not None]
        return [each for _, each in self._read([(memory, telling.content) for memory in older])]

    def note(self, new: Memory, judged: Iterable[Judged], apart: Collection[str] = ()) -> tuple[Related, ...]:
        """Mark what a new memory surely revises, and say what it may concern; inside a transaction.

        Args:
            new: just written.
            judged: what it may concern, the likeliest first.
            apart: ids of what it is told to hold beside.
        """
        others = [
            Judged(now, each.relation)
            for each in judged
            if each.older.id not in (new.id, *apart) and (now := self._still(each.older)) is not None
        ]
        sure = [each for each in others if each.relation.revises >= SURE and _may_be_marked(new, each.older)]
        likeliest = max(sure, key=lambda each: each.relation.revises, default=None)
        if likeliest is not None:
            self._store.amend(likeliest.older.id, superseded_by=new.id)
        once: dict[str, Judged] = {}
        for each in (*([likeliest] if likeliest else []), *others):
            once.setdefault(word_for_word(each.older.content), each)
        shown = [each for each in others if once[word_for_word(each.older.content)] is each][:SHOWN]
        return tuple(_shown(each, marked=each is likeliest) for each in shown)

    def relate(
        self, written: Sequence[Memory], apart: Mapping[str, Collection[str]] | None = None
    ) -> dict[str, tuple[Related, ...]]:
        """The same for many that are written already: id → what it may concern of what was written before it.

        Args:
            written: live memories, in order of writing.
            apart: id → ids of what it is told to hold beside.
        """
        pairs: list[tuple[Memory, Memory]] = []
        with self._store.snapshot():
            for namespace in dict.fromkeys(memory.namespace for memory in written):
                own = [memory for memory in written if memory.namespace == namespace]
                pairs += self._alike(Corpus(self._store, namespace), own)
        judged = self._read([(older, new.content) for older, new in pairs])
        if not judged:
            return {}
        found: dict[str, tuple[Related, ...]] = {}
        with self._store.transaction():
            for memory in written:
                concerned = [each for place, each in judged if pairs[place][1].id == memory.id]
                if concerned and (related := self.note(memory, concerned, (apart or {}).get(memory.id, ()))):
                    found[memory.id] = related
        return found

    def release(self, memories: Sequence[Memory]) -> None:
        """Take back the marks that these memories had put on others: they are gone, or say something else."""
        for other in self._store.revised_by([memory.id for memory in memories]):
            self.holds(other)

    def part(self, memory: Memory, others: Iterable[str]) -> None:
        """Take back the marks between a memory and others that hold beside it."""
        for id in others:
            pair = self._store.get(memory.id), self._store.get(id)
            for one, marker in (pair, pair[::-1]):
                if one.superseded_by == marker.id:
                    self.holds(one)

    def holds(self, memory: Memory) -> Memory:
        """The memory without a mark that it is perhaps revised."""
        return memory if memory.superseded_by is None else self._store.amend(memory.id, superseded_by=None)

    def _still(self, then: Memory) -> Memory | None:
        """A memory as it is now; None if it is gone or rewritten since it was read, which took no writer's lock."""
        try:
            now = self._store.get(then.id)
        except NotFoundError:
            return None
        return now if now.state == "live" and now.content == then.content else None

    def _candidates(self, corpus: Corpus, text: str, rows: Key) -> NDArray[np.int64]:
        """(n,) indices of the likest by key, and of those that share the rarest words."""
        slots = corpus.slots
        likest = self._context.view(corpus).likest(rows[0], is_cjk(text), LIKEST)
        words = index_words(text)
        found = self._store.postings(corpus.namespace, words, COMMON)
        if found.cut and found.cut == found.address.keys():  # no word is rare
            found = self._store.postings(corpus.namespace, words)
        index, shared = _sharing(slots, found, words)
        by_words = index[np.argsort(-shared, kind="stable")[:BY_WORDS]]
        return np.array(list(dict.fromkeys([*likest.tolist(), *by_words.tolist()])), dtype=np.int64)

    def _alike(self, corpus: Corpus, written: Sequence[Memory]) -> list[tuple[Memory, Memory]]:
        """(older, newer) of one namespace that are worth a look, by their keys alone."""
        slots = corpus.slots
        at = np.searchsorted(slots.position, [memory.position for memory in written])
        found = [
            (i, memory) for i, memory in zip(at.tolist(), written, strict=True) if _stands(slots.address, i, memory)
        ]
        if not found:
            return []
        cosines = self._context.view(corpus).cosines_with(np.array([i for i, _ in found]))
        pairs: list[tuple[float, int, Memory]] = []
        for (i, memory), cosine in zip(found, cosines, strict=True):
            before = cosine[:i]
            likest = np.argpartition(before, -IN_BULK)[-IN_BULK:] if i > IN_BULK else np.arange(i)
            pairs += [(float(before[j]), j, memory) for j in likest.tolist() if before[j] >= BULK_ALIKE]
        pairs = sorted(pairs, key=lambda pair: -pair[0])[: max(IN_BULK, int(BULK_SHARE * len(found)))]
        older = corpus.memories(np.array([j for _, j, _ in pairs], dtype=np.int64))
        return [(old, new) for old, (_, _, new) in zip(older, pairs, strict=True) if old is not None]

    def _read(self, pairs: Sequence[tuple[Memory, str]]) -> list[tuple[int, Judged]]:
        """(place in the list, what the newer text seems to be), likeliest first, without what is plainly unrelated."""
        said = {newer: word_for_word(newer) for newer in {newer for _, newer in pairs}}
        same, rest = list[int](), list[int]()
        for i, (older, newer) in enumerate(pairs):
            (same if word_for_word(older.content) == said[newer] else rest).append(i)
        relations = self._relations([pairs[i] for i in rest])
        judged = [(i, Judged(pairs[i][0], SAME)) for i in same]
        judged += [(i, Judged(pairs[i][0], each)) for i, each in zip(rest, relations, strict=True) if each is not None]
        return sorted(judged, key=lambda each: -each[1].relation.chance)

    def _relations(self, pairs: Sequence[tuple[Memory, str]]) -> list[Relation | None]:
        """What the newer text of each pair seems to be to the older memory."""
        reader = self._context.reader() if pairs else None
        if reader is None:
            shares = [likeness(older.content, newer) for older, newer in pairs]
            return [Relation("unknown", share) if share else None for share in shares]
        return relations_of(reader.relations([(older.content[:AS_READ], newer[:AS_READ]) for older, newer in pairs]))


def _shown(judged: Judged, *, marked: bool) -> Related:
    older, relation = judged
    return Related(older.id, older.content[:_TOLD], relation.name, round(relation.chance, 4), marked)


def _may_be_marked(new: Memory, old: Memory) -> bool:
    """Whether a hint may be set at all; what is marked already keeps its mark."""
    return may_revise(new, old) and old.superseded_by is None


def _stands(address: NDArray[np.int64], index: int, memory: Memory) -> bool:
    return index < len(address) and int(address[index]) == memory.address


def _sharing(
    slots: MemoryMatrix, found: Postings, words: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(indices of the memories that hold a word, their BM25 by the words whose places are all known)."""
    known = [word for word in dict.fromkeys(words) if word in found.address and word not in found.cut]
    known = sorted(known, key=lambda word: len(found.address[word]))[:MAX_WORDS]
    held = tuple(slots.places(found.address[word]) for word in known)
    index = np.unique(np.concatenate([*held, np.empty(0, dtype=np.int64)]))
    index = index[index >= 0]
    if not len(index):
        return index, np.empty(0, dtype=np.float32)
    count = np.zeros((len(known), len(index)), dtype=np.float32)
    for row, where, word in zip(count, held, known, strict=True):
        row[np.searchsorted(index, where[where >= 0])] = found.count[word][where >= 0]
    idf = inverse_document_frequency(len(slots), np.array([len(where) for where in held])).astype(np.float32)
    mean_length = float(np.minimum(slots.length, PASSAGE).mean())
    keywords = Keywords(tuple(known), count, held, idf, mean_length, float(idf.sum()))
    return index, keywords.bm25(*of_a_passage(count, slots.length[index]), mean_length)
