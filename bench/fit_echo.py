"""Learn which words only present what was recalled, from sentences around memories (`privacy.framing`).

bench/echoes holds one sentence a line, {m} for a memory: frames.* only present it, additions.* say something besides.
Each is told of memories from bench/pairs in several layouts; besides, every frame is told with one memory changed and
with one that is not stored. The threshold is chosen on sentences held out in turn: of what is new there at most
`MOST_REFUSED` are taken for echoes.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.data_roles import FoundData, described_file
from bench.dataset import rows
from bench.fit_job import FitJob, FitStep, LearnedNumbers
from ntm_memory.persistence.atomic import replace_text
from ntm_memory.privacy import framing
from ntm_memory.privacy.echo import KnownMemory, echo_in
from ntm_memory.privacy.framing import Framing, Leftover, features

ROLE = "echoed"
SENTENCES = Path(__file__).with_name("echoes")
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
    for file in sorted(SENTENCES.glob("*.txt")):
        kind, language, _ = file.name.split(".")
        found += [(language, line, kind == "frames") for line in file.read_text("utf-8").splitlines() if line.strip()]
    return found


def memories(data: Sequence[FoundData]) -> dict[str, list[KnownMemory]]:
    """Notes by language, each with an id, a key and a date."""
    draw = random.Random(1)
    pool: dict[str, list[KnownMemory]] = {}
    for language in ("en", "zh"):
        told = [each for each in data if each.name.startswith("zh") == (language == "zh")]
        notes = [note for each in told for store in rows(each.path / "stores.jsonl") for note in store["notes"]]
        pool[language] = []
        for note in notes:
            words = re.findall(r"[^\W\d_]{3,}", note["content"])
            key = "-".join(word.lower() for word in words[:2]) or "note"
            day = f"2026-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}"
            id = "m_" + "".join(draw.choice(_ALPHABET) for _ in range(10))
            pool[language].append(KnownMemory(id, note["content"].strip(), (key, day)))
    return pool


def fill_in(sentence: str, held: Sequence[KnownMemory], shown: Sequence[str], draw: random.Random, *, zh: bool) -> str:
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


def made(pool: Mapping[str, Sequence[KnownMemory]], seed: int = 0) -> list[Told]:
    """Echoes and news of all sentences in whose language there are notes."""
    draw = random.Random(seed)
    told = []
    for number, (language, sentence, presents) in enumerate(sentences()):
        if not pool[language]:
            continue
        for time in range(TIMES):
            count = max(sentence.count("{m}"), 1)
            held = draw.sample(pool[language], count + 3)
            inside, extra = held[:count], held[count]
            shown = [dressed(memory, draw, time if draw.random() < 0.8 else time + 3) for memory in inside]
            text = fill_in(sentence, inside, shown, draw, zh=language == "zh")
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
                text = fill_in(sentence, inside, news, draw, zh=language == "zh")
                told.append(Told(text, known, inside[at].content.casefold() in text.casefold(), number))
    return told


def looked_for(told: Sequence[Told]) -> list[Leftover | bool]:
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


def learn(given: Sequence[tuple[Leftover, Told]], steps: int) -> Framing:
    """Weights by logistic regression; words of fewer than `LEAST_SENTENCES` sentences are unknown ones."""
    left = [each for each, _ in given]
    labels, groups = [told.echo for _, told in given], [told.sentence for _, told in given]
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
        framing.ASKED,
        framing.ASKED_AFTER,
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
    weights = descend_to_weights(x, y, cost, free, steps)
    return Framing({name: round(float(w), 3) for name, w in zip(names, weights, strict=True) if abs(w) >= 0.02}, 0.0)


def descend_to_weights(x: Sparse, y: np.ndarray, cost: np.ndarray, free: np.ndarray, steps: int) -> np.ndarray:
    """Logistic regression with a square penalty, by Adam; what is `free` is not held down."""
    w, m, v = (np.zeros(x.columns) for _ in range(3))
    for step in range(1, steps + 1):
        p = 1 / (1 + np.exp(-np.clip(x.times(w), -30, 30)))
        gradient = x.back(cost * (p - y)) / len(y) + DECAY * np.where(free, 0, w)
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        w -= 0.05 * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
    return w


def held_out_scores(given: Sequence[tuple[Leftover, Told]], steps: int) -> list[tuple[float, bool]]:
    """(score, whether it is an echo) of each text by weights that never saw its sentence."""
    order = sorted({told.sentence for _, told in given})
    random.Random(7).shuffle(order)
    fold = {sentence: i % FOLDS for i, sentence in enumerate(order)}
    scores: list[tuple[float, bool]] = []
    for held in range(FOLDS):
        learned = learn([each for each in given if fold[each[1].sentence] != held], steps)
        scores += [(learned.score(left), told.echo) for left, told in given if fold[told.sentence] == held]
    return scores


def learn_echoes(job: FitJob) -> LearnedNumbers:
    """Without a quarter of the sentences in turn, for the threshold and the figures; then with all."""
    steps = job.steps or STEPS
    told = made(memories(job.with_role(ROLE)))
    seen = list(zip(looked_for(told), told, strict=True))
    given = [(left, each) for left, each in seen if isinstance(left, Leftover)]
    sure = [each.echo for left, each in seen if left is True]
    scores = held_out_scores(given, steps)
    echoes = sum(each.echo for each in told)
    news = len(told) - echoes
    refused = max(int(MOST_REFUSED * news) - sure.count(False), 0)
    least = round(sorted((score for score, echo in scores if not echo), reverse=True)[refused] + 0.01, 3)
    taken = [echo for score, echo in scores if score >= least] + sure
    figures = {
        "texts": len(told),
        "echoes": echoes,
        "caught": round(taken.count(True) / echoes, 4),
        "refused": round(taken.count(False) / news, 4),
        "without a whole memory": sum(left is False and each.echo for left, each in seen),
    }
    print(json.dumps(figures), "least", least, flush=True)
    weights = learn(given, steps).weights
    made_of = [described_file(file, sentences_in(file)) for file in sorted(SENTENCES.glob("*.txt"))]
    return LearnedNumbers(lambda file, about: save(file, about, least, weights), figures, made=made_of)


def sentences_in(file: Path) -> int:
    """How many sentences a file holds, one a line."""
    return sum(bool(line.strip()) for line in file.read_text("utf-8").splitlines())


def save(file: Path, about: Mapping[str, Any], least: float, weights: Mapping[str, float]) -> None:
    """Write what `privacy.framing.load` reads."""
    parameters = {"least": least, "weights": weights}
    content = {"format": framing.FORMAT, "version": framing.VERSION, "about": about, "parameters": parameters}
    replace_text(file, json.dumps(content, ensure_ascii=False, indent=0) + "\n", mode=0o644)


STEP = FitStep("which words around memories only present them", (ROLE,), (), learn_echoes)
