"""CMRC 2018 (ymcui/cmrc2018, data/cmrc2018_dev.json): Chinese questions about paragraphs.

Checked by eye against an excerpt of the real trial file, which has the same format; not run on a whole file.
"""

from __future__ import annotations

from pathlib import Path

from bench.convert.form import ConvertedSet, Pool, answerable, files_of, question_line, read_json


def convert(upstream: Path) -> ConvertedSet:
    """cmrc2018_dev.json, not the one in the style of SQuAD; the paragraphs are one pool."""
    pool, questions = Pool("cmrc2018"), []
    for paragraph in (each for file in files_of(upstream, "cmrc2018_dev.json") for each in read_json(file)):
        id = pool.add(paragraph["title"], paragraph["context_text"])
        for asked in paragraph["qas"]:
            answer = asked["answers"][0]
            line = question_line(asked["query_id"], pool.conv, asked["query_text"], [id], "span", answer)
            questions.append(line)
    return answerable(pool.memories, questions)
