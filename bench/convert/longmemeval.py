"""LongMemEval (xiaowu0162/LongMemEval, longmemeval_s.json and the like): sessions with an assistant as memories.

Written from the format that the publisher documents (README.md, "Dataset Format"); not checked against a real file.
Questions whose answer is that nothing is known (`_abs`) have no evidence and are left out.
"""

from __future__ import annotations

import re
from pathlib import Path

from bench.convert.form import ConvertedSet, answerable, files_of, iso_time, memory_line, question_line, read_json


def convert(upstream: Path) -> ConvertedSet:
    """Every question is a conversation of its own: its haystack, a session a memory."""
    memories, questions = [], []
    for asked in (asked for file in files_of(upstream, "longmemeval_*.json") for asked in read_json(file)):
        conv = asked["question_id"]
        if conv.endswith("_abs"):
            continue
        sessions = zip(asked["haystack_session_ids"], asked["haystack_dates"], asked["haystack_sessions"], strict=True)
        in_time = sorted(((session_time(told), id, turns) for id, told, turns in sessions), key=lambda each: each[0])
        for number, (when, id, turns) in enumerate(in_time):
            text = "\n".join(f"{turn['role']}: {turn['content']}" for turn in turns)
            memories.append(memory_line(id, conv, text, speaker="both", session=number, time=when))
        answer, gold = asked["answer"], asked["answer_session_ids"]
        questions.append(question_line(conv, conv, asked["question"], gold, asked["question_type"], answer))
    return answerable(memories, questions)


def session_time(told: str) -> str:
    """2023/05/20 (Sat) 06:13 as ISO 8601."""
    return iso_time(re.sub(r"\s*\(\w+\)\s*", " ", told), "%Y/%m/%d %H:%M")
