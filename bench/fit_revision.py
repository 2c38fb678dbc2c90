"""Learn when a statement revises an older one of the same subject.

Learned from statements written for this purpose, from probe files of facts revised several times, and from notes and
data sets in which nothing is revised. The figures are for each source the share of revisions found and of other pairs
taken for revisions: learned from everything, and learned from the other sources only.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from bench.centred import centred, script_means, scripts_of
from bench.data_roles import FoundData
from bench.dataset import rows
from bench.fit_job import FitJob, FitStep, LearnedNumbers
from bench.regression import logistic_regression
from ntm_memory.embedding import Embedder
from ntm_memory.machine.activations import logistic
from ntm_memory.supersession.parameters import save_weights
from ntm_memory.supersession.revision import SURE, is_statement, revision_signals
from ntm_memory.supersession.subjects import same_subject

DIGITS = 2
Pairs = tuple[np.ndarray, np.ndarray]
"""(n, d) signals of all pairs of one subject, (n,) whether the later revises the earlier."""


def told(file: Path) -> list[tuple[str, str]]:
    """(what is told, statement) in order of writing; statements of one thing revise each other."""
    found = []
    for number, line in enumerate(rows(file)):
        if line.get("op") in ("add", "revise"):
            found.append((line["key"], line["text"]))
        for version, statement in enumerate(line.get("statements", ())):
            thing = f"{line['subject']}|{line['thing']}"
            found.append((f"{thing}#{number}.{version}" if line.get("all_hold") else thing, statement))
    return found


def lasting(data: Path, conversations: int = 150) -> list[tuple[str, str]]:
    """(what is told, statement) of notes or a data set in which every memory tells something of its own."""
    memories = rows(data if data.is_file() else data / "memories.jsonl")
    chosen = set(list(dict.fromkeys(memory["conv"] for memory in memories))[:conversations])
    kept = [memory for memory in memories if memory["conv"] in chosen and is_statement(memory["text"])]
    return [(f"{memory['conv']}/{number}", memory["text"]) for number, memory in enumerate(kept)]


def pairs(statements: list[tuple[str, str]], embedder: Embedder) -> Pairs:
    """All pairs of one subject."""
    texts = [text for _, text in statements]
    raw, scripts = embedder.encode_memories(texts), scripts_of(texts)
    keys = centred(raw, scripts, script_means(embedder, raw, scripts))
    seen, revises = [], []
    for (i, (thing, old)), (j, (other, new)) in itertools.combinations(enumerate(statements), 2):
        apart = "/" in thing and thing.split("/")[0] != other.split("/")[0]
        if not apart and same_subject(old, new):
            seen.append(revision_signals(old, new, float(keys[i] @ keys[j])))
            revises.append(thing == other)
    return np.array(seen), np.array(revises, dtype=float)


def fit_weights(sources: list[Pairs], decay: float = 0.1) -> np.ndarray:
    """The weights; every source counts the same."""
    x, y = (np.concatenate([source[part] for source in sources]) for part in (0, 1))
    share = np.concatenate([np.full(len(answers), 100 / len(answers)) for _, answers in sources])
    return logistic_regression(x, y, share, decay)


def read_source(each: FoundData, embedder: Embedder) -> Pairs:
    """The pairs of one data set."""
    revised = "revised" in each.known.roles
    return pairs(told(each.path) if revised else lasting(each.path), embedder)


def revision_figures(sources: dict[str, Pairs], weights: np.ndarray) -> dict[str, dict[str, dict[str, float]]]:
    """{source: {what was learned from: pairs, found, wrongly taken}}."""
    figures: dict[str, dict[str, dict[str, float]]] = {}
    for name, (seen, revises) in sources.items():
        others = [source for other, source in sources.items() if other != name] or [(seen, revises)]
        for how, learned in (("of all", weights), ("of the others", fit_weights(others))):
            taken = logistic(seen @ learned) >= SURE
            figures.setdefault(name, {})[how] = {
                "revisions": int(revises.sum()),
                "found": int(taken[revises == 1].sum()),
                "other pairs": int((1 - revises).sum()),
                "taken for one": round(float(taken[revises == 0].mean()), 4) if (revises == 0).any() else 0.0,
            }
    return figures


def learn_revision(job: FitJob) -> LearnedNumbers:
    """The weights learned from everything, and figures of sources that they were learned without."""
    embedder = job.embedder()
    found = {each.name: read_source(each, embedder) for each in job.with_role("revised", "lasting")}
    sources = {name: source for name, source in found.items() if len(source[1])}
    weights = fit_weights(list(sources.values())).round(DIGITS)
    figures = revision_figures(sources, weights)
    for name, each in figures.items():
        print(f"{name}: {each}", flush=True)
    return LearnedNumbers(lambda file, about: save_weights(file, weights, about), figures)


STEP = FitStep("when a statement revises an older one", ("revised", "lasting"), ("prior",), learn_revision)
