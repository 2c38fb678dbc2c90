"""Secrets by strangers, who knew neither rules nor patterns: how many are left out, and what else is touched.

Half of the lines hold none and are near misses: order numbers, hashes, ids, talk about passwords.
"""

from __future__ import annotations

import collections
from pathlib import Path
from typing import NamedTuple

import pytest

from bench.dataset import rows
from ntm_memory import NTMMemoryManager

pytestmark = pytest.mark.real_model
ORDINARY = (
    "The staging port is 5433",
    "which port? → 5433",
    "Q: which commit broke it? A: 3f9a1c2",
    "the sofa is order 48213377, it comes on Tuesday",
)
"""Answers to ordinary questions, which must not lose their number."""
LINES = rows(Path(__file__).parent / "secrets" / "secrets.jsonl")
FOUND, KINDS_FOUND, TOUCHED = 0.9, 0.9, 0.1
TEMPTED, TEMPTED_TOLD = 0.03, 0.04
"""Shares of ordinary notes full of what looks like a secret that lose something, and that are told of."""
FOUND_OR_TOLD = 0.93
"""Share of the secrets that are left out, or kept and named as what may be one."""


class Kept(NamedTuple):
    """What is stored of a line, and the places in it that are told of as what may be a secret."""

    content: str
    told: tuple[int, ...]


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Each line as it is stored."""
    with NTMMemoryManager(tmp_path_factory.mktemp("secrets")) as memory:
        done = memory.memorize_many({"content": line["text"], "session": str(n)} for n, line in enumerate(LINES))
        return kept_of(memory, done)


def kept_of(memory, done):
    told = {id: tuple(each.at for each in found) for id, found in done.maybe_secret.items()}
    return [Kept(memory.store.get(id).content, told.get(id, ())) for id in done.ids]


def is_told(secret, line):
    """Whether a secret that was kept is told of: a place that is named lies within it."""
    at = line.content.find(secret)
    return any(at <= each < at + len(secret) for each in line.told)


def test_secrets_are_left_out(kept):
    by_kind = collections.defaultdict(list)
    for line, there in zip(LINES, kept, strict=True):
        if line["secret"]:
            by_kind[line["kind"]].append(line["secret"] not in there.content)
    found = [each for kind in by_kind.values() for each in kind]
    assert len(by_kind) >= 60
    assert sum(found) >= FOUND * len(found), [kind for kind, each in by_kind.items() if not all(each)]
    assert sum(any(each) for each in by_kind.values()) >= KINDS_FOUND * len(by_kind)


def test_most_of_those_that_are_kept_are_told_of(kept):
    told = [
        line["secret"] not in there.content or is_told(line["secret"], there)
        for line, there in zip(LINES, kept, strict=True)
        if line["secret"]
    ]
    assert sum(told) >= FOUND_OR_TOLD * len(told), len(told) - sum(told)


def test_what_is_none_is_hardly_touched(kept):
    touched = [
        line["text"]
        for line, there in zip(LINES, kept, strict=True)
        if not line["secret"] and "[secret:" in there.content
    ]
    assert len(touched) <= TOUCHED * sum(not line["secret"] for line in LINES), touched


def test_notes_of_strangers_are_left_whole(tmp_path):
    folders = (Path(__file__).parent / name for name in ("prompts_en", "prompts_zh"))
    notes = [note["content"] for folder in folders for note in rows(folder / "stores.jsonl")]
    with NTMMemoryManager(tmp_path) as memory:
        done = memory.memorize_many({"content": note} for note in [*notes, *ORDINARY])
        kept = kept_of(memory, done)
    touched = [each.content for each in kept if "[secret:" in each.content]
    assert len(kept) == len(notes) + len(ORDINARY)
    assert len(touched) <= 0.01 * len(kept) and {*ORDINARY} <= {each.content for each in kept}, touched
    told = [each for each in kept if each.told]
    assert len(told) <= 0.025 * len(kept), told


def test_ordinary_notes_with_tempting_names_and_numbers_are_hardly_touched(tmp_path):
    """By two strangers more; two thirds of what each wrote were learned from, nothing of these."""
    notes = [line["text"] for line in rows(Path(__file__).parent / "secrets" / "ordinary.jsonl")]
    with NTMMemoryManager(tmp_path) as memory:
        kept = kept_of(memory, memory.memorize_many({"content": note} for note in notes))
    touched = [each.content for each in kept if "[secret:" in each.content]
    assert len(kept) > 180 and len(touched) <= TEMPTED * len(kept), touched
    told = [each.content for each in kept if each.told]
    assert len(told) <= TEMPTED_TOLD * len(kept), told
