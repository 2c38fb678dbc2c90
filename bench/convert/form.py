"""The form every data set is converted to, and how upstream's files are read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

TURN = re.compile(r"D\d+:\d+")
"""How LoCoMo and REALTALK name a turn."""


class ConvertedSet(NamedTuple):
    """Memories in time order within each conversation, and the questions whose evidence is among them."""

    memories: list[dict]
    questions: list[dict]


def memory_line(
    id: object, conv: str, text: str, *, speaker: str, session: object = 0, time: object = 0, **more: Any
) -> dict:
    """One line of memories.jsonl."""
    line = {"id": str(id), "conv": conv, "session": session, "time": time, "speaker": speaker, "text": text}
    return line | more


def question_line(
    qid: object, conv: str, query: str, gold: Iterable[object], category: object, answer: object, **more: Any
) -> dict:
    """One line of queries.jsonl; each piece of evidence is named once."""
    ids = list(dict.fromkeys(str(id) for id in gold))
    line = {"qid": str(qid), "conv": conv, "query": query, "gold": ids, "category": category, "answer": answer}
    return line | more


def answerable(memories: Sequence[dict], questions: Iterable[dict]) -> ConvertedSet:
    """What is left of the questions when evidence that no memory holds is struck off, and those without any."""
    known = {(memory["conv"], memory["id"]) for memory in memories}
    kept = []
    for question in questions:
        gold = [id for id in question["gold"] if (question["conv"], id) in known]
        if gold:
            kept.append(question | {"gold": gold})
    return ConvertedSet(list(memories), kept)


def write_set(out: Path, converted: ConvertedSet) -> None:
    """memories.jsonl and queries.jsonl in a folder."""
    out.mkdir(parents=True, exist_ok=True)
    for name, lines in (("memories.jsonl", converted.memories), ("queries.jsonl", converted.questions)):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (out / name).write_text(text, encoding="utf-8")


def read_json(file: Path) -> Any:
    """A JSON file."""
    return json.loads(file.read_text(encoding="utf-8"))


def files_of(upstream: Path, pattern: str) -> list[Path]:
    """The file itself, or those of a folder that are called so, numbers in their names counting as numbers.

    Raises:
        SystemExit: there is none.
    """
    found = [upstream] if upstream.is_file() else sorted(upstream.glob(pattern), key=_numbered)
    if not found:
        raise SystemExit(f"{upstream} holds no {pattern}")
    return found


def iso_time(told: str, form: str) -> str:
    """A time written in `form` (strptime), as ISO 8601 to the second."""
    return datetime.strptime(told.strip(), form).isoformat(timespec="seconds")


def sessions_of(talk: dict) -> Iterator[tuple[int, list[dict]]]:
    """(number, turns) of the keys session_1, session_2, … in order."""
    numbers = [int(key.split("_")[1]) for key in talk if re.fullmatch(r"session_\d+", key)]
    for number in sorted(numbers):
        yield number, talk[f"session_{number}"]


class Pool:
    """Paragraphs of many questions, each once, as memories p0, p1, … of one conversation.

    Args:
        conv: what the conversation is called.
    """

    def __init__(self, conv: str) -> None:
        self.conv = conv
        self.memories: list[dict] = []
        self._ids: dict[str, str] = {}

    def add(self, title: str, text: str) -> str:
        """The id of a paragraph, which is added if it is new."""
        if text not in self._ids:
            number = len(self.memories)
            self._ids[text] = f"p{number}"
            self.memories.append(memory_line(f"p{number}", self.conv, text, speaker=title, time=number))
        return self._ids[text]


def _numbered(file: Path) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", str(file))]
