"""Learn which words only present what was recalled, from sentences around memories.

    python -m bench.fit_echo [--write]

bench/echoes holds one sentence a line, {m} for a memory: frames.* only present it, additions.* say something besides.
Each is told of memories from bench/pairs in several layouts; besides, every frame is told with one memory changed and
with one that is not stored. The threshold is chosen on sentences held out in turn: of what is new there at most
`MOST_REFUSED` are taken for echoes.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.data_roles import sha256_of
from bench.dataset import rows
from ntm_memory.persistence.atomic import replace_text
from ntm_memory.privacy import framing
from ntm_memory.privacy.echo import KnownMemory, echo_in
from ntm_memory.privacy.framing import Framing, Leftover, features

HERE = Path(__file__).parent
SETS = {
    "en": ["en1_stores", "en2_stores", "en3_stores", "mix1_stores"],
    "zh": ["zh1_stores", "zh2_stores", "zh3_stores"],
}
MOST_REFUSED = 0.01
FOLDS, TIMES, LEAST_SENTENCES, DECAY, STEPS = 4, 2, 2, 0.0005, 250
_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"


class Told(NamedTuple):
    """A text that comes back, whether it is an echo, and by which sentence it was made."""

    text: str
    known: list[KnownMemory]
    echo: bool
    sentence: int


class Watching(Framing):
    """Remembers what it was asked and takes nothing for an echo."""

    def __init__(self) -> None:
        super().__init__({}, 0.0)
        self.seen: Leftover | None = None

    def only_presents(self, leftover: Leftover) -> bool:
        """Nothing."""
        object.__setattr__(self, "seen", leftover)
        return False


def sentences() -> list[tuple[str, str, bool]]:
    """(language, sentence, whether it only presents) of bench/echoes."""
    found = []
    for file in sorted((HERE / "echoes").glob("*.txt")):
        kind, language, _ = file.name.split(".")
        found += [(language, line, kind == "frames") for line in file.read_text("utf-8").splitlines() if line.strip()]
    return found


def memories() -> dict[str, list[KnownMemory]]:
    """Notes by language, each with an id, a key and a date."""
    draw = random.Random(1)
    pool: dict[str, list[KnownMemory]] = {}
    for language, names in SETS.items():
        notes = [
            note for name in names for store in rows(HERE / "pairs" / name / "stores.jsonl") for note in store["notes"]
        ]
        pool[language] = []
        for note in notes:
            words = re.findall(r"[^\W\d_]{3,}", note["content"])
            key = "-".join(word.lower() for word in words[:2]) or "note"
            day = f"2026-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}"
            id = "m_" + "".join(draw.choice(_ALPHABET) for _ in range(10))
            pool[language].append(KnownMemory(id, note["content"].strip(), (key, day)))
    return pool


def fill(sentence: str, held: Sequence[KnownMemory], shown: Sequence[str], draw: random.Random, *, zh: bool) -> str:
    """A sentence with memories, words of them, numbers and dates in its places."""
    of, numbers = iter(zip(held, shown, strict=True)), iter(range(1, 99))
    first = held[0]

    def place(match: re.Match[str]) -> str:
        what = match[1]
        if what == "m":
            return next(of)[1]
        if what == "w":
            words = re.findall(r"[\u4e00-\u9fff]{2}" if zh else r"[^\W\d_]{4,}", first.content) or ["it"]
            return draw.choice(words)
        if what in "kd":
            return first.about["kd".index(what)]
        if what == "t":
            return f"2026-0{draw.randint(1, 9)}-{draw.randint(10, 28)}T{draw.randint(10, 23)}:{draw.randint(10, 59)}:05"
        return {"n": str(len(held)), "s": f"{draw.random():.2f}", "o": str(next(numbers))}[what]

    return re.sub(r"\{([mwkdnsot])\}", place, sentence)


def dressed(memory: KnownMemory, draw: random.Random, style: int) -> str:
    """A memory's text as it comes back: as it is, in quotes, in bold, with its id and date, in small letters."""
    text = memory.content
    forms = (
        text,
        text.rstrip(".。"),
        f'"{text}"',
        f"**{text}**",
        f"[{memory.id}, {memory.about[1]}] {text}",
        text.lower(),
        f"{memory.id}  {memory.about[1]}  [{memory.about[0]}] {draw.random():.2f}  {text}",
        f"\n- {text}",
        f"「{text}」",
    )
    return forms[style % len(forms)]


def changed(text: str, draw: random.Random, other: str) -> str:
    """A memory's text with one word or number of another in it."""
    parts = re.findall(r"\d+|[\u4e00-\u9fff]|[^\W\d_\u4e00-\u9fff]+|\W+|_", text)
    theirs = [each for each in re.findall(r"\d+|[\u4e00-\u9fff]|[^\W\d_\u4e00-\u9fff]+", other) if each not in text]
    at = draw.choice([i for i, part in enumerate(parts) if part.strip() and part[0].isalnum()] or [0])
    parts[at] = draw.choice(theirs or ["nine"]) if not parts[at].isdigit() else str(int(parts[at]) + draw.randint(1, 9))
    return "".join(parts)


def made(seed: int = 0) -> list[Told]:
    """Echoes and news of all sentences."""
    draw = random.Random(seed)
    pool = memories()
    told = []
    for number, (language, sentence, presents) in enumerate(sentences()):
        for time in range(TIMES):
            count = max(sentence.count("{m}"), 1)
            held = draw.sample(pool[language], count + 3)
            inside, extra = held[:count], held[count]
            shown = [dressed(memory, draw, time if draw.random() < 0.8 else time + 3) for memory in inside]
            text = fill(sentence, inside, shown, draw, zh=language == "zh")
            known = [*inside, *held[count + 1 :]]
            told.append(Told(text, known, presents, number))
            if presents:
                told.append(Told(f"{text} {extra.content}", known, False, number))
                told.append(Told(f"{extra.content}\n{text}", known, False, number))
            if presents and count > 1:
                at = draw.randrange(count)
                news = [
                    changed(inside[at].content, draw, extra.content) if i == at else each
                    for i, each in enumerate(shown)
                ]
                text = fill(sentence, inside, news, draw, zh=language == "zh")
                told.append(Told(text, known, inside[at].content.casefold() in text.casefold(), number))
    return told


def looked_at(told: Sequence[Told]) -> list[Leftover | bool]:
    """What is left of each; True where that is nothing, False where no memory stands in it."""
    found: list[Leftover | bool] = []
    for each in told:
        watching = Watching()
        echo = echo_in(each.text, each.known, watching)
        found.append(watching.seen if watching.seen is not None else echo is not None)
    return found


class Sparse(NamedTuple):
    """A matrix of few cells that are not zero."""

    row: np.ndarray
    column: np.ndarray
    value: np.ndarray
    rows: int
    columns: int

    def times(self, w: np.ndarray) -> np.ndarray:
        """X w."""
        return np.bincount(self.row, weights=self.value * w[self.column], minlength=self.rows)

    def back(self, r: np.ndarray) -> np.ndarray:
        """X^T r."""
        return np.bincount(self.column, weights=self.value * r[self.row], minlength=self.columns)


def learn(left: Sequence[Leftover], labels: Sequence[bool], groups: Sequence[int]) -> Framing:
    """Weights by logistic regression; words of fewer than `LEAST_SENTENCES` sentences are unknown ones."""
    seen: Counter[str] = Counter()
    for word, _ in {(w, g) for each, g in zip(left, groups, strict=True) for w in framing.units(each.spans)}:
        seen[word] += 1
    special = {
        framing.UNKNOWN,
        framing.TOLD,
        framing.NUMBER,
        framing.SHARE,
        framing.ORDINAL,
        framing.STAMP,
        framing.PAIR,
    }
    words = {word for word, count in seen.items() if count >= LEAST_SENTENCES and not word[0].isdigit()} | special
    counted = [features(each, words) for each in left]
    names = sorted({name for each in counted for name in each})
    place = {name: i for i, name in enumerate(names)}
    cells = [(i, place[name], value) for i, each in enumerate(counted) for name, value in each.items()]
    row, column, value = (np.array(each) for each in zip(*cells, strict=True))
    x = Sparse(row.astype(int), column.astype(int), value, len(left), len(names))
    y = np.array(labels, dtype=np.float32)
    cost = np.where(y > 0, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    free = np.array([name == "bias" or name.startswith("*") for name in names])
    weights = descend(x, y, cost, free)
    return Framing({name: round(float(w), 3) for name, w in zip(names, weights, strict=True) if abs(w) >= 0.02}, 0.0)


def descend(x: Sparse, y: np.ndarray, cost: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Logistic regression with a square penalty, by Adam; what is `free` is not held down."""
    w, m, v = (np.zeros(x.columns) for _ in range(3))
    for step in range(1, STEPS + 1):
        p = 1 / (1 + np.exp(-np.clip(x.times(w), -30, 30)))
        gradient = x.back(cost * (p - y)) / len(y) + DECAY * np.where(free, 0, w)
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        w -= 0.05 * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
    return w


def about(figures: dict[str, float]) -> dict[str, object]:
    """How the weights came about."""
    files = [
        *sorted((HERE / "echoes").glob("*.txt")),
        *(HERE / "pairs" / n / "stores.jsonl" for s in SETS.values() for n in s),
    ]
    return {
        "command": "python -m bench.fit_echo --write",
        "date": datetime.now(timezone.utc).date().isoformat(),
        "data": {file.relative_to(HERE).as_posix(): sha256_of(file) for file in files},
        "figures": figures,
    }


def main() -> None:
    """Fit, say how well it does on sentences held out, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true", help="replace the shipped weights")
    arguments = parser.parse_args()
    told = made()
    left = looked_at(told)
    plain_new = [t for t, seen in zip(told, left, strict=True) if seen is True and not t.echo]
    lost = [t for t, seen in zip(told, left, strict=True) if seen is False and t.echo]
    rest = [(seen, t) for t, seen in zip(told, left, strict=True) if isinstance(seen, Leftover)]
    order = sorted({t.sentence for _, t in rest})
    random.Random(7).shuffle(order)
    fold = {sentence: i % FOLDS for i, sentence in enumerate(order)}
    scores: list[tuple[float, Told]] = []
    for held in range(FOLDS):
        train = [(seen, t) for seen, t in rest if fold[t.sentence] != held]
        learned = learn([s for s, _ in train], [t.echo for _, t in train], [t.sentence for _, t in train])
        scores += [(learned.score(seen), t) for seen, t in rest if fold[t.sentence] == held]
    new = sorted((score for score, t in scores if not t.echo), reverse=True)
    refused = int(MOST_REFUSED * sum(not t.echo for t in told)) - len(plain_new)
    least = new[max(refused, 0)] + 0.01
    caught = sum(score >= least for score, t in scores if t.echo) + sum(
        seen is True and t.echo for t, seen in zip(told, left, strict=True)
    )
    figures = {
        "texts": len(told),
        "echoes": sum(t.echo for t in told),
        "caught": round(caught / sum(t.echo for t in told), 4),
        "refused": round((sum(score >= least for score in new) + len(plain_new)) / sum(not t.echo for t in told), 4),
        "without a whole memory": len(lost),
    }
    print(json.dumps(figures), "least", round(least, 2))
    final = learn([s for s, _ in rest], [t.echo for _, t in rest], [t.sentence for _, t in rest])
    if arguments.write:
        content = {
            "format": framing.FORMAT,
            "version": framing.VERSION,
            "about": about(figures),
            "parameters": {"least": round(least, 3), "weights": final.weights},
        }
        replace_text(framing.SHIPPED, json.dumps(content, ensure_ascii=False, indent=0) + "\n", mode=0o644)


if __name__ == "__main__":
    main()
