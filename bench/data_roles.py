"""Which data sets are known by name, what each is for in a fit, and its licence; finding them in folders."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.dataset import FILES, in_file, named, rows

OURS = "MIT, written for this project"


class DataSet(NamedTuple):
    """What is known of a data set by its name.

    Args:
        roles: `written`: what somebody wrote or said, and questions about it; `pool`: paragraphs gathered by question;
            `facts`: statements of a few templates; `notes`: short notes asked for in other words; `revised`: facts told
            anew; `sentences`: what everyday memories are like; none: only measured, never learned from.
        licence: of the texts.
        source: whose it is.
    """

    roles: tuple[str, ...]
    licence: str
    source: str


DATA_SETS = {  # the order is the one they are learned from in
    "locomo": DataSet(("written",), "CC BY-NC 4.0", "snap-research/LoCoMo"),
    "memdaily_zh": DataSet(("written",), "none named", "nuster1128/MemSim"),
    "lifebench_zh_lite": DataSet(("written",), "Apache-2.0", "1754955896/LifeBench"),
    "lifebench_en_lite": DataSet(("written",), "Apache-2.0", "1754955896/LifeBench"),
    "longmemeval_mini_session": DataSet(("written",), "MIT", "xiaowu0162/LongMemEval"),
    "beam100k": DataSet(("written",), "none noted", "mohammadtavakoli78/BEAM"),
    "cmrc2018": DataSet(("written",), "CC BY-SA 4.0", "ymcui/cmrc2018"),
    "forget_en": DataSet(("facts",), "none named", "scripted probes of a few templates"),
    "forget_zh": DataSet(("facts",), "none named", "scripted probes of a few templates"),
    "notes": DataSet(("notes",), OURS, "bench/notes.jsonl"),
    "2wiki": DataSet(("pool",), "Apache-2.0", "Alab-NII/2wikimultihop"),
    "musique": DataSet(("pool",), "CC BY 4.0", "StonyBrookNLP/musique"),
    "hotpot": DataSet(("pool",), "CC BY-SA 4.0", "hotpotqa/hotpot"),
    "revisions": DataSet(("revised",), OURS, "bench/revisions.jsonl"),
    "update_en": DataSet(("revised",), "none named", "scripted probes of a few templates"),
    "update_zh": DataSet(("revised",), "none named", "scripted probes of a few templates"),
    "prior_texts": DataSet(("sentences",), OURS, "bench/prior_texts.jsonl"),
    "realtalk": DataSet((), "none named", "danny911kr/REALTALK"),
}
BESIDE = tuple(Path(__file__).with_name(name) for name in ("notes.jsonl", "revisions.jsonl", "prior_texts.jsonl"))
"""Data that is part of this project: always there."""


class FoundData(NamedTuple):
    """A data set where it lies: a folder of memories and queries, or one file."""

    name: str
    path: Path

    @property
    def known(self) -> DataSet:
        """What the table says of it; an unknown name is only measured."""
        return DATA_SETS.get(self.name, DataSet((), "unknown", "unknown"))

    @property
    def files(self) -> list[Path]:
        """What it is made of."""
        return [self.path] if self.path.is_file() else [self.path / name for name in FILES]


def find_data(places: Iterable[Path]) -> list[FoundData]:
    """The data sets in folders of data sets, or at paths of their own, in the table's order; ours are always there.

    Raises:
        SystemExit: a place holds no data set, or two are called the same.
    """
    found: dict[str, FoundData] = {}
    for place in (*BESIDE, *places):
        here = [FoundData(named(path), path) for path in _candidates(place.resolve())]
        if not here:
            raise SystemExit(f"{place} holds no data set: neither {' and '.join(FILES)} nor a known file of lines")
        for each in here:
            if found.setdefault(each.name, each).path != each.path:
                raise SystemExit(f"two data sets are called {each.name}: {found[each.name].path}, {each.path}")
    order = list(DATA_SETS)
    return sorted(found.values(), key=lambda each: order.index(each.name) if each.name in order else len(order))


def with_role(found: Sequence[FoundData], *roles: str) -> list[FoundData]:
    """Those that play one of some roles, in order."""
    return [each for each in found if set(roles) & set(each.known.roles)]


def described(each: FoundData) -> dict:
    """Name, roles, licence, hashes and counts, for a provenance block."""
    memories, questions = _counts(each)
    return {
        "name": each.name,
        "source": each.known.source,
        "licence": each.known.licence,
        "files": {file.name: sha256_of(file) for file in sorted(each.files)},
        "memories": memories,
        "questions": questions,
    }


def sha256_of(file: Path) -> str:
    """The hash of a file's bytes, in hexadecimal digits."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _candidates(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    elif all((place / name).is_file() for name in FILES):
        yield place
    elif place.is_dir():
        for folder in sorted({file.parent for file in place.glob(f"**/{FILES[1]}")}):
            if (folder / FILES[0]).is_file():
                yield folder
        yield from sorted(file for file in place.glob("**/*.jsonl") if named(file) in DATA_SETS)


def _counts(each: FoundData) -> tuple[int, int]:
    """(memories, questions) as the files have them."""
    if not each.path.is_file():
        return len(rows(each.path / "memories.jsonl")), len(rows(each.path / "queries.jsonl"))
    lines = rows(each.path)
    if "statements" in lines[0]:
        return sum(len(line["statements"]) for line in lines), 0
    if "revised" in each.known.roles:
        return sum(line["op"] in ("add", "revise") for line in lines), 0
    if "ask" not in lines[0] and "op" not in lines[0]:
        return len(lines), 0
    questions, memories = in_file(each.path)
    return len(memories), len(questions)
