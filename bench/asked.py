"""Questions put to memories: to all of them, to a handful of them, and to what is left without the answer."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import checkout  # noqa: F401 - before numpy
import numpy as np
from dataset import Dataset
from projection import Lesson, lesson

from ntm_memory import NTMMemoryManager
from ntm_memory.knowledge import Knowledge
from ntm_memory.recall.evidence import FEATURES
from ntm_memory.recall.parts import questions_within
from ntm_memory.recall.reader import Look, Request, examine
from ntm_memory.recall.view import View
from ntm_memory.recall.words import index_words, is_cjk
from ntm_memory.store.records import Postings, Slots

PARTS = 4
ALSO_FEW = 150  # questions of a data set that are also put to a handful of memories
HANDFUL = 0.3  # what one put to a handful counts beside one put to all
IN_USE = ("importance", "recency", "usage", "superseded")
"""What only use shows: in a data set it counts for nothing."""


@dataclasses.dataclass(frozen=True)
class Asked:
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


class Rest:
    """What is known without some memories."""

    def __init__(self, known: Known, gone: np.ndarray) -> None:
        kept = ~gone
        columns = {field.name: getattr(known.slots, field.name) for field in dataclasses.fields(Slots)}
        rows = {name: columns.pop(name)[kept[known.slots.owner]] for name in ("keys", "owner")}
        rows["owner"] = (np.cumsum(kept) - 1)[rows["owner"]]
        self.slots = Slots(**rows, **{name: column[kept] for name, column in columns.items()})
        self._known, self._gone = known, known.slots.address[gone]

    def postings(self, text: str) -> Postings:
        """Where the words and marks of a question occur."""
        address, count = {}, {}
        whole = self._known.postings(text)
        for word, places in whole.address.items():
            kept = ~np.isin(places, self._gone)
            address[word], count[word] = places[kept], whole.count[word][kept]
        return Postings(address, count)


Known = Knowledge | Rest
Opened = tuple[Knowledge, View, list[str]]
"""Memories, their view without a projection, and their ids in the data set."""


def opened(manager: NTMMemoryManager, data: Dataset) -> dict[str, Opened]:
    """{conversation: its memories}."""
    found = {}
    for conversation in data.conversations():
        known = Knowledge(manager.store, f"{data.name}/{conversation}")
        stored = known.memories(np.arange(len(known.slots)))
        names = [data.stored[conversation][memory.id] for memory in stored if memory is not None]
        found[conversation] = known, View(known.slots, manager.keys.prior), names
    return found


def in_parts(data: Dataset) -> list[tuple[dict, int]]:
    """The questions in random order and the part that each is left out with: conversations, else every fourth."""
    place = {conversation: i for i, conversation in enumerate(data.conversations())}
    mixed = np.random.default_rng(0).permutation(np.array(data.questions, dtype=object))
    by = place if len(place) >= PARTS else None
    return [(question, (by[question["conv"]] if by else i) % PARTS) for i, question in enumerate(mixed)]


def lessons(manager: NTMMemoryManager, data: Dataset, places: Mapping[str, Opened], left: int | None) -> list[Lesson]:
    """What the projection is learned from, but for one part; a data set counts by the root of its questions."""
    by_place: dict[str, list[tuple[np.ndarray, bool, np.ndarray, float]]] = {}
    for question, part in in_parts(data):
        evidence = np.isin(places[question["conv"]][2], question["gold"])
        if part != left and evidence.any():
            text = question["query"]
            share = len(data.questions) ** -0.5 * data.share
            case = manager.keys.question(text), is_cjk(text), evidence, share
            by_place.setdefault(question["conv"], []).append(case)
    return [lesson(places[name][1], cases) for name, cases in by_place.items()]


def ask(
    manager: NTMMemoryManager, data: Dataset, places: Mapping[str, Opened], projections: Sequence[np.ndarray]
) -> list[Asked]:
    """Every question put to its conversation's memories, some of them also to a handful of these.

    `projections` are by part, each learned without it: what a question shows must not come from its own answer.
    """
    asked, rng = [], np.random.default_rng(0)
    views: dict[tuple[str, int], View] = {}
    for number, (question, part) in enumerate(in_parts(data)):
        conversation = question["conv"]
        others = [other["query"] for other in data.questions if other["conv"] != conversation]
        stranger = others[number % len(others)] if others and number % 2 else STRANGE[number // 2 % len(STRANGE)]
        known, plain, names = places[conversation]
        turned = dataclasses.replace(plain, projection=projections[part])
        view = views.setdefault((conversation, part), turned)
        inside = known, view
        asked.append(put(manager, inside, names, question, stranger, part=part, data=data.name, share=data.share))
        if number < ALSO_FEW:
            few = handful(np.isin(names, question["gold"]), rng)
            rest = Rest(known, ~few)
            names = [name for name, kept in zip(names, few, strict=True) if kept]
            inside, label = (rest, dataclasses.replace(view, slots=rest.slots)), f"{data.name}, a handful"
            share = HANDFUL * data.share
            asked.append(put(manager, inside, names, question, stranger, part=part, data=label, share=share))
    return asked


def put(
    manager: NTMMemoryManager,
    inside: tuple[Known, View],
    names: list[str],
    question: dict,
    stranger: str,
    *,
    part: int,
    data: str,
    share: float,
) -> Asked:
    """A question and a stranger's, put to some memories, and the question to these without its answer."""
    known, view = inside
    gone = np.isin(names, question["gold"])
    rest = None if gone.all() else Rest(known, gone)
    return Asked(
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


def look(manager: NTMMemoryManager, known: Known, view: View, text: str) -> Look:
    """What there is to attend to for a question; age, use and revisions count for nothing in a data set."""
    request = Request(text, manager.keys.question(text), index_words(text), now=1.8e9, cjk=is_cjk(text))
    found = examine(view, known.postings(text), request)
    found.features[:, [FEATURES.index(name) for name in IN_USE]] = 0
    return found


def held(each: Asked) -> np.ndarray:
    """(n,) which candidates are evidence."""
    return np.isin([each.ids[i] for i in each.look.candidates], each.gold)
