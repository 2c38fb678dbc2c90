"""How well each memory's own time fits the times told in a question."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ntm_memory.text.dates import DAY, Span, narrowest_spans

FADE_DAYS = 5.0
_YEAR = 365.2425 * DAY


def date_match(text: str, times: NDArray[np.float64], now: float) -> NDArray[np.float32] | None:
    """(N,) how well each time fits the best of the times told in a text, 0–1; None where it tells none.

    Args:
        text: a question.
        times: (N,) unix seconds, NaN where unknown.
        now: unix seconds, what "last week" counts from.
    """
    spans = narrowest_spans(text, now)
    if not spans:
        return None
    fits: NDArray[np.float32] = np.max([time_fit(span, times) for span in spans], axis=0)
    return fits


def time_fit(span: Span, times: NDArray[np.float64]) -> NDArray[np.float32]:
    """(N,) 1 inside the span, falling to 1/e `FADE_DAYS` outside; 0 where a time is NaN."""
    if span.yearly:
        times = times - np.round((times - (span.start + span.end) / 2) / _YEAR) * _YEAR
    gap = np.maximum(np.maximum(span.start - times, times - span.end), 0) / DAY
    return np.nan_to_num(np.exp(-gap / FADE_DAYS)).astype(np.float32)
