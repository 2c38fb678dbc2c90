"""The figures of the pair reader are what they are called."""

from __future__ import annotations

import made_up
import numpy as np
import pytest

from bench.grading import area_under_curve
from bench.reader_figures import ReadQuestion, language_of, pair_figures, question_figures, read_store, reader_figures
from ntm_memory.embedding.tiny import TinyEmbedder
from ntm_memory.reader.pair_reader import RELATIONS

PAIRS = [
    {"old": "tea at nine", "new": "tea at ten", "label": "revises"},
    {"old": "Mia has tea", "new": "Ben has tea", "label": "beside"},
]


class Knowing:
    """Reads the name of a question's gold note from the question itself."""

    def relevance(self, question, memories):
        return np.array([3.0 if text.split()[1] in question else -1.0 for text, _ in memories])

    def relations(self, pairs):
        sure = {"tea at ten": "revises", "Ben has tea": "unrelated"}
        return np.array([[0.7 if name == sure[newer] else 0.1 for name in RELATIONS] for _, newer in pairs])


def test_area_under_curve():
    assert area_under_curve([2, 3], [0, 1]) == 1
    assert area_under_curve([0, 1], [2]) == 0
    assert area_under_curve([1], [1]) == 0.5
    assert area_under_curve([1, 3], [2, 0]) == 0.75


def test_a_store_is_read_by_its_likest():
    store = made_up.store("en1-08", PAIRS)
    read = list(read_store(Knowing(), TinyEmbedder(), store, count=5))
    assert len(read) == 13
    for each in read:
        assert len(each.logits) == len(each.right) == 5
    assert sum(each.answerable for each in read) == 9
    assert {each.kind for each in read} == {"own_words", "absent_topic", "prompt"}


def test_figures_by_language():
    figures = reader_figures(
        Knowing(), TinyEmbedder(), [made_up.store("en1-08", PAIRS), made_up.store("mix2-09", PAIRS)]
    )
    assert list(figures) == ["en", "mix"]
    found = figures["en"]
    assert found["questions"] == 8
    assert found["right first, reader"] == found["answer among the likest"] == 1
    assert 0 <= found["right first, cosine"] <= 1
    assert found["AUC absent_topic"] == 1
    assert found["prompts"]["questions"] == 1
    assert (found["pairs"], found["relation right"], found["AUC revises"]) == (2, 0.5, 1)


def test_figures_of_questions_in_small():
    read = [
        ReadQuestion("own_words", True, np.array([1.0, 2.0]), np.array([False, True])),
        ReadQuestion("list", True, np.array([0.0, -1.0]), np.array([False, True])),
        ReadQuestion("list", True, np.array([0.0, -1.0]), np.array([False, False])),
        ReadQuestion("missing_value", False, np.array([1.5, -1.0]), np.array([False, False])),
    ]
    figures = question_figures(read)
    assert figures.pop("prompts") == {"questions": 0, "AUC": None}
    assert figures == {
        "questions": 3,
        "answer among the likest": pytest.approx(2 / 3, abs=1e-4),
        "right first, reader": pytest.approx(1 / 3, abs=1e-4),
        "right first, cosine": 0,
        "AUC missing_value": pytest.approx(1 / 3, abs=1e-4),
    }


def test_no_pairs_no_figures():
    assert pair_figures(Knowing(), []) == {"pairs": 0}
    assert pair_figures(Knowing(), PAIRS[:1])["AUC revises"] is None


def test_languages_are_told_by_the_writer():
    assert [language_of(name) for name in ("en1-08", "zh3-09", "mix2-08")] == ["en", "zh", "mix"]
