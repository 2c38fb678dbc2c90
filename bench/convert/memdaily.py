"""MemDaily (nuster1128/MemSim, data_generation/final_dataset/messages_and_QAs/): Chinese daily notes of one person.

Checked by eye against an excerpt of a real file; for it the result is that of a conversion that others had made. The
whole files were not run through this. Every trajectory is a conversation.
"""

from __future__ import annotations

from pathlib import Path

from bench.convert.form import ConvertedSet, answerable, files_of, memory_line, question_line, read_json

USER = "用户"


def convert(upstream: Path) -> ConvertedSet:
    """A folder of NN_KIND_SUBJECT.json, or one of them."""
    memories, questions = [], []
    for file in files_of(upstream, "*.json"):
        category = "_".join(file.stem.split("_")[1:-1])
        for trajectory in read_json(file):
            conv = f"{file.stem}-{trajectory['tid']}"
            for message in trajectory["message_list"]:
                when = {"session": message["time"].split()[0], "time": message["time"]}
                place = {"place": message["place"]}
                memories.append(memory_line(message["mid"], conv, message["message"], speaker=USER, **when, **place))
            for asked in trajectory["question_list"]:
                qid, gold, answer = f"{conv}-{asked['qid']}", asked["target_step_id"], asked["answer"]
                line = question_line(qid, conv, asked["question"], gold, category, answer, time=asked["time"])
                questions.append(line)
    return answerable(memories, questions)
