"""Questions as both looks meet them: what the joining of the two is learned from.

They are questions that the reader did not learn from: the stores held back, in whole and cut into small ones, and
talks; a part of them also with the answer taken out.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from bench.data_roles import with_role
from bench.dataset import KEEP_ALL, fixed_clock, memorize
from bench.fit_job import FitJob
from bench.reader_lessons import written_stores
from ntm_memory import NTMMemoryManager
from ntm_memory.operations.context import to_query
from ntm_memory.reader.joining import FirstLook
from ntm_memory.reader.newest import revising
from ntm_memory.reader.pair_reader import PairReader
from ntm_memory.reader.relations import may_revise
from ntm_memory.reader.second_look import as_read, thought_of
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import Query, attend_to, examine
from ntm_memory.recall.parameters import RecallParameters
from ntm_memory.recall.sequence import Sequence as Order
from ntm_memory.store.records import Memory

TALKS = ("locomo", "memdaily_zh", "longmemeval_mini_session")
ASKED_OF_A_TALK = 160
SMALL = 8
FOREIGN = 4
"""Notes of a small store, and questions of the others that are put to it."""
RIVALS = 3
"""Memories of a question that are read against each other."""
UNREAD = {**KEEP_ALL, "recall": {"reader": "off"}}
"""What is told here is not read together: it is asked about, and revises nothing."""


class Case(NamedTuple):
    """A question as both looks met it.

    Args:
        source: group and name.
        first: what the first look knows of n memories.
        read: (n,) what the reader said of them; None: it was not asked yet.
        gold: (n,) which of them answer.
        share: what it counts.
        revises: (n, n) the reader's log-odds that the memory of a column revises that of a row; NaN where it was not
            asked, and where it cannot; None: it was asked of none.
    """

    source: str
    first: FirstLook
    read: np.ndarray | None
    gold: np.ndarray
    share: float = 1.0
    revises: np.ndarray | None = None

    def of(self, places: np.ndarray | slice) -> Case:
        """The same of some of its memories."""
        read = None if self.read is None else self.read[places]
        revises = None if self.revises is None else self.revises[places][:, places]
        return self._replace(first=self.first[places], read=read, gold=self.gold[places], revises=revises)


class Asking(NamedTuple):
    """A namespace, a question, and the ids in our store of what answers it."""

    source: str
    namespace: str
    text: str
    gold: frozenset[str]


class Met(NamedTuple):
    """A question that the first look has met: what the reader needs to go on."""

    case: Case
    corpus: Corpus
    order: Order
    query: Query
    places: np.ndarray


def tell_notes(manager: NTMMemoryManager, namespace: str, notes: Sequence[Mapping]) -> dict[str, str]:
    """Memorize notes; {their id: ours}."""
    told = [{"content": n["content"], "occurred_at": n["when"], "namespace": namespace} for n in notes]
    pairs = zip(notes, manager.memorize_many(told).ids, strict=True)
    return {note["id"]: id for note, id in pairs if id is not None}


def ask_stores(manager: NTMMemoryManager, stores: Sequence[Mapping]) -> Iterator[Asking]:
    """The questions of stores, put to each store, and to small stores of a few of its notes."""
    rng = np.random.default_rng(0)
    for store in stores:
        asked = [
            (each.get("query") or each["prompt"], each["gold"]) for each in (*store["questions"], *store["prompts"])
        ]
        ours = tell_notes(manager, store["store"], store["notes"])
        for text, gold in asked:
            yield Asking("stores", store["store"], text, frozenset(ours[id] for id in gold))
        mixed = rng.permutation(len(store["notes"]))
        for number, part in enumerate(np.array_split(mixed, len(mixed) // SMALL)):
            name = f"{store['store']}, part {number}"
            few = tell_notes(manager, name, [store["notes"][i] for i in sorted(part)])
            within = [(text, gold) for text, gold in asked if gold and set(gold) <= set(few)]
            others = [(text, gold) for text, gold in asked if not set(gold) & set(few)]
            foreign = [others[i] for i in rng.choice(len(others), FOREIGN, replace=False)]
            for text, gold in (*within, *foreign):
                yield Asking("small stores", name, text, frozenset(few[id] for id in gold if id in few))


def ask_talks(manager: NTMMemoryManager, job: FitJob) -> Iterator[Asking]:
    """Questions of the data sets that the reader has not learned from, each among its conversation."""
    for each in with_role(job.data, "written"):
        if each.name not in TALKS:
            continue
        data = memorize(each.path, manager, limit=150)
        ours = {place: {theirs: id for id, theirs in known.items()} for place, known in data.stored.items()}
        mixed = np.random.default_rng(0).permutation(np.array(data.questions, dtype=object))[:ASKED_OF_A_TALK]
        for question in mixed:
            known = ours[question["conv"]]
            gold = frozenset(known[id] for id in question["gold"] if id in known)
            if gold:
                yield Asking(f"talks/{each.name}", f"{each.name}/{question['conv']}", question["query"], gold)


def meet(manager: NTMMemoryManager, parameters: RecallParameters, asked: Sequence[Asking]) -> Iterator[Met]:
    """The first look at every question that asks by content."""
    for each in asked:
        corpus = Corpus(manager.store, each.namespace)
        view = manager.encoder.view(corpus.slots)
        query = to_query(each.text, lambda: manager.encoder, manager.settings, fixed_clock())
        if query.key is None or query.shift is not None:
            continue
        look = examine(view, corpus.postings(query.terms), query)
        reading = attend_to(look, view, query, parameters)
        places = thought_of(reading, look)
        gold = np.array([memory is not None and memory.id in each.gold for memory in corpus.memories(places)])
        case = Case(each.source, FirstLook.of(reading, look, places), None, gold)
        yield Met(case, corpus, view.sequence, query, places)


def read_likeliest(met: Met, reader: PairReader, chosen: np.ndarray) -> Case:
    """A question with what the reader says of the memories that the first look chose."""
    memories = [memory for memory in met.corpus.memories(met.places[chosen]) if memory is not None]
    texts = as_read(met.corpus, met.order, met.places[chosen], memories, met.query)
    read = reader.relevance(met.query.text, texts).astype(float)
    revises = None if group_of(met.case.source) == "talks" else revisions(reader, memories, read)
    return met.case.of(chosen)._replace(read=read, revises=revises)


def revisions(reader: PairReader, memories: Sequence[Memory], read: np.ndarray) -> np.ndarray:
    """(n, n) as `Case.revises` has it, of the memories that answer best."""
    found = np.full((len(memories), len(memories)), np.nan)
    best = np.argsort(-read)[:RIVALS].tolist()
    pairs = [(i, j) for i in best for j in best if i != j and may_revise(memories[j], memories[i])]
    shares = reader.relations([(memories[i].content, memories[j].content) for i, j in pairs])
    for (i, j), share in zip(pairs, shares, strict=True):
        found[i, j] = revising(share)
    return found


def answer_taken_out(case: Case) -> Case:
    """The case without what answers: the likeliest of the rest are what there is."""
    return case.of(~case.gold)._replace(share=case.share / 2)


def with_answers_taken_out(cases: Sequence[Case]) -> list[Case]:
    """All cases; those of talks, which all have an answer, also without it."""
    talks = [case for case in cases if group_of(case.source) == "talks" and case.gold.any() and not case.gold.all()]
    return [*cases, *(answer_taken_out(case) for case in talks)]


def group_of(source: str) -> str:
    """`talks` of `talks/locomo`."""
    return source.split("/")[0]


def gather_cases(
    job: FitJob,
    reader: PairReader,
    parameters: RecallParameters,
    choose: Callable[[Sequence[Case]], Callable[[FirstLook], np.ndarray]],
) -> tuple[list[Case], list[Case]]:
    """Every question as the first look meets it, and as the reader does.

    Args:
        job: what was given.
        reader: to read with.
        parameters: of the first look.
        choose: from what the first look knows of all questions → which memories of a question are read.
    """
    _, held = written_stores(job.with_role("read"))
    with (
        tempfile.TemporaryDirectory() as home,
        NTMMemoryManager(home, config=UNREAD, embedder=job.embedder(), clock=fixed_clock) as manager,
    ):
        asked = [*ask_stores(manager, held), *ask_talks(manager, job)]
        print(f"{len(asked)} questions", flush=True)
        met = list(meet(manager, parameters, asked))
        seen = with_answers_taken_out([each.case for each in met])
        chosen = choose(seen)
        read = [read_likeliest(each, reader, chosen(each.case.first)) for each in met]
    return seen, with_answers_taken_out(read)
