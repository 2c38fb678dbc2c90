"""Let the networks for secrets learn on from what new writers told, in minutes instead of the hour of a whole fit.

    python -m bench.refine_secrets --data DIR [DIR …] --home DIR [--out DIR]

They begin as they ship and go through a part of all that they were learned from, with the texts of `NEW` writers
several times. The chances that decide are chosen anew. Whether it helped is told by notes not learned from.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timezone
from pathlib import Path

import numpy as np

from bench import fit_secrets
from bench.data_roles import described, described_file, find_data, sha256_of, with_role
from bench.dataset import rows
from bench.fit_job import FILES, PACKAGE, code_revision
from bench.fit_secrets import IN_NOTES, NOTES, SETS
from bench.provenance import save_with_provenance
from bench.secret_net import SEEDS, Example, learn_on
from ntm_memory.embedding.e5 import E5Embedder
from ntm_memory.persistence.quantised import dequantised, quantised

NEW = ("writer_x", "writer_y")
"""Writers from whom nothing was learned yet."""
EPOCHS, RATE = 3, 1.5e-3
OLD_TEXTS, OLD_NOTES, OLD_TURNS, TIMES = 3500, 1100, 500, 3
"""Of what was learned from before, so many texts, notes and turns in an epoch; the new ones so many times."""
SHIPPED = PACKAGE / FILES["secrets"]
LEFT_OUT = Path(__file__).parents[1] / "tests" / "outsiders" / "secrets" / "ordinary.jsonl"
"""The third of what the new writers told that is never learned from."""


class Drawn:
    """What an epoch learns from."""

    def __init__(self, new: list[Example], parts: Sequence[tuple[list[Example], int]]) -> None:
        self._new = new
        self._parts = parts

    def __call__(self, rng: random.Random) -> list[Example]:
        old = [each for texts, most in self._parts for each in rng.sample(texts, min(most, len(texts)))]
        return [*old, *(self._new * TIMES)]


def refined(data: Sequence[Path], home: Path, out: Path, epochs: int = EPOCHS) -> None:
    """Learn on, and write the networks with their provenance below `out`."""
    revision, before = code_revision(), sha256_of(SHIPPED)
    embedder, found = E5Embedder(), with_role(find_data(data), fit_secrets.ROLE)
    files = sorted(SETS.glob("writer_*.jsonl"))
    told = {file.stem: fit_secrets.read_examples(embedder, rows(file), home) for file in files}
    telling = [line for line in rows(IN_NOTES) if line["secret"]]
    told[IN_NOTES.stem] = fit_secrets.read_examples(embedder, telling, home)
    talk = {each.name: fit_secrets.read_examples(embedder, fit_secrets.turns_of(each), home) for each in found}
    old = [each for name, texts in told.items() if name not in NEW for each in texts]
    notes = [each for name, texts in talk.items() if name in NOTES for each in texts[::2]]
    turns = [each for name, texts in talk.items() if name not in NOTES for each in texts[::2]]
    drawn = Drawn(
        [each for name in NEW for each in told[name]], [(old, OLD_TEXTS), (notes, OLD_NOTES), (turns, OLD_TURNS)]
    )
    with np.load(SHIPPED) as kept:
        members = dequantised({name: kept[name] for name in kept.files})
    weights = quantised(learned_on(members, drawn, epochs) if epochs else members)
    learned = dequantised(weights)
    left_out = {name: texts[1::2] for name, texts in talk.items()}
    limits = fit_secrets.chosen_limits(learned, *fit_secrets.notes_and_talk(left_out))
    left_out[LEFT_OUT.stem] = fit_secrets.read_examples(embedder, rows(LEFT_OUT), home)
    figures = fit_secrets.touched_shares(learned, left_out, limits)
    print(limits, figures, flush=True)
    made = [described_file(file, len(rows(file))) for file in (*files, IN_NOTES)]
    about = {
        "command": "python -m bench.refine_secrets --data DIR --home DIR",
        "again": "python -m bench.fit secrets --data DIR",
        "date": datetime.now(timezone.utc).date().isoformat(),
        "revision": revision,
        "numpy": np.__version__,
        "data": [*(described(each) for each in found), *made],
        "after": {"secrets": before},
        "figures": figures,
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    save_with_provenance(out, about, weights | {name: np.float32(one) for name, one in limits._asdict().items()})
    print(f"wrote {out}", flush=True)


def learned_on(members: Sequence[dict[str, np.ndarray]], drawn: Drawn, epochs: int) -> list[dict[str, np.ndarray]]:
    """Each network learned on, all at the same time."""
    with ProcessPoolExecutor(len(members)) as pool:
        both = zip(SEEDS, members, strict=True)
        return [each.result() for each in [pool.submit(learn_on, one, drawn, epochs, RATE, seed) for seed, one in both]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--home", type=Path, required=True, help="folder in which is kept how the texts were read")
    parser.add_argument("--out", type=Path, default=PACKAGE, help="folder laid out as the package")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="0: only the chances are chosen anew")
    args = parser.parse_args()
    refined(args.data, args.home, args.out / FILES["secrets"], args.epochs)


if __name__ == "__main__":
    main()
