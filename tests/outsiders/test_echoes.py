"""Strangers' tales of what comes back from recall: echoes are recognised, what is new is not refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bench.dataset import rows
from ntm_memory.privacy.echo import KnownMemory, echo_in
from ntm_memory.privacy.framing import shipped

SETS = sorted((Path(__file__).parent / "echo").glob("*.jsonl"))
CAUGHT = {"echo1": 0.93, "echo2": 0.92}
"""Held on both sets: reached were 75 and 74 of 80."""
REFUSED = 0.01


def as_printed(case):
    """A case's memories with the ids, dates and keys that its printed answer gives them."""
    found = []
    for number, content in enumerate(case["memories"]):
        id, about, head = f"m_22222222{number + 10}", [], content[:25]
        for line in re.split(r'\n|(?=\{"id")', case["printed"]):
            if head in line or json.dumps(head, ensure_ascii=False)[1:-1] in line:
                named = re.search(r"m_[2-9a-z]{10}", line)
                id = named[0] if named else id
                about += re.findall(r"\d{4}-\d\d-\d\d", line)
                key = re.search(r'\[([^\],]+)\] \d?\.\d|"key": "([^"]+)"', line)
                about += [key[1] or key[2]] if key else []
        found.append(KnownMemory(id, content, tuple(dict.fromkeys(about))))
    return found


@pytest.mark.parametrize("file", SETS, ids=lambda file: file.stem)
def test_echoes_are_recognised_and_what_is_new_is_not_refused(file):
    cases = rows(file)
    recognised = {"echo": [], "new": []}
    for case in cases:
        recognised[case["label"]].append(echo_in(case["told"], as_printed(case), shipped()) is not None)
    assert min(map(len, recognised.values())) >= 60
    assert sum(recognised["new"]) <= REFUSED * len(recognised["new"])
    assert sum(recognised["echo"]) >= CAUGHT[file.stem] * len(recognised["echo"])
