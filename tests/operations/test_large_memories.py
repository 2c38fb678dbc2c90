"""A memory beyond the limit answers as one below it, whatever is written, erased or filtered in between."""

from __future__ import annotations

import pytest

from ntm_memory.large_memory import kept, views
from ntm_memory.large_memory.large_view import LargeView
from ntm_memory.recall.corpus import Corpus

NOTES = [
    *(f"{name} keeps {thing} in the {place}" for name in ("Ann", "Bob") for thing in ("tea", "rope", "salt")
      for place in ("attic", "garage", "shed")),
    "The lease ends in March 2027",
    "昨天和老大讨论了认知天性",
]  # fmt: skip
QUESTIONS = ["where does Ann keep rope?", "认知天性", "what ends in March 2027?", "Bob's salt in the shed"]


@pytest.fixture
def told(memory):
    for number, note in enumerate(NOTES):
        memory.memorize(note, session=str(number // 6))
    return memory


def as_large(monkeypatch):
    """From now on few memories are many, and each write is seen by a sample of its own."""
    monkeypatch.setattr(views, "LARGE", 5)
    monkeypatch.setattr(kept, "UNSEEN", 10**6)


def answers(memory, **options):
    return [[each.content for each in memory.recall(asked, all=True, **options).memories[:3]] for asked in QUESTIONS]


def test_it_answers_as_a_small_one_does(told, monkeypatch):
    small = answers(told)
    as_large(monkeypatch)
    large = answers(told)
    context = told._verbs.context
    assert isinstance(context.view(Corpus(told.store, "default")), LargeView)
    assert [first for first, *_ in large] == [first for first, *_ in small]


def test_what_is_written_later_is_found_and_what_is_erased_is_not(told, monkeypatch):
    as_large(monkeypatch)
    answers(told)
    new = told.memorize("Cem keeps the compass under the stairs").memory.id
    assert told.recall("where is the compass of Cem?").memories[0].id == new
    told.update(new, content="Cem keeps the sextant under the stairs")
    assert "sextant" in told.recall("where is Cem's sextant?").memories[0].content
    told.erase(new)
    assert new not in [each.id for each in told.recall("where is Cem's sextant?", all=True).memories]


def test_filters_hold(told, monkeypatch):
    as_large(monkeypatch)
    tagged = told.memorize("Dora keeps the anchor in the harbour", tags=["sea"]).memory.id
    for asked in ("where is the anchor?", *QUESTIONS):
        assert {each.id for each in told.recall(asked, tags=["sea"], all=True).memories} <= {tagged}
