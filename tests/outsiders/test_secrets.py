"""Secrets by strangers, who knew neither rules nor patterns: how many are left out, and what else is touched.

Half of the lines hold none and are near misses: order numbers, hashes, ids, talk about passwords.
"""

from __future__ import annotations

import collections
from pathlib import Path

import pytest

from bench.dataset import rows
from ntm_memory import NTMMemoryManager

pytestmark = pytest.mark.real_model
LINES = rows(Path(__file__).parent / "secrets" / "secrets.jsonl")
FOUND, KINDS_FOUND, TOUCHED = 0.84, 0.84, 0.06


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """What is stored of each line."""
    with NTMMemoryManager(tmp_path_factory.mktemp("secrets")) as memory:
        done = memory.memorize_many({"content": line["text"], "session": str(n)} for n, line in enumerate(LINES))
        return [None if id is None else memory.store.get(id).content for id in done.ids]


def test_secrets_are_left_out(kept):
    by_kind = collections.defaultdict(list)
    for line, content in zip(LINES, kept, strict=True):
        if line["secret"]:
            by_kind[line["kind"]].append(line["secret"] not in content)
    found = [each for kind in by_kind.values() for each in kind]
    assert len(by_kind) >= 60
    assert sum(found) >= FOUND * len(found), [kind for kind, each in by_kind.items() if not all(each)]
    assert sum(any(each) for each in by_kind.values()) >= KINDS_FOUND * len(by_kind)


def test_what_is_none_is_hardly_touched(kept):
    touched = [
        line["text"] for line, text in zip(LINES, kept, strict=True) if not line["secret"] and "[secret:" in text
    ]
    assert len(touched) <= TOUCHED * sum(not line["secret"] for line in LINES), touched


def test_notes_of_strangers_are_left_whole(tmp_path):
    folders = (Path(__file__).parent / name for name in ("prompts_en", "prompts_zh"))
    notes = [note["content"] for folder in folders for note in rows(folder / "stores.jsonl")]
    with NTMMemoryManager(tmp_path) as memory:
        done = memory.memorize_many({"content": note} for note in [*notes, "The staging port is 5433"])
        kept = [memory.store.get(id).content for id in done.ids if id is not None]
    touched = [text for text in kept if "[secret:" in text]
    assert len(kept) == len(notes) + 1
    assert len(touched) <= 0.01 * len(kept) and "The staging port is 5433" in kept, touched
