"""Which data sets are known by name, what each is for in a fit, and its licence; finding them in folders."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.dataset import FILES, in_file, named, rows
from bench.held_stores import HELD_WRITERS

OURS = "MIT, written for this project"
FREE = "CC0 1.0, written for this project"
PAIRS = Path(__file__).with_name("pairs")
_NAMES = ("answers", "details", "prompts", "revisions", "stores", "tasks", "told")
PAIR_FILES = tuple(f"{name}.jsonl" for name in _NAMES)
"""What a folder of pairs to be read together has at least one of."""


class DataSet(NamedTuple):
    """What is known of a data set by its name.

    Args:
        roles: `written`: what somebody wrote or said, and questions about it; `pool`: paragraphs gathered by question;
            `facts`: statements of a few templates; `notes`: short notes asked for in other words; `revised`: facts told
            anew; `sentences`: what everyday memories are like;
            `talk`: ordinary turns, notes and prose, which hold no secret;
            `echoed`: notes that come back in the words of who recalled them;
            `tasks`: stores with prompts, for half of which a note matters;
            `stores`: notes of a household, a person or a trade, and questions about them;
            `stored`: the same, with those that are held back to compare by;
            `sessions`: stores with sessions, in which a question may lean on those before it;
            `updated`: facts told anew, and questions about them;
            `read`: questions with what answers them, and statements with what revises them, to be read together;
            none: only measured, never learned from.
        licence: of the texts.
        source: whose it is.
    """

    roles: tuple[str, ...]
    licence: str
    source: str


DATA_SETS = {  # the order is the one they are learned from in
    "locomo": DataSet(("written",), "CC BY-NC 4.0", "snap-research/LoCoMo"),
    "memdaily_zh": DataSet(("written", "talk"), "none named", "nuster1128/MemSim"),
    "lifebench_zh_lite": DataSet(("written", "read", "talk"), "Apache-2.0", "1754955896/LifeBench"),
    "lifebench_en_lite": DataSet(("written", "read", "talk"), "Apache-2.0", "1754955896/LifeBench"),
    "longmemeval_mini_session": DataSet(("written", "talk"), "MIT", "xiaowu0162/LongMemEval"),
    "beam100k": DataSet(("written",), "none noted", "mohammadtavakoli78/BEAM"),
    "cmrc2018": DataSet(("written", "read", "talk"), "CC BY-SA 4.0", "ymcui/cmrc2018"),
    "forget_en": DataSet(("facts",), "none named", "scripted probes of a few templates"),
    "forget_zh": DataSet(("facts",), "none named", "scripted probes of a few templates"),
    "notes": DataSet(("notes", "read"), OURS, "bench/notes.jsonl"),
    "2wiki": DataSet(("pool", "read"), "Apache-2.0", "Alab-NII/2wikimultihop"),
    "musique": DataSet(("pool", "read"), "CC BY 4.0", "StonyBrookNLP/musique"),
    "hotpot": DataSet(("pool", "read", "talk"), "CC BY-SA 4.0", "hotpotqa/hotpot"),
    "revisions": DataSet(("revised",), OURS, "bench/revisions.jsonl"),
    "update_en": DataSet(("revised", "updated"), "none named", "scripted probes of a few templates"),
    "update_zh": DataSet(("revised", "updated"), "none named", "scripted probes of a few templates"),
    "prior_texts": DataSet(("sentences",), OURS, "bench/prior_texts.jsonl"),
    "realtalk": DataSet(("written",), "none named", "danny911kr/REALTALK"),
    "xquad_en": DataSet(("read",), "CC BY-SA 4.0", "google-deepmind/xquad"),
    "xquad_zh": DataSet(("read",), "CC BY-SA 4.0", "google-deepmind/xquad"),
    "friendsqa_dev": DataSet(("read", "talk"), "Apache-2.0", "emorynlp/FriendsQA"),
    "friendsqa_tst": DataSet(("read", "talk"), "Apache-2.0", "emorynlp/FriendsQA"),
}
WRITTEN_PAIRS = sorted({file.parent for name in PAIR_FILES for file in PAIRS.glob(f"*/{name}")})
_ECHOED = ("en1_stores", "en2_stores", "en3_stores", "mix1_stores", "zh1_stores", "zh2_stores", "zh3_stores")
DATA_SETS |= {
    folder.name: DataSet(
        (
            {"tasks": "tasks", "sessions": "sessions"}.get(folder.name.split("_")[-1], "read"),
            *(["talk", "stored"] if folder.name.endswith("_stores") else []),
            *(["stores"] if folder.name.endswith("_stores") and not folder.name.startswith(HELD_WRITERS) else []),
            *(["echoed"] if folder.name in _ECHOED else []),
        ),
        FREE,
        f"bench/pairs/{folder.name}",
    )
    for folder in WRITTEN_PAIRS
}
BESIDE = (
    *(Path(__file__).with_name(name) for name in ("notes.jsonl", "revisions.jsonl", "prior_texts.jsonl")),
    *WRITTEN_PAIRS,
)
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
        if self.path.is_file():
            return [self.path]
        if _has_pairs(self.path):
            return sorted(self.path.glob("*.jsonl"))
        return [self.path / name for name in FILES]


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


def described_file(file: Path, memories: int) -> dict:
    """The same of a file of ours with so many texts, which are no questions put to others."""
    return {
        "name": file.stem,
        "source": file.relative_to(Path(__file__).parents[1]).as_posix(),
        "licence": OURS,
        "memories": memories,
        "questions": 0,
        "files": {file.name: sha256_of(file)},
    }


def sha256_of(file: Path) -> str:
    """The hash of a file's bytes, in hexadecimal digits."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _candidates(place: Path) -> Iterator[Path]:
    if place.is_file() or _is_set(place):
        yield place
    elif place.is_dir():
        inside = sorted(place.rglob("*"))
        folders = [folder for folder in inside if folder.is_dir() and _is_set(folder)]
        yield from folders
        files = [file for file in inside if file.suffix in (".jsonl", ".json") and file.parent not in folders]
        yield from (file for file in files if named(file) in DATA_SETS)


def _is_set(folder: Path) -> bool:
    return all((folder / name).is_file() for name in FILES) or _has_pairs(folder)


def _has_pairs(folder: Path) -> bool:
    return any((folder / name).is_file() for name in PAIR_FILES)


def _counts(each: FoundData) -> tuple[int, int]:
    """(memories, questions) as the files have them."""
    if each.path.suffix == ".json":
        return _counts_of_passages(each.path)
    if not each.path.is_file():
        if _has_pairs(each.path):
            return _counts_of_pairs([line for file in each.files for line in rows(file)])
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


def _counts_of_passages(file: Path) -> tuple[int, int]:
    """(utterances of talk, or passages; questions) of a file in SQuAD's form."""
    data = json.loads(file.read_text(encoding="utf-8"))["data"]
    passages = [passage for part in data for passage in part["paragraphs"]]
    return (
        sum(len(passage.get("utterances:", ["its text"])) for passage in passages),
        sum(len(passage["qas"]) for passage in passages),
    )


def _counts_of_pairs(lines: Sequence[dict]) -> tuple[int, int]:
    """(notes and statements, questions and prompts) of a folder of pairs."""
    memories = questions = 0
    for line in lines:
        if "notes" in line:
            memories += len(line["notes"]) + 2 * len(line["pairs"])
            questions += len(line["questions"]) + len(line["prompts"])
        elif "turns" in line:
            questions += len(line["turns"])
        elif "content" in line:
            memories += 1
        elif "q" in line:
            memories, questions = memories + len(line["yes"]) + len(line["no"]), questions + 1
        elif "prompt" in line:
            memories, questions = memories + len(line["matters"]) + len(line["not"]), questions + 1
        elif "note" in line:
            memories += 1 + len(line["also"])
            questions += sum(len(line[kind]) for kind in ("answered", "missing", "other"))
        else:
            memories += 2
    return memories, questions
