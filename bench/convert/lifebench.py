"""LifeBench (1754955896/LifeBench, life_bench_data/…/data or data_en): a year of one user's phone.

Checked by eye against excerpts of real files (QA_clean.json, sms, note, calendar); for these the result is that of a
conversion that others had made. No whole user was run through this. Only messages, notes and the calendar are kept, and
the questions whose evidence is among these alone ("lite").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from bench.convert.form import ConvertedSet, answerable, files_of, memory_line, question_line, read_json

QUESTIONS = "QA/QA_clean.json"
TELL: Mapping[str, Callable[[dict], tuple[str, str]]] = {
    "sms": lambda each: (each["contactName"], "{message_type} {contactName}: {message_content}".format(**each)),
    "calendar": lambda each: ("calendar", f"{each['title']}：{each['description']} {each['start_time']}"),
    "note": lambda each: ("note", f"{each['title']}：{each['content']}"),
}
"""Kind of record → (speaker, text)."""


def convert(upstream: Path) -> ConvertedSet:
    """A user's folder, or a folder of such folders."""
    memories, questions = [], []
    alone = (upstream / QUESTIONS).is_file()
    for file in files_of(upstream, QUESTIONS if alone else f"*/{QUESTIONS}"):
        user = file.parent.parent
        memories += phone_records(user)
        for number, asked in enumerate(read_json(user / QUESTIONS)):
            evidence = asked.get("evidence", [])
            if evidence and all(each["type"] in TELL for each in evidence):
                gold, qid = [f"{each['type']}:{each['id']}" for each in evidence], f"{user.name}_{number}"
                made = question_line(qid, user.name, asked["question"], gold, asked["question_type"], answer_to(asked))
                questions.append(made | {"ask_time": asked["ask_time"]})
    return answerable(memories, questions)


def phone_records(user: Path) -> list[dict]:
    """Messages, notes and calendar entries in time order."""
    found = []
    for kind, tell in TELL.items():
        for each in read_json(files_of(user / "phone_data", f"{kind}.json")[0]):
            (speaker, text), when = tell(each), each["datetime"]
            where = {"session": when.split()[0], "time": when}
            found.append(memory_line(f"{kind}:{each['phone_id']}", user.name, text, speaker=speaker, **where))
    return sorted(found, key=lambda memory: memory["time"])


def answer_to(asked: dict) -> str:
    """The answer; of a choice also what the letter stands for."""
    for option in asked.get("options", ()):
        if option["option"] == asked["answer"]:
            return f"{option['option']}: {option['content']}"
    return str(asked["answer"])
