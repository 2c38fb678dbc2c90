"""REALTALK (danny911kr/REALTALK, data/Chat_*.json): chats of real people over 21 days.

Written from others' descriptions of the format and loaders of it; not checked against a real file. Images without words
are left out, as nothing of them is text.
"""

from __future__ import annotations

from pathlib import Path

from bench.convert.form import (
    TURN,
    ConvertedSet,
    answerable,
    files_of,
    iso_time,
    memory_line,
    question_line,
    read_json,
    sessions_of,
)

CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "commonsense"}
TIME = "%d.%m.%Y, %H:%M:%S"


def convert(upstream: Path) -> ConvertedSet:
    """A folder of Chat_*.json, or one of them."""
    memories, questions = [], []
    for file in files_of(upstream, "Chat_*.json"):
        chat, conv = read_json(file), file.stem
        for session, turns in sessions_of(chat):
            for turn in turns:
                if turn["clean_text"].strip():
                    where = {"session": session, "time": iso_time(turn["date_time"], TIME).replace("T", " ")}
                    text = turn["clean_text"]
                    memories.append(memory_line(turn["dia_id"], conv, text, speaker=turn["speaker"], **where))
        for number, asked in enumerate(chat["qa"]):
            gold, category = TURN.findall(" ".join(asked["evidence"])), CATEGORIES[asked["category"]]
            line = question_line(f"{conv}_q{number}", conv, asked["question"], gold, category, asked["answer"])
            questions.append(line)
    return answerable(memories, questions)
