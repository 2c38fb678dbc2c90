"""What ten recalls cost in each format of an answer: characters, and tokens as characters / 4.

    python -m bench.tokens [--json]

The notes are those of two stores of `notes.jsonl`, one in English and one in Chinese, the questions the first of the
first five notes of each. Once as recall answers, and once with `--all`: six memories each time. Chinese costs more
tokens than characters / 4 says; what the formats cost of each other stays the same.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from bench.dataset import rows
from ntm_memory.commands import run
from ntm_memory.rendering import as_context, as_json, as_text

NOTES = Path(__file__).with_name("notes.jsonl")
STORES = ("kim", "fang")
QUESTIONS = 5
CHARACTERS_A_TOKEN = 4
FORMATS = {
    "text": lambda answer: as_text("recall", answer),
    "context": lambda answer: as_context("recall", answer),
    "json": lambda answer: as_json({"ok": True, **answer}),
}


def ask_all(home: Path) -> dict[str, list[dict[str, Any]]]:
    """The answers to all questions, by what was asked for."""
    answers: dict[str, list[dict[str, Any]]] = {"as it answers": [], "--all": []}
    for store in STORES:
        notes = [note for note in rows(NOTES) if note["conv"] == store]
        lines = [json.dumps({"content": note["text"], "when": note["time"]}) for note in notes]
        run({"command": "memorize", "lines": lines, "namespace": store, "home": home})
        for note in notes[:QUESTIONS]:
            question = {"command": "recall", "query": note["ask"][0], "namespace": store, "home": home}
            answers["as it answers"].append(run(question))
            answers["--all"].append(run({**question, "all": True}))
    return answers


def measured(answers: list[dict[str, Any]]) -> dict[str, float]:
    """How many memories were shown on average, and the mean tokens of each format."""
    shown = sum(len(answer["memories"]) for answer in answers) / len(answers)
    cost = {name: sum(map(len, map(printed, answers))) for name, printed in FORMATS.items()}
    return {"memories": shown} | {
        name: characters / len(answers) / CHARACTERS_A_TOKEN for name, characters in cost.items()
    }


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        table = {asked: measured(answers) for asked, answers in ask_all(Path(home)).items()}
    if options.json:
        print(json.dumps(table, indent=2))
        return
    print(f"| ten recalls, tokens each | memories | {' | '.join(FORMATS)} |")
    print("|---|---|" + "---|" * len(FORMATS))
    for asked, numbers in table.items():
        cells = [f"{numbers['memories']:.1f}", *(f"{numbers[name]:.0f}" for name in FORMATS)]
        print(f"| {asked} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
