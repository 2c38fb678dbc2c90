"""What recall gets right on strangers' words: rates, never single cases; nothing is fitted on them.

A bound says what was reached when it was set; move it when the rate gets better.
"""

from __future__ import annotations

import pytest

from bench.outsiders import SETS, measure_outsiders

pytestmark = pytest.mark.real_model
SLACK = 0.02  # sums are rounded otherwise on other processors
RATES = {  # group, rate, whether more is better
    "right first": ("answerable", "first", True),
    "in five": ("answerable", "in five", True),
    "of shown": ("answerable", "right of shown", True),
    "lost": ("answerable", "lost", False),
    "silent on absent topics": ("absent_topic", "silent", True),
    "silent on exchanged names": ("exchanged_name", "silent", True),
    "silent on missing values": ("missing_value", "silent", True),
    "calibration error": ("confidence", "calibration error", False),
    "right injected": ("prompts", "right injected", True),
    "anything injected": ("prompts", "anything injected", False),
    "revisions named": ("pairs", "revises named", True),
    "revisions marked": ("pairs", "revises marked", True),
    "near misses marked": ("pairs", "beside marked", False),
}
REACHED = {
    "en": (0.692, 0.808, 0.4, 0.051, 0.636, 0.182, 0.364, 0.12, 0.767, 0.233, 0.95, 0.233, 0.022),
    "zh": (0.598, 0.773, 0.33, 0.085, 0.182, 0.0, 0.182, 0.103, 0.667, 0.067, 1.0, 0.25, 0.022),
    "mixed": (0.726, 0.858, 0.351, 0.043, 0.182, 0.0, 0.182, 0.107, 0.7, 0.45, 0.85, 0.15, 0.0),
}


@pytest.mark.parametrize("name", REACHED)
def test_rates_on_words_of_strangers(name):
    rates = measure_outsiders(SETS / name)
    worse = {}
    for (label, (group, rate, more)), bound in zip(RATES.items(), REACHED[name], strict=True):
        now = rates[group][rate]
        if now < bound - SLACK if more else now > bound + SLACK:
            worse[label] = now, bound
    assert not worse
