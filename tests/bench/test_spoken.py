"""What speaking earns is measured with every kind of memory left out in turn."""

from __future__ import annotations

from dataclasses import replace

import made_up
import numpy as np
import pytest

from bench import data_roles, spoken
from bench.fit_recall import unlearned_ranker
from ntm_memory.recall.controller import head_settings
from ntm_memory.recall.parameters import HEARD, MAPS
from tests.recall.test_fit import questions
from tests.recall.worlds import CONTEXT, random_parameters


def heard_by(examples, seed=0):
    rng = np.random.default_rng(seed)
    return [
        replace(each, weight=float(i + 1), places=replace(each.places, heard=rng.random(len(HEARD))))
        for i, each in enumerate(examples)
    ]


def test_what_is_frozen_says_to_every_question_what_is_said_on_average():
    examples, parameters = heard_by(questions(0, 5)), random_parameters(1)
    still = spoken.frozen(parameters, examples)
    mean = np.average([each.places.heard for each in examples], axis=0, weights=[each.weight for each in examples])
    for heard in (np.zeros(len(HEARD)), np.ones(len(HEARD))):
        for one, other in zip(
            head_settings(still, CONTEXT, heard), head_settings(parameters, CONTEXT, mean), strict=True
        ):
            assert one == pytest.approx(other)


def test_a_controller_learns_to_speak_and_nothing_else_moves():
    examples, fixed = heard_by(questions(1, 8)), unlearned_ranker()
    learned = spoken.speaking(fixed, examples, steps=3)
    assert all((getattr(learned, name) != 0).any() for name in MAPS if name != "gate_map")  # no focus before
    assert all((getattr(learned, name) == value).all() for name, value in vars(fixed).items() if name not in MAPS)
    again = spoken.speaking(fixed, examples, steps=3)
    assert all((getattr(learned, name) == getattr(again, name)).all() for name in MAPS)


def test_a_kind_is_told_by_the_name_of_its_data():
    assert (
        spoken.kind_of_memory("realtalk")
        == "real chats"
        != spoken.kind_of_memory("locomo, a handful")
        == "generated chats"
    )
    assert spoken.kind_of_memory("en1_stores") == spoken.kind_of_memory("notes") == "notes"


@pytest.mark.parametrize("by", ["kind", "part"])
def test_every_question_is_ranked_by_what_was_learned_without_it(tmp_path, monkeypatch, capsys, by):
    beside = made_up.ours(tmp_path / "ours")
    monkeypatch.setattr(data_roles, "BESIDE", (beside[0], *made_up.pairs_to_read(tmp_path / "ours" / "pairs")))
    made_up.talks(tmp_path / "data" / "locomo" / "dev")
    made_up.talks(tmp_path / "data" / "realtalk" / "dev")
    seen = []
    kept = spoken.rounds

    def noted(asked, how):
        for rest, left in kept(asked, how):
            seen.append(
                (
                    {spoken.kind_of_memory(each.data) for each in left},
                    {spoken.kind_of_memory(each.data) for each in rest},
                )
            )
            yield rest, left

    monkeypatch.setattr(spoken, "rounds", noted)
    spoken.main(["--data", str(tmp_path / "data"), "--backend", "tiny", "--steps", "2", "--by", by])
    lines = capsys.readouterr().out.splitlines()
    for name in ("locomo", "realtalk", "notes", "en1_stores"):
        told = [line.split()[1] for line in lines if line.startswith(name) and " n=" in line]
        assert sorted(told) == sorted(["heads", "speaks", "frozen", "bm25", "dense", "rank", "z"])
    if by == "kind":
        assert len(seen) == 3 and all(left.isdisjoint(rest) and len(left) == 1 for left, rest in seen)
