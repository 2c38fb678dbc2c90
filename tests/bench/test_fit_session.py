"""The controller of a session learns when a question leans on it, of lessons made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from bench.fit_session import FIGURES, _slope, figures_left_out, fit_session, followed, in_session
from bench.session_lessons import Alone, LessonStore, LessonTurn
from ntm_memory.controller.session import EVIDENCE, HEARD, SessionParameters


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def lessons(count, seed=0):
    """Stores of three matters of four notes; a question alone sees what it names, a follow-up sees nothing alone."""
    rng = np.random.default_rng(seed)
    stores = []
    for number in range(count):
        matters = unit(rng.normal(size=(3, 16)))
        keys = unit(np.repeat(matters, 4, axis=0) + 0.15 * rng.normal(size=(12, 16)))
        first = int(rng.integers(12))
        same = [i for i in range(12) if i // 4 == first // 4 and i != first]
        other = next(i for i in range(12) if i // 4 != first // 4)
        turns = [
            clear(rng, keys, "first", first),
            vague(rng, keys, "follow", same[0]),
            clear(rng, keys, "unrelated", other),
        ]
        stores.append(LessonStore(f"s{number}", keys, [turns]))
    return stores


def clear(rng, keys, kind, gold):
    weights = np.full(12, 0.02)
    weights[gold] = 0.78
    without = np.full(12, 1 / 11)
    without[gold] = 0
    return LessonTurn(
        kind, (gold,), keys[gold], keys @ keys[gold], 6, Alone(weights, 0.9, weights), Alone(without, 0.2, without)
    )


def vague(rng, keys, kind, gold):
    cosine = 0.1 * rng.normal(size=12)
    weights = np.exp(cosine) / np.exp(cosine).sum()
    return LessonTurn(
        kind, (gold,), unit(rng.normal(size=16)), cosine, 1, Alone(weights, 0.3, weights), Alone(weights, 0.3, weights)
    )


def test_follow_ups_are_found_and_nothing_is_lost_of_what_stands_alone():
    p = fit_session(lessons(12), steps=200)
    evidence = dict(zip(EVIDENCE, p.evidence, strict=True))
    assert 0.9 * evidence["along"] > 0.4 * evidence["trace"] + evidence["shown"]
    found = figures_left_out(lessons(12, seed=1), steps=200)
    assert set(found) == {"follow", "unrelated"} and set(found["follow"]) == {"questions", *FIGURES}
    assert found["follow"]["gate"] > 0.8 and found["unrelated"]["gate"] < 0.2
    assert found["follow"]["in five"] > found["follow"]["in five alone"] + 0.2
    assert found["unrelated"]["first"] == found["unrelated"]["first alone"] == 1


def test_the_slope_is_that_of_the_loss():
    step = next(iter(followed(lessons(1)[0], None)))
    rng = np.random.default_rng(2)
    start = {"gate": 0.1 * rng.normal(size=len(HEARD)), "evidence": rng.normal(size=len(EVIDENCE))}

    def loss(values):
        g = 1 / (1 + np.exp(-(step.look.heard @ values["gate"])))
        p = SessionParameters(values["gate"], values["evidence"], np.zeros(4))
        given = in_session(step.look, step.turn.alone, p)[list(step.turn.gold)].sum()
        return -np.log(given + 1e-6) - 0.3 * np.log(g)  # it is a follow-up

    for name, slope in zip(start, _slope(step, step.look.heard, start["gate"], start["evidence"]), strict=True):
        for i in range(len(slope)):
            ends = []
            for sign in (1, -1):
                values = {key: value.copy() for key, value in start.items()}
                values[name][i] += sign * 1e-5
                ends.append(loss(values))
            assert slope[i] == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=1e-5), (name, i)
