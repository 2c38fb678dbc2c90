"""Memory Networks on bAbI: percent of wrong answers of every task, as rows of a Markdown table and their mean.

    python -m bench.babi_table --data DIR [--cores FOLDER]

The shipped networks, or those of a folder (`train.py babi --out`). `valid` chose pass and restart, `check` nothing.
Of networks that learned from `en` also `unseen`: the questions of en-10k whose stories are not in the file of `en`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ntm_memory.errors import NotFoundError
from ntm_memory.memn2n.babi import TASKS, find_file, read_stories
from ntm_memory.memn2n.babi_training import measure
from ntm_memory.memn2n.checkpoint import Reader, core_name, load_reader, shipped_reader
from ntm_memory.memn2n.encoding import encode_questions
from ntm_memory.memn2n.training import evaluate_memn2n

COLUMNS = ("valid", "check", "unseen")


def unseen(reader: Reader, data: Path, task: int) -> float | None:
    """Error on the stories that only the larger set has; None: there is no such file, or it was learned from."""
    if reader.chosen != "en":
        return None
    try:
        larger = read_stories(find_file(data, task, "en-10k", "train"))
    except NotFoundError:
        return None
    known = {_told(story) for story in read_stories(find_file(data, task, "en", "train"))}
    questions = [question for story in larger if _told(story) not in known for question in story]
    encoded = encode_questions(questions, reader.vocabulary, reader.network.settings)
    return evaluate_memn2n(reader.network, encoded).error


def _told(story: list) -> tuple:
    return tuple((question.told, question.asked) for question in story)


def row(reader: Reader, data: Path, task: int) -> dict[str, float | None]:
    scores = {part: measure(reader, data, task, part)["error"] for part in ("valid", "check")}
    return {**scores, "unseen": unseen(reader, data, task)}


def line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cores", type=Path)
    arguments = parser.parse_args()
    rows = {}
    print(line(["task", "set", *COLUMNS, "restarts", "network"]))
    for task in TASKS:
        reader = load_reader(arguments.cores / f"{core_name(task)}.npz") if arguments.cores else shipped_reader(task)
        rows[task] = row(reader, arguments.data, task)
        s = reader.network.settings
        kind = f"{s.tying}, d {s.dim}, {s.hops} hops, {s.nonlinearity}{'' if s.times else ', no times'}"
        cells = ["–" if rows[task][name] is None else f"{rows[task][name]:.1f}" for name in COLUMNS]
        print(line([str(task), reader.chosen, *cells, str(len(reader.metrics["restarts"])), kind]), flush=True)
    for name in COLUMNS:
        for label, chosen in (("all", TASKS), ("all but 3", [task for task in TASKS if task != 3])):
            found = [rows[task][name] for task in chosen if rows[task][name] is not None]
            if found:
                above = sum(value > 5 for value in found)
                mean = f"mean {sum(found) / len(found):.2f} %, above 5 %: {above}"
                print(f"{name}, {label} ({len(found)} tasks): {mean}")


if __name__ == "__main__":
    main()
