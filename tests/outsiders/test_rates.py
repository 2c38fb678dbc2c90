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
    "en": (0.675, 0.788, 0.373, 0.068, 0.545, 0.455, 0.364, 0.135, 0.733, 0.033, 0.933, 0.233, 0.022),
    "zh": (0.632, 0.769, 0.349, 0.103, 0.727, 0.091, 0.273, 0.133, 0.433, 0.0, 0.967, 0.317, 0.022),
    "mixed": (0.726, 0.817, 0.386, 0.06, 0.273, 0.0, 0.273, 0.08, 0.45, 0.1, 1.0, 0.2, 0.0),
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
