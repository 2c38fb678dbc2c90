"""How relevance is learned, on prompts that are made up."""

from __future__ import annotations

import numpy as np
import pytest

from bench.fit_relevance import ANYTHING, Scored, choose_limits, fit_parts, scores_of_others, shown_and_right
from bench.relevance_cases import POOL, Need, PromptMet, means_of, open_parameters
from ntm_memory.reader.pair_reader import Impressions
from ntm_memory.reader.relevance import GLANCE, READ, prompt_signals

WIDTH, STATE = 6, 8


def made_up(count=240, seed=0):
    """Prompts whose key tells half of what they need, and memories of which reading and its state tell the rest."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        needs, foreign = number % 2 == 0, number % 8 == 7
        key = rng.normal(size=WIDTH) * 0.3
        key[0] += 0.5 * needs
        right = np.zeros(10, dtype=bool)
        if needs:
            right[rng.integers(POOL)] = True
        signals = np.zeros((10, len(GLANCE)))
        signals[:, GLANCE.index("one")] = 1.0
        signals[:, GLANCE.index("seen")] = rng.normal(size=10) + right
        logits, states = rng.normal(size=(POOL, READ)), rng.normal(size=(POOL, STATE))
        logits[:, 0] += 3 * right[:POOL]
        states[:, 2] += 3 * right[:POOL]
        writer = f"w{number % 7}" + ("_tasks" if number % 7 > 4 else "")
        group = "tasks en" if number % 7 > 4 else "held en"
        yield PromptMet(
            writer, group, foreign, needs, key, False, signals, right, np.arange(POOL), Impressions(logits, states)
        )


@pytest.fixture(scope="module")
def met():
    return list(made_up())


@pytest.fixture(scope="module")
def needs(met):
    return [Need(each.writer, each.key, each.cjk, each.needs) for each in met if not each.foreign]


@pytest.fixture(scope="module")
def scored(met, needs):
    return scores_of_others(needs, met, means_of(needs))


def test_each_part_learns_what_it_can_see(met, needs):
    p = fit_parts(needs, met, means_of(needs))
    need = [prompt_signals(each.key, p.means, cjk=each.cjk) @ p.need for each in needs]
    assert np.mean([value for value, each in zip(need, needs, strict=True) if each.needs]) > np.mean(need) + 0.3
    assert p.glance[GLANCE.index("seen")] > 0.3 and p.glance[GLANCE.index("need")] > 0.1
    assert p.read[len(GLANCE)] > 0.5
    assert np.abs(p.state).argmax() == 2 and p.state[2] > 0.5


def test_every_prompt_is_scored_once_by_models_that_have_not_seen_its_writer(met, scored, monkeypatch):
    assert sorted(id(each.met) for each in scored) == sorted(map(id, met))
    from bench import fit_relevance

    seen = []
    real = fit_relevance.fit_parts

    def noted(needs, rest, means):
        seen.append(({each.writer for each in needs}, {each.writer for each in rest}))
        return real(needs, rest, means)

    monkeypatch.setattr(fit_relevance, "fit_parts", noted)
    scores_of_others([Need("lines", met[0].key, False, True)], met, means_of([Need("x", met[0].key, False, True)]))
    assert all("lines" in of_needs and len(of_met) < 7 for of_needs, of_met in seen)
    assert set.intersection(*(of_met for _, of_met in seen)) == set()


def test_the_limits_leave_little_where_nothing_matters_and_most_of_what_does(met, needs, scored):
    p = choose_limits(open_parameters(means_of(needs)), scored)
    assert np.isfinite(p.limits[0]).all()
    told = shown_and_right(scored, p)
    nothing = [each for each in scored if not each.met.needs and not each.met.foreign]
    assert np.mean([bool(each.shown(p)) for each in nothing]) <= ANYTHING
    assert np.mean([each["right injected"] for each in told.values()]) > 0.6
    assert all(each["read where nothing matters"] < 1 for each in told.values())
    assert sum(each["prompts"] for each in told.values()) == len(met)


def test_only_the_best_at_a_glance_are_shown(met, needs):
    p = open_parameters(means_of(needs))
    p.limits[0] = -np.inf, 0.0, 0.0
    logits = np.array([1.0, 2.0, -1.0, 9.0, 9.0])
    assert Scored(met[0], -np.arange(5.0), logits).shown(p) == [1, 0]  # the last two were never read
    p.limits[0, 0] = -0.5
    assert Scored(met[0], -np.arange(5.0), logits).shown(p) == [0]
