"""`verify`: twenty facts told in a folder of their own, thirty questions asked: the figures of this machine."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ntm_memory.installation.calls import Commands
from ntm_memory.manager import NTMMemoryManager

FACTS = Path(__file__).with_name("facts.json")
WHOLE = 5
"""So many questions are put once more by a whole process each, as an agent puts them."""
CHARACTERS_A_TOKEN = 4


def verify(*, by_console: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """Tell the facts, ask the questions, count.

    Args:
        by_console: the console command is what was entered.
        say: is told what goes on.

    Returns:
        `found`: the right memory stands first; `shown`: it is among what is answered; `silent`: nothing is answered to
        a question that nothing answers; how long it took, and what an answer costs.
    """
    told = json.loads(FACTS.read_text(encoding="utf-8"))
    facts, questions, unknown = told["facts"], told["questions"], told["unknown"]
    with tempfile.TemporaryDirectory(prefix="ntm-memory-verify-") as folder:
        with NTMMemoryManager(folder) as memory:
            say(f"telling {len(facts)} facts")
            start = time.perf_counter()
            memory.memorize_many([{"content": fact} for fact in facts])
            wrote = time.perf_counter() - start
            say(f"asking {len(questions) + len(unknown)} questions")
            memory.recall(facts[0])  # what is loaded once is not what a question costs
            answers = [_ask(memory, question) for question in [question for question, _ in questions] + unknown]
            embedder = (memory.store.embedder() or {}).get("name")
        whole = _whole(Commands(by_console, Path(folder)), [question for question, _ in questions])
    known = list(zip(questions, answers, strict=False))
    return {
        "embedder": embedder,
        "facts": len(facts),
        "questions": len(questions),
        "found": sum(texts[:1] == [facts[right]] for (_, right), (texts, _) in known),
        "shown": sum(facts[right] in texts for (_, right), (texts, _) in known),
        "missed": [question for (question, right), (texts, _) in known if facts[right] not in texts],
        "unknown": len(unknown),
        "silent": sum(not texts for texts, _ in answers[len(questions) :]),
        "memorize_ms": round(wrote * 1000 / len(facts), 1),
        "recall_ms": round(statistics.median(milliseconds for _, milliseconds in answers), 1),
        "slowest_recall_ms": round(max(milliseconds for _, milliseconds in answers), 1),
        **whole,
    }


def _ask(memory: NTMMemoryManager, question: str) -> tuple[list[str], float]:
    """(the contents that are answered, milliseconds)."""
    start = time.perf_counter()
    found = memory.recall(question)
    return [each.content for each in found.memories], (time.perf_counter() - start) * 1000


def _whole(commands: Commands, questions: list[str]) -> dict[str, Any]:
    """What an agent waits for and reads: whole processes, the text that is printed."""
    step = len(questions) // WHOLE
    printed = [commands.printed("recall", [question, "--format", "text"]) for question in questions[::step]]
    return {
        "process_ms": round(statistics.median(seconds for _, seconds in printed) * 1000),
        "tokens": round(statistics.mean(len(text) for text, _ in printed) / CHARACTERS_A_TOKEN),
    }
