"""What a session adds to strangers' follow-up questions, and that it takes nothing from others: rates, never cases.

Nothing is fitted on them. A bound says what was reached when it was set, a little less; move it when the rate gets
better.
"""

from __future__ import annotations

import pytest

from bench.followed_up import SETS, WAYS, measure_follow_ups

pytestmark = pytest.mark.real_model
FOLDERS = {"en": ("en_c", "en_d"), "zh": ("zh_c", "zh_d")}  # nobody had seen them when the controller was chosen
GAINED = {"en": (0.12, 0.09), "zh": (0.03, 0.05)}
"""Of all follow-ups: first, in five."""


@pytest.mark.parametrize("language", FOLDERS)
def test_follow_ups_are_found_by_what_was_asked_before_and_nothing_else_is_lost(language):
    figures = [measure_follow_ups(SETS / name) for name in FOLDERS[language]]

    def gain(kind, rate):
        """Questions more that are right in the session than alone, as a share of all of the kind."""
        here, alone = ([each[f"{kind}, {way}"] for each in figures] for way in WAYS)
        more = sum(one["questions"] * (one[rate] - other[rate]) for one, other in zip(here, alone, strict=True))
        return more / sum(each["questions"] for each in here)

    assert gain("follow", "first") >= GAINED[language][0]
    assert gain("follow", "in five") >= GAINED[language][1]
    assert gain("unrelated", "first") >= -1e-3  # rates are rounded
    assert gain("unrelated", "in five") >= -1e-3
