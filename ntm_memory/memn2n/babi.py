"""The bAbI tasks (Weston et al. 2015, arXiv 1502.05698) in their original text format: stories with questions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ntm_memory.errors import BadValueError, NotFoundError

TASKS = range(1, 21)
SETS = ("en-10k", "en")
SPLITS = ("train", "check", "valid", "test")
_SHARES = {"train": (0.0, 0.85), "check": (0.85, 0.9), "valid": (0.9, 1.0)}
_LINE = re.compile(r"(?<!\d)(\d+) (.*)")
_WORD = re.compile(r"\w+(?:['’-]\w+)*")

Words = tuple[str, ...]


@dataclass(frozen=True)
class BabiQuestion:
    """A question of a story.

    Args:
        told: the sentences before it, the oldest first.
        asked: the question.
        answer: in lower case; several ("apple,milk") are one answer.
        support: which of `told` the data's authors say it follows from; never trained on.
    """

    told: Sequence[Words]
    asked: Words
    answer: str
    support: tuple[int, ...] = ()


Story = list[BabiQuestion]


def words_of(sentence: str) -> Words:
    """The words of a sentence, in lower case, without its punctuation."""
    return tuple(_WORD.findall(sentence.lower()))


def read_stories(path: Path) -> list[Story]:
    """Read a file of the archive.

    Args:
        path: lines `1 Mary moved to the bathroom.` and `3 Where is Mary?⟨tab⟩bathroom⟨tab⟩1`; number 1 begins a story.

    Raises:
        BadValueError: it is not such a file.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise BadValueError(f"{path} cannot be read: {error}", "give the text files of the bAbI archive") from error
    stories: list[Story] = []
    told: dict[int, Words] = {}
    for row, line in enumerate(lines, 1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line.strip(" \r"))
        if match is None or (not stories and match[1] != "1"):
            raise BadValueError(f"{path}:{row} is no line of a bAbI story", "expected: NUMBER SENTENCE, beginning at 1")
        if match[1] == "1":
            stories.append([])
            told = {}
        if "\t" not in match[2]:
            told[int(match[1])] = words_of(match[2])
        else:
            stories[-1].append(_question(match[2], told, f"{path}:{row}"))
    return stories


def _question(line: str, told: dict[int, Words], where: str) -> BabiQuestion:
    sentence, answer, *support = (part.strip() for part in line.split("\t"))
    if not answer:
        raise BadValueError(f"{where} is a question without an answer", "expected: QUESTION, tab, ANSWER")
    places = {number: place for place, number in enumerate(told)}
    named = [int(number) for number in " ".join(support).split() if number.isdigit()]
    known = tuple(places[number] for number in named if number in places)
    return BabiQuestion(tuple(told.values()), words_of(sentence), answer.lower(), known)


def find_file(data: Path, task: int, chosen: str, kind: str) -> Path:
    """The file of a task.

    Args:
        data: the folder of the archive (holding `en` and `en-10k`, or one deeper), or a folder with the files.
        task: 1 … 20.
        chosen: `en-10k` or `en`.
        kind: `train` or `test`.

    Raises:
        NotFoundError: there is no such folder or file.
    """
    if not data.is_dir():
        raise NotFoundError(f"there is no folder {data}", "--data: the folder of the bAbI archive, with en and en-10k")
    name = f"qa{task}_*_{kind}.txt"
    places = [f"{chosen}/{name}", f"*/{chosen}/{name}"]
    other = data.resolve().name in SETS and data.resolve().name != chosen
    if not other and not any((data / known).is_dir() for known in SETS):
        places.append(name)
    for place in places:
        found = sorted(data.glob(place))
        if found:
            return found[0]
    hint = "the official test files are not part of this folder" if kind == "test" else "is it the bAbI archive's?"
    raise NotFoundError(f"{data} has no {chosen}/{name}", hint)


def load_questions(data: Path, task: int, chosen: str, split: str) -> list[BabiQuestion]:
    """The questions of a part of a task; stories are never cut in two.

    Args:
        data: see `find_file`.
        task: 1 … 20.
        chosen: `en-10k` or `en`.
        split: of the training file `train` (the first 85 % of the stories), `check` (5 %, never used for any choice)
            or `valid` (the last 10 %, by which restarts are chosen); `test`: the official test file.

    Raises:
        NotFoundError: there is no such file.
        BadValueError: it is no bAbI file, or has no questions.
    """
    stories = read_stories(find_file(data, task, chosen, "test" if split == "test" else "train"))
    if split != "test":
        first, last = (round(share * len(stories)) for share in _SHARES[split])
        stories = stories[first:last]
    questions = [question for story in stories for question in story]
    if not questions:
        raise BadValueError(f"the {split} part of task {task} has no questions", "is the file whole?")
    return questions
