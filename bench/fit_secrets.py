"""Learn which characters of a text are a secret (`privacy.secret_tagger`).

Learned from bench/secrets (texts by several writers) and from ordinary talk that holds none. Figures are of writers
held back and of the half of the talk that nothing is learned from; then all writers are learned from. The chances that
decide are chosen by the half of the ordinary notes that nothing was learned from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from bench.data_roles import WRITTEN_PAIRS, FoundData, described_file
from bench.dataset import rows
from bench.fit_job import FitJob, FitStep, LearnedNumbers
from bench.provenance import save_with_provenance
from bench.reader_data import scripted_talk
from bench.readings import kept_readings
from bench.secret_net import SEEDS, Example, train
from ntm_memory.embedding.e5 import E5Embedder
from ntm_memory.persistence.quantised import dequantised, quantised
from ntm_memory.privacy.secret_tagger import (
    KINDS,
    LIKELY,
    Limits,
    PieceStates,
    character_codes,
    character_features,
    decode,
    networks,
    sureness,
)
from ntm_memory.privacy.secrets import known_secrets, labelled, meets, supposed_secrets

ROLE = "talk"
Members = Sequence[dict[str, np.ndarray]]
"""Weights of several networks, by name."""
SETS = Path(__file__).with_name("secrets")
IN_NOTES = SETS / "told_in_notes.jsonl"
"""Notes that tell a secret, found among those that count as ordinary; `secret` is null where there are several."""
HELD = ("writer_a", "writer_d", "writer_j", "writer_p", "writer_s")
"""Writers that are not learned from at first, for the figures; the last two tell ordinary answers and notes alone."""
TURNS, TURN = 2000, 300
"""Turns of each set of ordinary talk at most, and characters of one."""
LONGEST = 1200
"""Characters of a text that are learned from."""
EPOCHS = 8
TOUCHED, NUMBERS_TOUCHED, WORDS_TOUCHED = 0.0035, 0.003, 0.0
"""Shares of ordinary notes that may lose letters with digits or signs, and digits alone, and of notes, talk and prose
that may lose words: by them the least chances are chosen, on texts not learned from."""
WORDS_ODDS = 4.0
"""How many times the odds of the surest of those words a word must have: few tell how sure that of many would be."""
DOUBTFUL = 0.015
"""Share of the notes that may be left out of or told of as what may hold one."""
NOTES = {folder.name for folder in WRITTEN_PAIRS}
"""Data sets of short notes: what is told to the memory is more like them than like talk."""
COVERED = 0.9
"""Share of a secret's characters that must be found."""
CALLED = {  # what the writers call a kind → ours, the first that fits
    "one-time-code": r"otp|totp|2fa|mfa|one.?time|verif|recovery|backup|验证|恢复|tan\b",
    "phrase": r"seed|mnemonic|phrase|助记|answer|question",
    "card": r"card|cvv|cvc|卡",
    "account": r"iban|account|routing|bank|账",
    "pin": r"pin|door|gate|lock|code|combination|alarm|safe|门|锁",
    "password": r"passw|pwd|wifi|wi-fi|login|credential|密码|口令|psk",
    "key": r"key|token|secret|api|webhook|cookie|url|string|hash|jwt|bearer|auth|licen[cs]e|密钥",
}


def kind_of(called: str) -> int:
    """The number of the kind that a writer means."""
    name = next((kind for kind, words in CALLED.items() if re.search(words, called.lower())), "secret")
    return KINDS.index(name)


def read_examples(embedder: E5Embedder, lines: Sequence[Mapping[str, Any]], home: Path) -> list[Example]:
    """Lines of {"text", "secret", "kind"} as examples; in `home` is kept how they were read."""
    texts = [line["text"][:LONGEST] for line in lines]
    read = kept_readings(embedder.read_memories, [embedder.revision], texts, home)
    made = []
    for line, text, (states, places) in zip(lines, texts, read, strict=True):
        at = text.find(line["secret"]) if line.get("secret") else -1
        span = None if at < 0 else (at, at + len(line["secret"]))
        known = [[(start, end) for _, start, end in find(text)] for find in (known_secrets, supposed_secrets)]
        made.append(Example(text, span, kind_of(line.get("kind") or ""), known, states, places))
    return made


def turns_of(data: FoundData) -> list[dict]:
    """Ordinary turns, notes or prose of a data set, each once; notes that tell a secret, or seem to, are left out."""
    if data.path.is_file():
        texts = [text for asked in scripted_talk(data.path) for text in asked.pool.texts]
    elif (stores := data.path / "stores.jsonl").exists():
        texts = [note["content"] for store in rows(stores) for note in store["notes"]]
        telling = {line["text"] for line in rows(IN_NOTES)}
        texts = [t for t in texts if t not in telling and not known_secrets(t) and not supposed_secrets(t)]
    else:
        texts = [memory["text"] for memory in rows(data.path / "memories.jsonl")]
    return [{"text": text[:TURN]} for text in list(dict.fromkeys(texts))[:TURNS]]


def chances_of(members: Members, example: Example) -> np.ndarray:
    """(L,) chance of each character."""
    read = PieceStates(example.states.astype(np.float32), example.places)
    codes, features = character_codes(example.text), character_features(example.text, example.known)
    return networks(members, codes, features, read)[0]


def parts_of(example: Example, chances: np.ndarray) -> list[tuple[int, int, float]]:
    """All that is at all likely to be a secret: (start, end, chance)."""
    return [(start, end, sureness(chances[start:end])) for start, end in decode(example.text, chances, LIKELY)]


def taken_of(example: Example, chances: np.ndarray, limits: Limits) -> list[tuple[int, int]]:
    """What the networks take for a secret."""
    parts = parts_of(example, chances)
    labels = labelled(example.text) if parts else []
    return [
        (start, end)
        for start, end, chance in parts
        if chance > limits.least_of(example.text[start:end], labelled=meets(labels, start, end))
    ]


def is_found(example: Example, chances: np.ndarray, limits: Limits) -> bool:
    """Whether nearly all of a secret is found."""
    taken = np.zeros(len(example.text), dtype=bool)
    for start, end in (*example.known[0], *taken_of(example, chances, limits)):
        taken[start:end] = True
    assert example.span is not None
    return bool(taken[slice(*example.span)].mean() >= COVERED)


def is_touched(example: Example, chances: np.ndarray, limits: Limits) -> bool:
    """Whether anything is taken for a secret."""
    return bool(example.known[0]) or bool(taken_of(example, chances, limits))


def shares(members: Members, examples: Sequence[Example], limits: Limits) -> dict[str, float]:
    """Shares of the secrets found, and of the texts without one that are touched."""
    said = [(each, chances_of(members, each)) for each in examples]
    found = [is_found(each, chances, limits) for each, chances in said if each.span]
    touched = [is_touched(each, chances, limits) for each, chances in said if not each.span]
    named = {"secrets found": found, "others touched": touched}
    return {name: round(float(np.mean(each)), 3) for name, each in named.items() if each}


def learn_secrets(job: FitJob) -> LearnedNumbers:
    """Trainings with all writers, and without those held back, for the figures of them."""
    embedder = E5Embedder()
    files = sorted(SETS.glob("writer_*.jsonl"))
    told = {file.stem: read_examples(embedder, rows(file), job.home) for file in files}
    told[IN_NOTES.stem] = read_examples(embedder, [line for line in rows(IN_NOTES) if line["secret"]], job.home)
    talk = {each.name: read_examples(embedder, turns_of(each), job.home) for each in job.with_role(ROLE)}
    half = {name: turns[::2] for name, turns in talk.items()}
    notes, turns = ([each for name in half if (name in NOTES) == kept for each in half[name]] for kept in (True, False))
    left_out = {name: turns[1::2] for name, turns in talk.items()}
    epochs = job.steps or EPOCHS
    print(
        f"{sum(map(len, told.values()))} texts of {len(told)} files, {len(notes)} notes, {len(turns)} turns", flush=True
    )
    fewer = [each for name, texts in told.items() if name not in HELD for each in texts]
    everyone = [each for texts in told.values() for each in texts]
    without, members = (
        dequantised(each) for each in trained_at_once([[*fewer, *notes], [*everyone, *notes]], turns, epochs)
    )
    limits = chosen_limits(members, *notes_and_talk(left_out))
    figures = {name: shares(without, told[name], limits) for name in HELD}
    figures |= touched_shares(members, left_out, limits)
    print(limits, figures, flush=True)
    kept = quantised(members) | {name: np.float32(limit) for name, limit in limits._asdict().items()}
    made = [described_file(file, len(rows(file))) for file in (*files, IN_NOTES)]
    return LearnedNumbers(lambda file, about: save_with_provenance(file, about, kept), figures, made=made)


def touched_shares(
    members: Members, left_out: Mapping[str, Sequence[Example]], limits: Limits
) -> dict[str, dict[str, float]]:
    """Of each set of ordinary texts the share that loses something."""
    figures = {}
    for name, turns in left_out.items():
        touched = np.mean([is_touched(each, chances_of(members, each), limits) for each in turns])
        figures[f"{name}, left out"] = {"turns touched": round(float(touched), 4)}
    return figures


def trained_at_once(
    told: Sequence[Sequence[Example]], talk: Sequence[Example], epochs: int
) -> list[dict[str, np.ndarray]]:
    """Networks learned from each of several sets of texts, as they are kept; all trainings at the same time."""
    with ProcessPoolExecutor(len(told) * len(SEEDS)) as pool:
        running = [[pool.submit(train, each, talk, epochs, seed) for seed in SEEDS] for each in told]
        return [quantised([one.result() for one in members]) for members in running]


def chosen_limits(members: Members, notes: Sequence[Example], talk: Sequence[Example] = ()) -> Limits:
    """The chances that so few of these ordinary notes reach as may be touched, and as may be told of."""
    surest: dict[str, list[float]] = {name: [] for name in Limits._fields}
    for at, each in enumerate([*notes, *talk]):
        parts = [
            (kind_of_part(each, start, end), chance) for start, end, chance in parts_of(each, chances_of(members, each))
        ]
        for name, reached in surest.items() if at < len(notes) else [("words", surest["words"])]:
            of_kind = (chance for kind, chance in parts if name in (kind, "doubtful"))
            reached.append(max(of_kind, default=0.0))
    may = {"least": TOUCHED, "numbers": NUMBERS_TOUCHED, "words": WORDS_TOUCHED, "doubtful": DOUBTFUL}
    chosen = {name: float(np.quantile(surest[name], 1 - share)) for name, share in may.items()}
    odds = WORDS_ODDS * chosen["words"] / max(1 - chosen["words"], 1e-9)
    chosen["words"] = odds / (1 + odds)
    return Limits(**(chosen | {"doubtful": min(chosen.values())}))


def notes_and_talk(left_out: Mapping[str, Sequence[Example]]) -> tuple[list[Example], list[Example]]:
    """Data sets of notes, and all others."""
    notes = [each for name, texts in left_out.items() if name in NOTES for each in texts]
    return notes, [each for name, texts in left_out.items() if name not in NOTES for each in texts]


def kind_of_part(example: Example, start: int, end: int) -> str:
    """Which of the limits decides about a part of a text."""
    names = Limits(*range(len(Limits._fields)))
    return Limits._fields[
        int(names.least_of(example.text[start:end], labelled=meets(labelled(example.text), start, end)))
    ]


STEP = FitStep("which characters of a text are a secret", (ROLE,), (), learn_secrets, ("torch",))
