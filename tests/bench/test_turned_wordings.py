"""Wordings made of wordings: turned round, and with the anchors of others."""

from __future__ import annotations

import pytest

from bench.asked_wordings import UNKNOWN, WORDINGS, fold_of, held_with
from bench.dataset import rows
from bench.turned_wordings import FILLED, exchanged_lines, turned_lines, turned_round


@pytest.mark.parametrize(
    ("template", "language", "turned"),
    [
        ("What came right after {anchor}?", "en", "What came right before {anchor}?"),
        ("Previous to {anchor}?", "en", "Next to {anchor}?"),
        ("Which note is ahead of {anchor}", "en", "Which note is behind {anchor}"),
        ("{anchor}之前记了什么", "zh", "{anchor}之后记了什么"),
        ("{anchor}的下一条", "zh", "{anchor}的上一条"),
        ("{anchor}前3条", "zh", "{anchor}后3条"),
        ("然后呢？", "zh", None),
        ("What do you know of {anchor}?", "en", None),
        ("What came before {anchor}, and what after?", "en", None),
        ("the aftermath of {anchor}", "en", None),
    ],
)
def test_the_one_word_for_a_direction_is_replaced_by_its_opposite(template, language, turned):
    assert turned_round(template, language) == turned
    assert turned is None or turned_round(turned, language) == template


def test_what_is_turned_asks_the_other_way_and_is_held_back_with_what_it_was_made_of():
    told = {"template": "two after {anchor}", "anchor": list("abcd"), "step": 2, "language": "en", "pair": 3}
    lines = turned_lines([told])
    assert len(lines) == FILLED
    for line in lines:
        assert (line.wording, line.group, line.how) == ("two after {anchor}", "en pair 3", "turned")
        assert line.text[: len("two before ")] == "two before " and line.text[slice(*line.anchor)] in "abcd"
        assert line.step == -2 and line.wants == (0.0, 0.0, 0.0)


def test_nobody_says_what_one_by_content_wants_when_it_is_turned():
    told = {"template": "where did Tom live after?", "anchor": [], "step": 0, "language": "en", "wants": "fact"}
    for line in turned_lines([told]):
        assert line.text.rstrip("?").lower() == "where did tom live before"
        assert (line.step, line.wants) == (0, (UNKNOWN,) * 3)


def bare(anchor):
    """As somebody in haste types it."""
    return anchor.lower().rstrip("?？.。!！ ")


def test_anchors_are_those_of_others_of_the_same_third_and_written_alike():
    told = [line for file in sorted(WORDINGS.glob("place_*_1.jsonl")) for line in rows(file) if line["anchor"]]
    of = {line["template"]: line for line in told}
    folds: dict[str, set[int]] = {}
    for line in told:
        for anchor in line["anchor"]:
            folds.setdefault(bare(anchor), set()).add(fold_of(held_with(line)))
    lines, strange = exchanged_lines(told), 0
    for line in lines:
        source = of[line.wording]
        assert (line.step, line.group, line.how) == (source["step"], held_with(source), "exchanged")
        if line.step:
            anchor = bare(line.text[slice(*line.anchor)])
            assert fold_of(line.group) in folds[anchor]
            strange += anchor not in [bare(each) for each in source["anchor"]]
    assert strange > 0.9 * sum(line.step != 0 for line in lines)
    assert exchanged_lines(told) == lines
