"""Measures in small, against numbers worked out by hand."""

from __future__ import annotations

import pytest

from bench.grading import calibration_error, reliability
from bench.plots import CostPoint, draw_calibration, draw_cost

SURE, TRUE = [0.05, 0.15, 0.95, 0.91, 1.0], [0, 1, 1, 1, 0]


def test_reliability_is_by_tenths():
    bins = reliability(SURE, TRUE)
    assert [count for *_, count in bins] == [1, 1, 3]
    assert bins[2][:2] == pytest.approx((0.953333, 2 / 3), abs=1e-6)


def test_calibration_error_weighs_the_tenths():
    assert calibration_error(SURE, TRUE) == pytest.approx((0.05 + 0.85 + 3 * (0.953333 - 2 / 3)) / 5, abs=1e-6)
    assert calibration_error([0.0, 1.0], [0, 1]) == 0


def test_figures_are_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    draw_calibration({"en": (SURE, TRUE)}, tmp_path / "calibration.png")
    draw_cost([CostPoint(4, 0, 0.6, 30.0), CostPoint(4, 2, 0.7, 50.0)], tmp_path / "cost.png")
    assert all((tmp_path / name).stat().st_size > 1000 for name in ("calibration.png", "cost.png"))
