"""What the pair reader learns from: questions with a pool of memories that answer or do not; pairs of statements."""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bench.dataset import rows
from ntm_memory.reader.relations import RELATIONS

LABELS = {name: place for place, name in enumerate(RELATIONS)}
"""What a newer statement is to an older one."""
HERE = Path(__file__).parent
LIKEST_DRAWN = 14
TOLD, TOLD_OF_TALK = 0.3, 0.6
"""How often what stood before a memory is read with it."""


@dataclass(frozen=True, eq=False)
class MemoryPool:
    """Memories among which one question's answers are; `before` is each one's date or the line that stood before it."""

    texts: Sequence[str]
    before: Sequence[str]


@dataclass
class Asked:
    """A question, which memories of its pool answer it (none: nothing does), near misses, and the likest others."""

    source: str
    text: str
    pool: MemoryPool
    gold: Sequence[int]
    near: Sequence[int] = ()
    likest: Sequence[int] = field(default=(), compare=False)


class StatementPair(NamedTuple):
    """An older and a newer statement; `label` None: all that is known is that nothing is revised."""

    older: str
    newer: str
    label: int | None


class Candidates(NamedTuple):
    """A question and a few memories, of which `answer` (or none) answers it."""

    source: str
    question: str
    memories: Sequence[tuple[str, str]]  # (text, before)
    answer: int | None


def plain_pool(texts: Sequence[str]) -> MemoryPool:
    """Memories of which nothing else is known."""
    return MemoryPool(texts, [""] * len(texts))


def conversations(folder: Path, name: str) -> Iterator[Asked]:
    """The questions of a data set (memories.jsonl, queries.jsonl), each among the memories of its conversation."""
    told = defaultdict(list)
    for memory in rows(folder / "memories.jsonl"):
        told[memory["conv"]].append(memory)
    pools, places = {}, {}
    for conversation, memories in told.items():
        spoken = [f"{each['speaker']}: {each['text']}" if each["speaker"] else each["text"] for each in memories]
        pools[conversation] = plain_pool(spoken)
        places[conversation] = {memory["id"]: i for i, memory in enumerate(memories)}
    for question in rows(folder / "queries.jsonl"):
        place = places[question["conv"]]
        gold = [place[id] for id in question["gold"] if id in place]
        if gold:
            yield Asked(name, question["query"], pools[question["conv"]], gold)


def passages_in_sentences(file: Path, name: str) -> list[Asked]:
    """XQuAD: each question among the sentences of its article."""
    asked = []
    for article in json.loads(file.read_text(encoding="utf-8"))["data"]:
        sentences: list[str] = []
        found = []
        for paragraph in article["paragraphs"]:
            at = 0
            spans = []
            for sentence in re.split(r"(?<=[.!?])\s+|(?<=[。！？])", paragraph["context"]):
                if sentence.strip():
                    start = paragraph["context"].find(sentence, at)
                    at = start + len(sentence)
                    spans.append((start, at, len(sentences)))
                    sentences.append(sentence)
            for question in paragraph["qas"]:
                start = question["answers"][0]["answer_start"]
                found.append((question["question"], [i for low, high, i in spans if low <= start < high]))
        pool = plain_pool(sentences)
        asked += [Asked(name, text, pool, gold) for text, gold in found]
    return asked


def crossed_passages(english: Path, chinese: Path) -> Iterator[Asked]:
    """XQuAD in both languages and across them."""
    pair = passages_in_sentences(english, "xquad_en"), passages_in_sentences(chinese, "xquad_zh")
    for number, (one, other) in enumerate(zip(*pair, strict=True)):
        asked = (one, other) if number % 2 else (other, one)
        yield asked[0]
        yield Asked("xquad_crossed", asked[0].text, asked[1].pool, asked[1].gold)


def scripted_talk(file: Path) -> Iterator[Asked]:
    """FriendsQA: each question among the utterances of its scene, the line before beside each."""
    for scene in json.loads(file.read_text(encoding="utf-8"))["data"]:
        for paragraph in scene["paragraphs"]:
            lines = paragraph.get("utterances:") or paragraph["utterances"]
            spoken = [f"{line['speakers'][0] if line.get('speakers') else ''}: {line['utterance']}" for line in lines]
            pool = MemoryPool(spoken, ["", *spoken[:-1]])
            places = {line["uid"]: i for i, line in enumerate(lines)}
            for question in paragraph["qas"]:
                gold = sorted({places[a["utterance_id"]] for a in question["answers"] if a["utterance_id"] in places})
                if gold and len(lines) > 6:
                    yield Asked("friendsqa", question["question"], pool, gold)


def own_notes(file: Path = HERE / "notes.jsonl") -> Iterator[Asked]:
    """bench/notes.jsonl: each note's questions among the notes of its store."""
    stores = defaultdict(list)
    for note in rows(file):
        stores[note["conv"]].append(note)
    for notes in stores.values():
        pool = plain_pool([note["text"] for note in notes])
        for place, note in enumerate(notes):
            yield from (Asked("notes", question, pool, [place]) for question in note["ask"])


def written_answers(folder: Path) -> Iterator[Asked]:
    """bench/pairs/*/answers.jsonl: each question among all notes of its writer."""
    return _with_near_misses(
        "answers", [(line["q"], line["yes"], line["no"]) for line in rows(folder / "answers.jsonl")]
    )


def written_prompts(folder: Path) -> Iterator[Asked]:
    """bench/pairs/*/prompts.jsonl: each prompt among all notes of its writer, of which some matter to it, or none."""
    lines = rows(folder / "prompts.jsonl")
    return _with_near_misses("prompts", [(line["prompt"], line["matters"], line["not"]) for line in lines])


def _with_near_misses(source: str, lines: Sequence[tuple[str, list[str], list[str]]]) -> Iterator[Asked]:
    """(text, notes that answer, notes that do not), each among all notes."""
    pool = plain_pool(list(dict.fromkeys(note for _, yes, no in lines for note in (*yes, *no))))
    place = {text: i for i, text in enumerate(pool.texts)}
    for text, yes, no in lines:
        yield Asked(source, text, pool, [place[note] for note in yes], [place[note] for note in no])


def written_details(folder: Path) -> Iterator[Asked]:
    """bench/pairs/*/details.jsonl: what a note answers, and what it does not though it is about just that."""
    lines = rows(folder / "details.jsonl")
    pool = plain_pool(list(dict.fromkeys(note for line in lines for note in (line["note"], *line["also"]))))
    place = {text: i for i, text in enumerate(pool.texts)}
    for line in lines:
        note, also = place[line["note"]], [place[text] for text in line["also"]]
        yield from (Asked("details answered", question, pool, [note], also) for question in line["answered"])
        for kind in ("missing", "other"):
            yield from (Asked(f"details {kind}", question, pool, [], [note]) for question in line[kind])


def written_store(store: dict) -> Iterator[Asked]:
    """bench/pairs/*/stores.jsonl: each question and prompt of one store among its notes."""
    notes = store["notes"]
    place = {note["id"]: i for i, note in enumerate(notes)}
    pool = MemoryPool([note["content"] for note in notes], [note["when"] or "" for note in notes])
    for each in (*store["questions"], *store["prompts"]):
        text, kind = each.get("query") or each["prompt"], each.get("kind", "prompt")
        yield Asked(f"stores {kind}", text, pool, [place[id] for id in each["gold"]])


def statement_pairs(lines: Sequence[dict]) -> list[StatementPair]:
    """{old, new, label} as the reader learns it."""
    return [StatementPair(line["old"], line["new"], LABELS[line["label"]]) for line in lines]


def exchange_name(asked: Asked, rng: random.Random, count: int = 6) -> Candidates | None:
    """The question with a name exchanged for another of the pool: what answered it answers it no more.

    Names are capitalised words inside a sentence that an answer holds, too; None where the question has none. The other
    memories are any, of which hardly one answers.
    """
    if not asked.gold:
        return None
    answer = rng.choice(asked.gold)
    text = asked.pool.texts[answer]
    own = [name for name in names_inside(asked.text) if name in text]
    others = [name for name in pool_names(asked.pool) if name not in text and name not in asked.text]
    if not own or not others:
        return None
    question = asked.text.replace(rng.choice(own), rng.choice(others))
    free = [i for i in range(len(asked.pool.texts)) if i not in asked.gold]
    chosen = [answer, *rng.sample(free, min(count - 1, len(free)))]
    return Candidates(asked.source, question, [(asked.pool.texts[i], "") for i in chosen], None)


def names_inside(text: str) -> list[str]:
    """Capitalised words that do not begin a sentence."""
    return re.findall(r"(?<=[a-z,;:] )[A-Z][a-zà-ÿ]+\b", text)


@cache
def pool_names(pool: MemoryPool) -> list[str]:
    """The names of a pool's texts, each once."""
    return list(dict.fromkeys(name for text in pool.texts for name in names_inside(text)))


def draw_candidates(asked: Asked, rng: random.Random, count: int = 6) -> Candidates:
    """An answer (where there is one) first, near misses, the likest of the others, and any."""
    taken = set(asked.gold)
    chosen = [rng.choice(asked.gold)] if asked.gold else []

    def add(places: Iterable[int], most: int) -> None:
        free = [i for i in places if i not in taken and i not in chosen]
        chosen.extend(rng.sample(free, min(max(most, 0), len(free))))

    add(asked.near, 2 if rng.random() < 0.5 else 1)
    likest = [i for i in asked.likest if i not in taken and i not in chosen][:LIKEST_DRAWN]
    add(likest, count - len(chosen) - (1 if asked.gold else 0))
    if len(chosen) < count:
        add(range(len(asked.pool.texts)), count - len(chosen))
    told = rng.random() < (TOLD_OF_TALK if asked.source == "friendsqa" else TOLD)
    memories = [(asked.pool.texts[i], asked.pool.before[i] if told else "") for i in chosen]
    return Candidates(asked.source, asked.text, memories, 0 if asked.gold else None)
