"""HotpotQA (hotpotqa/hotpot, hotpot_dev_distractor_v1.json): questions that need two of ten paragraphs.

Checked by eye against an excerpt of the real file as another repository keeps it; the whole file was not run through
this. The paragraphs of all questions are one pool.
"""

from __future__ import annotations

from pathlib import Path

from bench.convert.form import ConvertedSet, Pool, answerable, files_of, question_line, read_json


def convert(upstream: Path) -> ConvertedSet:
    """hotpot_*.json."""
    return supported_pool(upstream, "hotpot_*.json", "hotpot")


def supported_pool(upstream: Path, pattern: str, conv: str) -> ConvertedSet:
    """Questions with `context` [[title, sentences], …] and `supporting_facts` [[title, sentence], …]."""
    pool, questions = Pool(conv), []
    for asked in (asked for file in files_of(upstream, pattern) for asked in read_json(file)):
        wanted = {title for title, _ in asked["supporting_facts"]}
        gold = []
        for title, sentences in asked["context"]:
            text = " ".join(sentence.strip() for sentence in sentences)
            id = pool.add(title, f"{title}\n{text}")
            gold += [id] * (title in wanted)
        line = question_line(asked["_id"], conv, asked["question"], gold, asked["type"], asked.get("answer"))
        questions.append(line)
    return answerable(pool.memories, questions)
