"""Hostile notes by strangers stay what they are: one item of one line; ordinary notes stay readable."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pytest

from bench.dataset import rows
from ntm_memory.cli import rendering
from ntm_memory.cli.outputs import safe
from ntm_memory.text.printable import in_one_line, printable

SETS = Path(__file__).parent / "attacks"
ATTACKS, HARMLESS = rows(SETS / "attacks.jsonl"), rows(SETS / "harmless.jsonl")
JOINERS = "\u200c\u200d"
ITEM = re.compile(r"- \[m_[2-9a-z]{10}, \d{4}-\d\d-\d\d\] ")


def recalled(*contents):
    memories = [
        {"id": f"m_{'2' * 9}{i}", "content": each, "occurred_at": "2026-05-08", "created_at": "2026-05-08"}
        for i, each in enumerate(contents, start=2)
    ]
    return safe({"memories": memories, "reason": None})


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack["kind"])
def test_a_hostile_note_is_one_item_of_one_line(attack):
    block = rendering.context(recalled(attack["text"], "Mia likes tea"))
    first, *items, last = block.split("\n")
    assert len(items) == len(block.splitlines()) - 2 == 2
    assert all(ITEM.match(item) for item in items)
    plain = unicodedata.normalize("NFKC", block).casefold()
    assert len(re.findall(r"<\s*/?\s*recalled", plain)) == 2  # the fence's own
    assert not re.search(r"<\s*\|", plain)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack["kind"])
def test_nothing_invisible_is_printed(attack):
    for text in (in_one_line(attack["text"]), printable(attack["text"])):
        hidden = [each for each in text if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Co", "Cn")]
        assert set(hidden) <= {"\r", "\n", "\t", *JOINERS}
    json.dumps(safe({"content": attack["text"]}), ensure_ascii=False).encode()


@pytest.mark.parametrize("note", HARMLESS)
def test_ordinary_notes_stay_as_they_are(note):
    text = note["text"]
    assert printable(text) == text
    assert in_one_line(text) == " ".join(text.split())
