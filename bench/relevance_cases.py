"""Prompts as `operations.relevant` meets them: what relevance is learned from.

Whether a prompt needs anything is learned from all prompts that were written; whether a memory matters for it only from
stores that the reader has not learned from: those held back, and those written for this purpose (`tasks.jsonl`).
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from bench.data_roles import FoundData
from bench.dataset import fixed_clock, rows
from bench.fit_job import FitJob
from bench.held_stores import writer_of
from bench.reader_figures import language_of
from bench.reader_lessons import written_stores
from bench.second_look_cases import UNREAD, tell_notes
from ntm_memory import NTMMemoryManager
from ntm_memory.operations.relevant import Noticer
from ntm_memory.reader.adapter import read_adapter
from ntm_memory.reader.pair_reader import Impressions, PairReader
from ntm_memory.reader.parameters import load_parameters as load_joining
from ntm_memory.reader.relevance import GLANCE, LIMITS, READ, RelevanceParameters, glimpse
from ntm_memory.reader.second_look import as_read
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import read
from ntm_memory.recall.parameters import load_parameters
from ntm_memory.text.writing_systems import is_cjk

ROLES = ("read", "tasks")
TASKS = "tasks.jsonl"
POOL = 5
"""Memories of a prompt that are read, those that the first look thinks likeliest."""
FOREIGN = 6
"""Prompts of other stores that are put to each: nothing matters there, whatever they need."""


class Need(NamedTuple):
    """A prompt, and whether anything that its writer had stored matters for it."""

    writer: str
    key: np.ndarray
    cjk: bool
    needs: bool


class PromptMet(NamedTuple):
    """A prompt and the memories that were thought of.

    Args:
        writer: of the store.
        group: `held` or `tasks`, and the language.
        foreign: whether it is another store's.
        needs: whether anything of the store matters for it.
        key: of the prompt.
        cjk: its script.
        signals: (n, 8) as of `reader.relevance.glimpse`, the need left open.
        right: (n,) which memories matter.
        pool: (k,) places of those that were read.
        read: what the reader made of them.
    """

    writer: str
    group: str
    foreign: bool
    needs: bool
    key: np.ndarray
    cjk: bool
    signals: np.ndarray
    right: np.ndarray
    pool: np.ndarray
    read: Impressions


def task_stores(found: Sequence[FoundData]) -> list[dict]:
    """The stores that were written for this, each with its `writer`."""
    return [
        store | {"writer": each.name}
        for each in found
        if (each.path / TASKS).is_file()
        for store in rows(each.path / TASKS)
    ]


def gather_needs(job: FitJob) -> list[Need]:
    """All prompts there are, with their keys."""
    found = job.with_role(*ROLES)
    taught, held = written_stores(found)
    told = [(writer_of(store["store"]), store) for store in (*taught, *held)]
    told += [(store["writer"], store) for store in task_stores(found)]
    lines = [(writer, each["prompt"], bool(each["gold"])) for writer, store in told for each in store["prompts"]]
    for each in found:
        if (each.path / "prompts.jsonl").is_file():
            lines += [(each.name, line["prompt"], bool(line["matters"])) for line in rows(each.path / "prompts.jsonl")]
    keys = job.embedder().encode_queries([text for _, text, _ in lines])
    return [Need(writer, key, is_cjk(text), needs) for (writer, text, needs), key in zip(lines, keys, strict=True)]


def means_of(needs: Sequence[Need]) -> np.ndarray:
    """(2, H) mean keys of prompts in spaced scripts and in CJK."""
    keys, cjk = np.stack([each.key for each in needs]), np.array([each.cjk for each in needs])
    return np.stack([keys[cjk == script].mean(0) if (cjk == script).any() else keys.mean(0) for script in (0, 1)])


def open_parameters(means: np.ndarray) -> RelevanceParameters:
    """Parameters under which every need is 0 and the first look alone chooses."""
    width = means.shape[1]
    seen = (np.array(GLANCE) == "seen").astype(float)
    zeros = np.zeros(2 + width), seen, np.zeros(len(GLANCE) + READ), np.zeros(0), np.full((2, len(LIMITS)), -np.inf)
    return RelevanceParameters(means, *zeros)


def gather_met(job: FitJob, means: np.ndarray) -> list[PromptMet]:
    """The prompts of the stores that the reader did not learn from, each put to its store and some to others."""
    found = job.with_role(*ROLES)
    _, held = written_stores(found)
    told = [(writer_of(store["store"]), f"held {language_of(store['store'])}", store) for store in held]
    told += [
        (store["writer"], f"tasks {store['writer'].split('_')[0].rstrip('0123456789')}", store)
        for store in task_stores(found)
    ]
    met: list[PromptMet] = []
    with (
        tempfile.TemporaryDirectory() as home,
        NTMMemoryManager(home, config=UNREAD, embedder=job.embedder(), clock=fixed_clock) as manager,
    ):
        reader, p = PairReader(job.embedder(), read_adapter(job.in_force("reader"))), open_parameters(means)
        learned = {
            "joining": load_joining(job.in_force("second-look")),
            "parameters": load_parameters(job.in_force("recall")),
        }
        manager._verbs.context.__dict__.update(learned)
        for writer, group, store in told:
            ours = tell_notes(manager, store["store"], store["notes"])
            others = [each["prompt"] for _, kind, other in told for each in other["prompts"] if kind == group]
            own = {each["prompt"] for each in store["prompts"]}
            foreign = [text for text in others if text not in own]
            strange = random.Random(store["store"]).sample(foreign, min(FOREIGN, len(foreign)))
            asked = [(each["prompt"], frozenset(ours[id] for id in each["gold"]), False) for each in store["prompts"]]
            for text, gold, is_foreign in [*asked, *((text, frozenset[str](), True) for text in strange)]:
                met += _meet(manager, reader, p, store["store"], text, gold, (writer, group, is_foreign))
            print(f"{store['store']}: {len(met)} prompts met", flush=True)
    return met


def _meet(
    manager: NTMMemoryManager,
    reader: PairReader,
    p: RelevanceParameters,
    namespace: str,
    text: str,
    gold: frozenset[str],
    who: tuple[str, str, bool],
) -> Iterator[PromptMet]:
    context = manager._verbs.context
    query = Noticer(context).query(text)
    corpus = Corpus(manager.store, namespace)
    view = context.view(corpus)
    reading = read(view, corpus.postings(query.terms), query, context.parameters)
    seen = glimpse(view, reading, query, p, context.joining)
    memories = corpus.memories(seen.places)
    right = np.array([memory is not None and memory.id in gold for memory in memories])
    pool = np.argsort(-seen.signals @ p.glance, kind="stable")[:POOL]
    there = [memory for i in pool.tolist() if (memory := memories[i]) is not None]
    texts = as_read(corpus, view.sequence, seen.places[pool], there, query)
    assert query.key is not None
    yield PromptMet(
        who[0],
        who[1],
        who[2],
        bool(gold),
        query.key,
        query.cjk,
        seen.signals,
        right,
        pool,
        reader.impressions(query.text, texts),
    )
