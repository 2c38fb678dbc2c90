"""BEAM (mohammadtavakoli78/BEAM, chats/100K and other sizes): long chats with an assistant.

Checked by eye against excerpts of a real chat.json and probing_questions.json; for these the result is that of a
conversion that others had made. No whole chat was run through this. `abstention` names no evidence and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bench.convert.form import ConvertedSet, answerable, files_of, memory_line, question_line, read_json

MARK = re.compile(r"\s*->->[\s\d,]*$")
ANSWERS = ("answer", "ideal_answer", "ideal_response", "ideal_summary", "expected_compliance")


def convert(upstream: Path) -> ConvertedSet:
    """A folder of numbered chats, such as chats/100K; its name becomes part of the conversations'."""
    memories, questions = [], []
    for file in files_of(upstream, "*/chat.json"):
        chat = file.parent
        conv = f"beam{chat.parent.name.lower()}-{chat.name}"
        memories += list(messages(read_json(file), conv))
        for category, asked in read_json(chat / "probing_questions" / "probing_questions.json").items():
            for number, each in enumerate(asked):
                answer = next((each[name] for name in ANSWERS if name in each), None)
                gold, qid = evidence(each.get("source_chat_ids", [])), f"{conv}_{category}_{number}"
                questions.append(question_line(qid, conv, each["question"], gold, category, answer))
    return answerable(memories, questions)


def messages(batches: list[dict], conv: str) -> Iterator[dict]:
    """Every message; the time of one holds until the next time is told."""
    when = None
    for batch in batches:
        for message in (message for turn in batch["turns"] for message in turn):
            when = message.get("time_anchor") or when
            text, speaker = MARK.sub("", message["content"]), message["role"]
            yield memory_line(message["id"], conv, text, speaker=speaker, session=batch["batch_number"], time=when)


def evidence(told: object) -> list[object]:
    """Ids of messages, which stand in lists, and in lists by what they are."""
    if isinstance(told, dict):
        told = list(told.values())
    return [id for part in told for id in evidence(part)] if isinstance(told, list) else [told]
