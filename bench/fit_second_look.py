"""Learn how the first look and the reader are joined, and what the chance of a memory and of an answer is.

Learned from questions that the reader did not learn from: the stores held back, in whole and cut into small ones, and
talks; a part of them also with the answer taken out. The figures are by source, learned from everything and learned
from the other sources only.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from bench.data_roles import with_role
from bench.dataset import fixed_clock, memorize
from bench.fit_job import FitJob, FitStep, LearnedNumbers
from bench.grading import calibration_error
from bench.reader_lessons import written_stores
from bench.regression import logistic_regression
from ntm_memory import NTMMemoryManager
from ntm_memory.operations.context import to_query
from ntm_memory.reader.adapter import read_adapter
from ntm_memory.reader.pair_reader import PairReader
from ntm_memory.reader.parameters import FEATURES, SecondLookParameters, save_parameters
from ntm_memory.reader.second_look import (
    FirstLook,
    as_read,
    chance_signals,
    confidence_signals,
    first_look_at,
    judge,
    likeliest,
)
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import attend_to, examine
from ntm_memory.recall.parameters import RecallParameters, load_parameters

TALKS = ("locomo", "memdaily_zh", "longmemeval_mini_session")
ASKED_OF_A_TALK = 160
SMALL = 8
FOREIGN = 4
"""Notes of a small store, and questions of the others that are put to it."""
SHARES = {"stores": 1.0, "small stores": 0.4, "talks": 1.0}
UNREAD = {"recall": {"reader": "off"}}
"""What is told here is not read together: it is asked about, and revises nothing."""
DECAY, TALK_DECAY = 1e-2, 1e-4
"""Pull towards nothing: of the weights that count always, and of what is added in a talk."""
STEPS = 400


class Case(NamedTuple):
    """A question as both looks met it.

    Args:
        source: group and name.
        first: what the first look knows of the memories that were read.
        read: (k,) what the reader said.
        gold: (k,) which of them answer.
        share: what it counts.
    """

    source: str
    first: FirstLook
    read: np.ndarray
    gold: np.ndarray
    share: float


class Asking(NamedTuple):
    """A namespace, a question, and the ids in our store of what answers it."""

    source: str
    namespace: str
    text: str
    gold: frozenset[str]


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


def look_twice(
    manager: NTMMemoryManager, reader: PairReader, parameters: RecallParameters, asked: Sequence[Asking]
) -> list[Case]:
    """What both looks know of the likeliest memories of every question that asks by content."""
    found = []
    for each in asked:
        corpus = Corpus(manager.store, each.namespace)
        view = manager.encoder.view(corpus.slots)
        query = to_query(each.text, lambda: manager.encoder, manager.settings, fixed_clock())
        if query.key is None or query.shift is not None:
            continue
        look = examine(view, corpus.postings(query.terms), query)
        reading = attend_to(look, view, query, parameters)
        chosen, memories = likeliest(corpus, reading, look)
        read = reader.relevance(query.text, as_read(corpus, view.sequence, chosen, memories, query))
        gold = np.array([memory.id in each.gold for memory in memories])
        found.append(Case(each.source, first_look_at(reading, look, chosen), read.astype(float), gold, 1.0))
    return found


def answer_taken_out(case: Case) -> Case:
    """The case without what answers: the likeliest of the rest are what there is."""
    kept = ~case.gold
    first = case.first
    columns = {name: getattr(first, name)[kept] for name in ("attention", "cosine", "question_cosine", "words")}
    rest = FirstLook(**columns, memories=first.memories, confidence=first.confidence, talk=first.talk)
    return Case(case.source, rest, case.read[kept], case.gold[kept], case.share / 2)


def weigh_sources(cases: Sequence[Case]) -> list[Case]:
    """Each source counts as `SHARES` says, whatever the number of its questions."""
    counts = Counter(case.source for case in cases)
    groups = Counter(group_of(source) for source in counts)
    return [
        case._replace(
            share=case.share * SHARES[group_of(case.source)] / counts[case.source] / groups[group_of(case.source)]
        )
        for case in cases
    ]


def group_of(source: str) -> str:
    """`talks` of `talks/locomo`."""
    return source.split("/")[0]


def fit_ranker(cases: Sequence[Case]) -> tuple[np.ndarray, np.ndarray]:
    """(2, 5) ranker and (2,) NULL: a softmax over what was read and NULL, by Adam."""
    longest = max(len(case.read) for case in cases)
    x = np.zeros((len(cases), longest + 1, 2 * (len(FEATURES) + 1)))
    real = np.zeros((len(cases), longest + 1), dtype=bool)
    target = np.zeros((len(cases), longest + 1))
    for row, case in enumerate(cases):
        n, talk = len(case.read), case.first.talk
        features = case.first.features(case.read)
        x[row, :n, : len(FEATURES)] = features
        x[row, :n, len(FEATURES) + 1 : -1] = talk * features
        x[row, -1, len(FEATURES)], x[row, -1, -1] = 1.0, talk
        real[row, :n] = real[row, -1] = True
        target[row, :n], target[row, -1] = case.gold, not case.gold.any()
    share = np.array([case.share for case in cases])
    half = len(FEATURES) + 1  # a talk's own weights are pulled towards nothing as those that count always
    spread = np.tile(np.maximum(np.sqrt((x[..., :half] ** 2 * real[..., None]).sum((0, 1)) / real.sum()), 1e-6), 2)
    weights = descend(x / spread, real, target, share / share.sum()) / spread
    both = weights.reshape(2, -1)
    return both[:, :-1], both[:, -1]


def descend(x: np.ndarray, real: np.ndarray, target: np.ndarray, share: np.ndarray) -> np.ndarray:
    """(d,) weights under which the targets together get the largest share."""
    decay = np.repeat([DECAY, TALK_DECAY], x.shape[-1] // 2)
    w, mean, square = np.zeros(x.shape[-1]), np.zeros(x.shape[-1]), np.zeros(x.shape[-1])
    for step in range(1, STEPS + 1):
        logits = np.where(real, x @ w, -np.inf)
        p = np.exp(logits - logits.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        wanted = p * target
        wanted /= np.maximum(wanted.sum(1, keepdims=True), 1e-12)
        gradient = np.einsum("q,qk,qkd->d", share, p - wanted, x) + decay * w
        mean, square = 0.9 * mean + 0.1 * gradient, 0.99 * square + 0.01 * gradient**2
        w -= 0.05 * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return w


def fit_joining(cases: Sequence[Case]) -> SecondLookParameters:
    """All parameters: first the ranker, then both calibrations of its logits."""
    ranker, null = fit_ranker(cases)
    p = SecondLookParameters(ranker, null, np.zeros(4), np.zeros(5))
    chances, confidences = [], []
    for case in cases:
        logits = judge(case.first, case.read, p).logits
        rows = chance_signals(logits, case.first)
        chances += [(row, answers, case.share) for row, answers in zip(rows, case.gold, strict=True)]
        confidences.append((confidence_signals(logits, case.first), bool(case.gold.any()), case.share))
    return p.__class__(ranker, null, _calibrated(chances), _calibrated(confidences))


def _calibrated(rows: Sequence[tuple[np.ndarray, bool, float]]) -> np.ndarray:
    x, y, share = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    return logistic_regression(x, y, share / share.mean(), 1e-2)


def figures(cases: Sequence[Case], p: SecondLookParameters) -> dict[str, float]:
    """Of the answerable: right first by both looks, by the first, by the reader; of all: calibration error."""
    judged = [judge(case.first, case.read, p) for case in cases]
    right = {
        "both": lambda case, each: each.logits,
        "first look": lambda case, each: case.first.attention,
        "cosine": lambda case, each: case.first.cosine,
        "reader": lambda case, each: case.read,
    }
    answerable = [(case, each) for case, each in zip(cases, judged, strict=True) if case.gold.any()]
    shown = {
        f"right first, {name}": round(
            float(np.mean([case.gold[np.argmax(of(case, each))] for case, each in answerable])), 3
        )
        for name, of in right.items()
    }
    error = calibration_error([each.confidence for each in judged], [float(case.gold.any()) for case in cases])
    return shown | {"questions": len(cases), "calibration error": round(error, 3)}


def gather_cases(job: FitJob, read_parameters: Callable[[], RecallParameters] = load_parameters) -> list[Case]:
    """Every question as both looks meet it, a part of the talks' also with the answer taken out."""
    embedder = job.embedder()
    reader = PairReader(embedder, read_adapter(job.in_force("reader")))
    _, held = written_stores(job.with_role("read"))
    with (
        tempfile.TemporaryDirectory() as home,
        NTMMemoryManager(home, config=UNREAD, embedder=embedder, clock=fixed_clock) as manager,
    ):
        asked = [*ask_stores(manager, held), *ask_talks(manager, job)]
        print(f"{len(asked)} questions", flush=True)
        cases = look_twice(manager, reader, read_parameters(), asked)
    talks = [case for case in cases if group_of(case.source) == "talks" and case.gold.any() and not case.gold.all()]
    return [*cases, *(answer_taken_out(case) for case in talks)]


def learn_joining(job: FitJob) -> LearnedNumbers:
    """The parameters, and figures of each source under those that were learned without it."""
    cases = weigh_sources(gather_cases(job))
    found = {}
    for source in dict.fromkeys(case.source for case in cases):
        own, others = ([case for case in cases if (case.source == source) == mine] for mine in (True, False))
        found[source] = {"of all": figures(own, fit_joining(cases)), "of the others": figures(own, fit_joining(others))}
        print(source, found[source], flush=True)
    parameters = fit_joining(cases)
    return LearnedNumbers(lambda file, about: save_parameters(file, parameters, about), found)


STEP = FitStep(
    "how the first look and the reader are joined",
    ("read", "written"),
    ("prior", "adapter", "recall", "reader"),
    learn_joining,
)
