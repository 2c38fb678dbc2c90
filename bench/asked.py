"""Questions put to memories: to all of them, to a handful of them, and to what is left without the answer."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timezone

import numpy as np

from bench.dataset import Dataset
from bench.query_adapter import AdapterExample, adapter_example
from ntm_memory import NTMMemoryManager
from ntm_memory.config import Settings
from ntm_memory.operations.context import to_query
from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.features import FEATURES
from ntm_memory.recall.first_look import Look, examine
from ntm_memory.store.records import MemoryMatrix, Postings
from ntm_memory.text.subquestions import questions_within
from ntm_memory.text.writing_systems import is_cjk
from ntm_memory.times.finding import find_times

PARTS_LEFT_OUT = 4
ALSO_FEW = 150  # questions of a data set that are also put to a handful of memories, and to a stretch of them
HANDFUL, STRETCH = 0.3, 0.15  # what one put to these counts beside one put to all
LONGEST_STRETCH = 128
ALSO_DATED = 75  # questions that are also put with their evidence's day, and days that are asked about
DATED = 0.05  # what these count
MOST_OF_A_DAY = 8
LATER = 1.8e9  # unix seconds: when the questions are asked
IN_USE = ("importance", "recency", "usage", "superseded")
"""What only use shows: in a data set it counts for nothing."""


@dataclasses.dataclass(frozen=True)
class PosedQuestion:
    """A question, what there was to attend to, and where its evidence stood among that."""

    data: str
    part: int
    look: Look
    within: list[Look]  # the questions within it
    ids: list[str]
    gold: list[str]
    without: Look | None  # the same question, its evidence taken out of the memory
    foreign: Look  # a question of another conversation or of general knowledge, asked here
    share: float  # what it counts in a fit


class CorpusWithout:
    """What is known without some memories."""

    def __init__(self, known: AnyCorpus, gone: np.ndarray) -> None:
        kept = ~gone
        columns = {field.name: getattr(known.slots, field.name) for field in dataclasses.fields(MemoryMatrix)}
        rows = {name: columns.pop(name)[kept[known.slots.owner]] for name in ("keys", "owner")}
        rows["owner"] = (np.cumsum(kept) - 1)[rows["owner"]]
        self.slots = MemoryMatrix(**rows, **{name: column[kept] for name, column in columns.items()})
        self._known, self._gone = known, known.slots.address[gone]

    def postings(self, words: Sequence[str]) -> Postings:
        """Where these index words occur."""
        address, count = {}, {}
        whole = self._known.postings(words)
        for word, places in whole.address.items():
            kept = ~np.isin(places, self._gone)
            address[word], count[word] = places[kept], whole.count[word][kept]
        return Postings(address, count)


AnyCorpus = Corpus | CorpusWithout
OpenedConversation = tuple[Corpus, CentredMatrix, list[str]]
"""Memories, their view without a query adapter, and their ids in the data set."""


def opened(manager: NTMMemoryManager, data: Dataset) -> dict[str, OpenedConversation]:
    """{conversation: its memories}."""
    found = {}
    for conversation in data.conversations():
        known = Corpus(manager.store, f"{data.name}/{conversation}")
        stored = known.memories(np.arange(len(known.slots)))
        names = [data.stored[conversation][memory.id] for memory in stored if memory is not None]
        found[conversation] = known, CentredMatrix(known.slots, manager.encoder.prior), names
    return found


def in_parts(data: Dataset) -> list[tuple[dict, int]]:
    """The questions in random order and the part that each is left out with: conversations, else every fourth."""
    place = {conversation: i for i, conversation in enumerate(data.conversations())}
    mixed = np.random.default_rng(0).permutation(np.array(data.questions, dtype=object))
    by = place if len(place) >= PARTS_LEFT_OUT else None
    return [(question, (by[question["conv"]] if by else i) % PARTS_LEFT_OUT) for i, question in enumerate(mixed)]


def adapter_examples(
    manager: NTMMemoryManager, data: Dataset, places: Mapping[str, OpenedConversation], parts: Collection[int]
) -> list[AdapterExample]:
    """What the query adapter is learned from in some parts; a data set counts by the root of its questions."""
    by_place: dict[str, list[tuple[np.ndarray, bool, np.ndarray, float]]] = {}
    for question, part in in_parts(data):
        evidence = np.isin(places[question["conv"]][2], question["gold"])
        if part in parts and evidence.any():
            text = question["query"]
            share = len(data.questions) ** -0.5 * data.share
            case = manager.encoder.question(text), is_cjk(text), evidence, share
            by_place.setdefault(question["conv"], []).append(case)
    return [adapter_example(places[name][1], cases) for name, cases in by_place.items()]


def pose_all(
    manager: NTMMemoryManager, data: Dataset, places: Mapping[str, OpenedConversation], adapters: Sequence[np.ndarray]
) -> list[PosedQuestion]:
    """Every question put to its conversation's memories, some of them also to a handful and to a stretch of these.

    `adapters` are by part, each learned without it: what a question shows must not come from its own answer.
    """
    asked, rng = [], np.random.default_rng(0)
    views: dict[tuple[str, int], CentredMatrix] = {}
    for number, (question, part) in enumerate(in_parts(data)):
        conversation = question["conv"]
        others = [other["query"] for other in data.questions if other["conv"] != conversation]
        stranger = others[number % len(others)] if others and number % 2 else STRANGE[number // 2 % len(STRANGE)]
        known, plain, names = places[conversation]
        turned = dataclasses.replace(plain, query_adapter=adapters[part])
        view = views.setdefault((conversation, part), turned)
        inside = known, view
        asked.append(pose(manager, inside, names, question, stranger, part=part, data=data.name, share=data.share))
        if number < ALSO_FEW:
            for kind, chosen, counts in (("a handful", handful, HANDFUL), ("a stretch", stretch, STRETCH)):
                few = chosen(np.isin(names, question["gold"]), rng)
                rest = CorpusWithout(known, ~few)
                left = [name for name, kept in zip(names, few, strict=True) if kept]
                inside, label = (rest, dataclasses.replace(view, slots=rest.slots)), f"{data.name}, {kind}"
                share = counts * data.share
                asked.append(pose(manager, inside, left, question, stranger, part=part, data=label, share=share))
        if number < ALSO_DATED:
            for kind, made in (
                ("dated", dated(question, known, names)),
                ("a day", of_a_day(question, known, names, rng)),
            ):
                if made is not None:
                    label, share = f"{data.name}, {kind}", DATED * data.share
                    asked.append(
                        pose(manager, (known, view), names, made, stranger, part=part, data=label, share=share)
                    )
    return asked


def pose(
    manager: NTMMemoryManager,
    inside: tuple[AnyCorpus, CentredMatrix],
    names: list[str],
    question: dict,
    stranger: str,
    *,
    part: int,
    data: str,
    share: float,
) -> PosedQuestion:
    """A question and a stranger's, put to some memories, and the question to these without its answer."""
    known, view = inside
    gone = np.isin(names, question["gold"])
    rest = None if gone.all() else CorpusWithout(known, gone)
    return PosedQuestion(
        data=data,
        part=part,
        look=look(manager, known, view, question["query"]),
        within=[look(manager, known, view, text) for text in questions_within(question["query"])],
        ids=names,
        gold=question["gold"],
        without=None
        if rest is None
        else look(manager, rest, dataclasses.replace(view, slots=rest.slots), question["query"]),
        foreign=look(manager, known, view, stranger),
        share=share,
    )


def handful(gold: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(N,) which memories a young store would hold: the evidence and up to six others."""
    others = np.flatnonzero(~gold)
    kept = gold.copy()
    kept[rng.choice(others, min(len(others), int(rng.integers(0, 7))), replace=False)] = True
    return kept


def stretch(gold: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(N,) which memories a store of some days would hold: those in a row around each piece of evidence."""
    kept, places = gold.copy(), np.flatnonzero(gold)
    length = round(np.exp(rng.uniform(0, np.log(LONGEST_STRETCH))))
    for place in places:
        start = max(0, place - int(rng.integers(0, length)))
        kept[start : start + max(1, length // len(places))] = True
    return kept


def dated(question: dict, known: AnyCorpus, names: Sequence[str]) -> dict | None:
    """The question with the day of its evidence, where that is known and the question tells no time itself."""
    moments = known.slots.occurred[np.isin(names, question["gold"])]
    if not len(moments) or np.isnan(moments).any() or find_times(question["query"], LATER, timezone.utc):
        return None
    text, when = question["query"], said(moments[0], cjk=is_cjk(question["query"]), day=True)
    return question | {"query": f"{when}，{text}" if is_cjk(text) else f"{text.rstrip('?.! ')} {when}?"}


def of_a_day(question: dict, known: AnyCorpus, names: Sequence[str], rng: np.random.Generator) -> dict | None:
    """What happened in a day or month of which at most a few memories tell; in the language of the question."""
    moments = known.slots.occurred
    there = np.flatnonzero(~np.isnan(moments))
    if not len(there):
        return None
    moment, cjk = moments[rng.choice(there)], is_cjk(question["query"])
    for day in (False, True):
        when = said(moment, cjk=cjk, day=day)
        inside = np.array([not np.isnan(other) and said(other, cjk=cjk, day=day) == when for other in moments])
        if inside.sum() <= MOST_OF_A_DAY and 2 * inside.sum() <= len(moments):
            asked = (
                (f"{when}发生了什么？", f"{when}我做了什么？")
                if cjk
                else (f"What happened {when}?", f"What did I do {when}?")
            )
            gold = [name for name, kept in zip(names, inside, strict=True) if kept]
            return question | {"query": asked[int(rng.integers(2))], "gold": gold}
    return None


def said(moment: float, *, cjk: bool, day: bool) -> str:
    """A day, else its month, as people write it."""
    when = datetime.fromtimestamp(moment, timezone.utc)
    if cjk:
        return f"{when.year}年{when.month}月" + f"{when.day}日" * day
    return f"on {when.day} {when:%B %Y}" if day else f"in {when:%B %Y}"


STRANGE = (
    "What is the boiling point of tungsten?",
    "Which treaty ended the Thirty Years' War?",
    "量子色动力学的格点计算怎么做？",
    "Who composed the opera The Magic Flute?",
    "珠穆朗玛峰的高度是多少？",
    "How do I configure a BGP route reflector?",
    "光合作用的暗反应发生在哪里？",
    "quantum chromodynamics lattice",
    "Who won the 1954 world cup?",
    "唐朝是哪一年建立的？",
    "What is the capital of Mongolia?",
    "How many moons does Neptune have?",
    "牛顿第二定律",
    "Explain the difference between TCP and UDP",
    "如何用手冲壶煮咖啡？",
    "What does the enzyme amylase break down?",
    "最大的哺乳动物是什么？",
    "When was the printing press invented?",
    "黄金的化学符号是什么？",
)


def look(manager: NTMMemoryManager, known: AnyCorpus, view: CentredMatrix, text: str) -> Look:
    """What there is to attend to for a question; age, use and revisions count for nothing in a data set."""
    query = to_query(text, lambda: manager.encoder, Settings(time_zone="UTC"), LATER)
    found = examine(view, known.postings(query.terms), query)
    found.features[:, [FEATURES.index(name) for name in IN_USE]] = 0
    return found


def held(each: PosedQuestion) -> np.ndarray:
    """(n,) which candidates are evidence."""
    return np.isin([each.ids[i] for i in each.look.candidates], each.gold)
