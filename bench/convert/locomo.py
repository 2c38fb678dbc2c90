"""LoCoMo (snap-research/LoCoMo, data/locomo10.json): talks of two over many sessions.

Checked by eye against excerpts of the real file (questions, sessions, turns with images); for these, ids, texts and
evidence are those of a conversion that others had made. The whole file was not run through this.
"""

from __future__ import annotations

from pathlib import Path

from bench.convert.form import (
    TURN,
    ConvertedSet,
    answerable,
    files_of,
    memory_line,
    question_line,
    read_json,
    sessions_of,
)

CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}


def convert(upstream: Path) -> ConvertedSet:
    """locomo10.json; a turn that shares an image says what the caption says of it."""
    memories, questions = [], []
    for sample in (sample for file in files_of(upstream, "locomo10.json") for sample in read_json(file)):
        conv, talk = sample["sample_id"], sample["conversation"]
        for session, turns in sessions_of(talk):
            when = talk[f"session_{session}_date_time"]
            for turn in turns:
                caption = f" [shares an image: {turn['blip_caption']}]" if turn.get("blip_caption") else ""
                text, speaker = turn["text"] + caption, turn["speaker"]
                memories.append(memory_line(turn["dia_id"], conv, text, speaker=speaker, session=session, time=when))
        for number, asked in enumerate(sample["qa"]):
            gold = TURN.findall(" ".join(asked["evidence"]))
            answer, category = asked.get("answer", asked.get("adversarial_answer")), CATEGORIES[asked["category"]]
            questions.append(question_line(f"{conv}_q{number}", conv, asked["question"], gold, category, answer))
    return answerable(memories, questions)
