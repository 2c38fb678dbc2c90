"""Learn when a statement revises an older one of the same subject: the weights of ntm_memory/supersession/revision.py.

    python bench/fit_revision.py [--probes update_en.jsonl update_zh.jsonl] [--lasting memdaily_zh/dev]

Learned from bench/revisions.jsonl, statements written for this purpose, from probe files of facts revised several
times, and from bench/notes.jsonl and data sets in which nothing is revised. Prints the weights, and for each source the
share of revisions found and of other pairs taken for revisions: learned from everything, and learned from the other
sources only.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

import checkout  # noqa: F401 - before numpy
import numpy as np
from dataset import rows
from regression import logistic_regression

from ntm_memory.embedding import Embedder, load_embedder
from ntm_memory.machine.activations import logistic
from ntm_memory.supersession.revision import SURE, WEIGHTS, is_statement, signals
from ntm_memory.supersession.subjects import same_subject
from ntm_memory.text.scripts import is_cjk

PRIOR_COUNT = 20
REVISIONS, NOTES = (Path(__file__).parent / name for name in ("revisions.jsonl", "notes.jsonl"))


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


def kept() -> list[tuple[str, str]]:
    """(what is told, statement) of notes none of which revises another."""
    lines = enumerate(rows(NOTES))
    return [(f"{note['conv']}/{number}", note["text"]) for number, note in lines if is_statement(note["text"])]


def lasting(data: Path, conversations: int = 150) -> list[tuple[str, str]]:
    """(what is told, statement) of a data set in which every memory tells something of its own."""
    memories = rows(data / "memories.jsonl")
    chosen = list(dict.fromkeys(memory["conv"] for memory in memories))[:conversations]
    kept = [memory for memory in memories if memory["conv"] in set(chosen) and is_statement(memory["text"])]
    return [(f"{memory['conv']}/{number}", memory["text"]) for number, memory in enumerate(kept)]


def pairs(statements: list[tuple[str, str]], embedder: Embedder) -> tuple[np.ndarray, np.ndarray]:
    """(n, d) signals of all pairs of one subject, (n,) whether the later revises the earlier."""
    keys = embedder.encode_memories([text for _, text in statements])
    script = np.array([int(is_cjk(text)) for _, text in statements])
    for each in (0, 1):
        own = keys[script == each]
        keys[script == each] -= (own.sum(axis=0) + PRIOR_COUNT * embedder.prior[each]) / (len(own) + PRIOR_COUNT)
    keys /= np.linalg.norm(keys, axis=1, keepdims=True)
    seen, revises = [], []
    for (i, (thing, old)), (j, (other, new)) in itertools.combinations(enumerate(statements), 2):
        apart = "/" in thing and thing.split("/")[0] != other.split("/")[0]
        if not apart and same_subject(old, new):
            seen.append(signals(old, new, float(keys[i] @ keys[j])))
            revises.append(thing == other)
    return np.array(seen), np.array(revises, dtype=float)


def fit(sources: list[tuple[np.ndarray, np.ndarray]], decay: float = 0.1) -> np.ndarray:
    """The weights; every source counts the same."""
    x, y = (np.concatenate([source[part] for source in sources]) for part in (0, 1))
    share = np.concatenate([np.full(len(answers), 100 / len(answers)) for _, answers in sources])
    return logistic_regression(x, y, share, decay)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--probes", type=Path, nargs="*", default=[])
    parser.add_argument("--lasting", type=Path, nargs="*", default=[], help="data sets in which nothing is revised")
    args = parser.parse_args()
    embedder = load_embedder({})
    sources = {file.name: pairs(told(file), embedder) for file in (REVISIONS, *args.probes)}
    sources[NOTES.name] = pairs(kept(), embedder)
    sources |= {folder.parent.name: pairs(lasting(folder), embedder) for folder in args.lasting}
    weights = fit(list(sources.values()))
    print("WEIGHTS =", tuple(float(weight) for weight in weights.round(2)), "now", WEIGHTS)
    for name, (seen, revises) in sources.items():
        others = [source for other, source in sources.items() if other != name] or [(seen, revises)]
        for how, learned in (("of all", weights), ("of the others", fit(others))):
            taken = logistic(seen @ learned) >= SURE
            found, wrong = taken[revises == 1].sum(), taken[revises == 0].mean()
            print(f"{name}, learned {how}: {found} of {int(revises.sum())} revisions found, "
                  f"{wrong:.4f} of {int((1 - revises).sum())} other pairs taken for one")  # fmt: skip


if __name__ == "__main__":
    main()
