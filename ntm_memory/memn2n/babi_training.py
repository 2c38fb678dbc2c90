"""Training Memory Networks on bAbI: one task, or several in one network; measuring them on a part of the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ntm_memory.errors import BadValueError, NotFoundError
from ntm_memory.memn2n.babi import BabiQuestion, find_file, load_questions
from ntm_memory.memn2n.checkpoint import Reader
from ntm_memory.memn2n.encoding import Encoded, Vocabulary, encode_questions
from ntm_memory.memn2n.parameters import MemN2NSettings
from ntm_memory.memn2n.recipes import babi_recipe
from ntm_memory.memn2n.training import AnswerScore, EpochReport, Trained, Training, evaluate_memn2n


def available_set(data: Path, task: int, chosen: str) -> str:
    """The set a task is trained on: the one asked for, else `en` (archives exist without the 10k file of task 3).

    Raises:
        NotFoundError: there is neither.
    """
    try:
        find_file(data, task, chosen, "train")
    except NotFoundError:
        find_file(data, task, "en", "train")
        return "en"
    return chosen


def train_reader(
    data: Path,
    tasks: Sequence[int],
    chosen: str,
    changes: Mapping[str, Any],
    *,
    restarts: int = 1,
    seed: int = 0,
    command: str = "",
    report: Callable[[EpochReport], None] = lambda report: None,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[Reader, bool]:
    """Train one network on one task, or jointly on several; the best restart on the validation part is kept.

    Args:
        data: the archive's folder.
        tasks: one or more, of the set `chosen`.
        chosen: `en-10k` or `en`.
        changes: settings other than the recipe's.
        restarts: see `Training.best_of`.
        seed: likewise.
        command: recorded with the network.
        report: see `Training`.
        stop: likewise.

    Returns:
        The network, and whether the training was stopped before its end.

    Raises:
        BadValueError: a setting is out of range.
        NotFoundError: a file is missing, or there is nothing to keep yet.
    """
    sets = {task: available_set(data, task, chosen) for task in tasks}
    settings, schedule = babi_recipe(tasks, sets[tasks[0]], changes)
    vocabulary, settings, (train, valid, check) = _encoded(data, sets, settings)
    best, tried = Training(settings, schedule, train, valid, report, stop).best_of(restarts, seed)
    if not best.epoch:
        raise NotFoundError("stopped before the first pass ended: there is nothing to keep")
    metrics = _metrics(best, tried, evaluate_memn2n(best.network, check))
    return Reader(best.network, vocabulary, tuple(tasks), _named(sets), metrics, command), tried[-1].stopped


def _named(sets: Mapping[int, str]) -> str:
    return ",".join(sorted(set(sets.values())))


def _encoded(
    data: Path, sets: Mapping[int, str], settings: MemN2NSettings
) -> tuple[Vocabulary, MemN2NSettings, list[Encoded]]:
    """The words of the training part, the settings that fit them, and the parts train, valid and check."""
    parts = [_questions(data, sets, part) for part in ("train", "valid", "check")]
    vocabulary = Vocabulary.of(parts[0])
    settings = vocabulary.fitted(settings)
    return vocabulary, settings, [encode_questions(questions, vocabulary, settings) for questions in parts]


def _questions(data: Path, sets: Mapping[int, str], part: str) -> list[BabiQuestion]:
    return [question for task, chosen in sets.items() for question in load_questions(data, task, chosen, part)]


def _metrics(best: Trained, tried: Sequence[Trained], check: AnswerScore) -> dict[str, Any]:
    return {
        "valid_error": round(best.valid.error, 3),
        "valid_loss": round(best.valid.loss, 4),
        "valid_questions": best.valid.questions,
        "check_error": round(check.error, 3),
        "check_questions": check.questions,
        "seed": best.seed,
        "epoch": best.epoch,
        "restarts": {str(trained.seed): round(trained.valid.error, 3) for trained in tried},
    }


def measure(reader: Reader, data: Path, task: int, split: str, chosen: str | None = None) -> dict[str, Any]:
    """The error of a trained network.

    Args:
        reader: the network.
        data: the archive's folder.
        task: one it was trained on.
        split: `train`, `check`, `valid` or `test`.
        chosen: the set; default: the one it was trained on.

    Returns:
        `task`, `set`, `split`, `error` (percent), `questions`.

    Raises:
        BadValueError: it was not trained on this task.
        NotFoundError: the file is missing.
    """
    where = chosen or trained_set(reader, data, task)
    questions = load_questions(data, task, where, split)
    score = evaluate_memn2n(reader.network, encode_questions(questions, reader.vocabulary, reader.network.settings))
    named = {"task": task, "set": where, "split": split}
    return {**named, "error": round(score.error, 3), "questions": score.questions}


def trained_set(reader: Reader, data: Path, task: int) -> str:
    """The set a network learned a task from.

    Raises:
        BadValueError: it was not trained on this task.
        NotFoundError: the data have no such task.
    """
    if task not in reader.tasks:
        known = ", ".join(map(str, reader.tasks))
        raise BadValueError(f"this network was not trained on task {task}", f"its tasks: {known}")
    return available_set(data, task, "en-10k") if "en-10k" in reader.chosen else "en"
