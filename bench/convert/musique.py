"""MuSiQue (StonyBrookNLP/musique, musique_ans_v1.0_dev.jsonl): questions that need two to four of twenty paragraphs.

Written from a description of the format with an example; not checked against a real file.
"""

from __future__ import annotations

from pathlib import Path

from bench.convert.form import ConvertedSet, Pool, answerable, files_of, question_line
from bench.dataset import rows


def convert(upstream: Path) -> ConvertedSet:
    """musique_ans_*.jsonl; the kind is how many hops a question takes, as its id tells."""
    pool, questions = Pool("musique"), []
    for asked in (asked for file in files_of(upstream, "musique_ans_*.jsonl") for asked in rows(file)):
        gold = []
        for paragraph in asked["paragraphs"]:
            id = pool.add(paragraph["title"], f"{paragraph['title']}\n{paragraph['paragraph_text']}")
            gold += [id] * bool(paragraph["is_supporting"])
        hops = asked["id"][:4]
        questions.append(question_line(asked["id"], pool.conv, asked["question"], gold, hops, asked.get("answer")))
    return answerable(pool.memories, questions)
