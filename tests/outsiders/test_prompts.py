"""What comes by itself at prompts of strangers: rates, never single cases; nothing is fitted on them.

A bound says what was reached when it was set; move it when the rate gets better.
"""

from __future__ import annotations

import pytest

from bench.outsiders import SETS, measure_prompts

pytestmark = pytest.mark.real_model
SLACK = 0.02  # sums are rounded otherwise on other processors
REACHED = {"prompts_en": (0.40, 0.04), "prompts_zh": (0.28, 0.0)}
"""Right injected where a note matters, anything injected where none does."""


@pytest.mark.parametrize("name", REACHED)
def test_what_matters_is_injected_and_little_else(name):
    rates = measure_prompts(SETS / name)
    right, anything = REACHED[name]
    assert rates["right injected"] >= right - SLACK
    assert rates["anything injected"] <= anything + SLACK
