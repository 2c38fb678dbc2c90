"""MemoryBank (zhongwanjun/MemoryBank-SiliconFriend, eval_data/en/memory_bank_en.json): chats of users with an AI.

Checked by eye against an excerpt of the real English file; not run on a whole file. Its own questions name no evidence,
so what is asked here is what came right after each turn, as the scripted probes of the same chats do.
"""

from __future__ import annotations

import itertools
from pathlib import Path

from bench.convert.form import ConvertedSet, answerable, files_of, memory_line, question_line, read_json
from ntm_memory.text.writing_systems import is_cjk


def convert(upstream: Path) -> ConvertedSet:
    """memory_bank_en.json or memory_bank_cn.json; a user is a conversation, a day a session."""
    memories, questions = [], []
    for file in files_of(upstream, "memory_bank_*.json"):
        for name, user in read_json(file).items():
            for day, talk in user["history"].items():
                told = day_of_talk(name, day, talk)
                memories += told
                questions += [asked_after(one, other) for one, other in itertools.pairwise(told)]
    return answerable(memories, questions)


def day_of_talk(name: str, day: str, talk: list[dict]) -> list[dict]:
    """What the user said and what the AI answered, in turn."""
    told = []
    for number, turn in enumerate(talk):
        for who, part, mark in ((name, "query", "q"), ("AI", "response", "a")):
            id = f"{name}/{day}.{number}{mark}"
            told.append(memory_line(id, name, turn[part], speaker=who, session=day, time=day))
    return told


def asked_after(one: dict, other: dict) -> dict:
    """The question what came right after a turn."""
    quoted = f"{one['speaker']}: {one['text']}"
    query = f"“{quoted}”之后紧接着发生了什么？" if is_cjk(quoted) else f'What came right after "{quoted}"?'
    return question_line(f"{one['id']}+1", one["conv"], query, [other["id"]], "offset+1", other["text"])
