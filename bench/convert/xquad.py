"""XQuAD (google-deepmind/xquad, xquad.LANGUAGE.json, the format of SQuAD): questions about paragraphs.

Run on the real English and Chinese files: 240 paragraphs and 1,190 questions each.
"""

from __future__ import annotations

from pathlib import Path

from bench.convert.form import ConvertedSet, Pool, answerable, files_of, question_line, read_json


def convert(upstream: Path) -> ConvertedSet:
    """One xquad.LANGUAGE.json."""
    (file,) = files_of(upstream, "xquad.en.json")
    pool, questions = Pool(file.stem.replace(".", "_")), []
    for article in read_json(file)["data"]:
        for paragraph in article["paragraphs"]:
            id = pool.add(article.get("title", ""), paragraph["context"])
            for asked in paragraph["qas"]:
                answer = asked["answers"][0]["text"]
                questions.append(question_line(asked["id"], pool.conv, asked["question"], [id], "span", answer))
    return answerable(pool.memories, questions)
