"""FriendsQA (emorynlp/FriendsQA, friendsqa_dev.json): questions about scripted talk, with the lines that answer.

Run on the real development file: 136 scenes, 2,847 lines, 1,182 questions.
"""

from __future__ import annotations

from pathlib import Path

from bench.convert.form import ConvertedSet, answerable, files_of, memory_line, question_line, read_json


def convert(upstream: Path) -> ConvertedSet:
    """A scene is a conversation, a line a memory; the kind is the question word, as the id tells."""
    memories, questions = [], []
    for scene in (scene for file in files_of(upstream, "friendsqa_*.json") for scene in read_json(file)["data"]):
        conv = scene["title"]
        for paragraph in scene["paragraphs"]:
            for line in paragraph["utterances:"]:  # the colon is theirs
                speaker = ", ".join(line["speakers"])
                memories.append(memory_line(line["uid"], conv, line["utterance"], speaker=speaker, time=line["uid"]))
            for asked in paragraph["qas"]:
                gold = [answer["utterance_id"] for answer in asked["answers"]]
                kind, answer = asked["id"].split("_")[3], asked["answers"][0]["answer_text"]
                questions.append(question_line(asked["id"], conv, asked["question"], gold, kind, answer))
    return answerable(memories, questions)
