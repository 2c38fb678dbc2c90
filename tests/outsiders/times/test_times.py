"""The rates at which times written by strangers are read, as recall reads them; see README.md.

Nobody tells recall whether a question is about what was: no test does. The bounds are what was reached.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from math import inf
from pathlib import Path

import pytest

from ntm_memory.times.finding import find_times

HERE = Path(__file__).parent
RATES = {("en", True): 0.91, ("zh", True): 0.93, ("more", True): 0.88}
RATES |= {("fresh", True): 0.9, ("fresh", False): 0.9}
RATES |= {("en", False): 0.97, ("zh", False): 0.75, ("more", False): 0.93}


def seconds(local, otherwise):
    return otherwise if local is None else datetime.fromisoformat(local).replace(tzinfo=timezone.utc).timestamp()


def is_read(case):
    found = find_times(case["text"], seconds(case["now"], None), timezone.utc)
    if case["expression"] is None:
        return not found
    ends = [(case["start"], case["end"]), *case["also"]]
    wanted = {(seconds(start, -inf), seconds(end, inf)) for start, end in ends}
    return any((time.start, time.end) in wanted for time in found)


@pytest.mark.parametrize(("name", "tells"), RATES)
def test_rates(name, tells):
    lines = (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [case for case in map(json.loads, lines) if (case["expression"] is not None) == tells]
    missed = [case["text"] for case in cases if not is_read(case)]
    assert len(cases) >= 40
    assert 1 - len(missed) / len(cases) >= RATES[name, tells], missed
