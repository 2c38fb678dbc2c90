"""The set-up proves itself: real memories stored and found again through the installed scripts."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from _setup.report import SetupError, say
from _setup.scripts import Scripts

MEMORIES = (
    "The spare key is under the blue flower pot",
    "Mia moved to Lisbon in March",
    "今天和老大讨论了认知天性",
    "周末全家去爬了香山",
)
QUESTIONS = (("Where did Mia move to?", MEMORIES[1]), ("和老大讨论了什么？", MEMORIES[2]))


def prove(skill: Path, environment: Path) -> dict[str, Any]:
    """Memorize and recall in a temporary data folder.

    Args:
        skill: folder of the copy to try.
        environment: folder of the Python environment.

    Returns:
        what was asked, what came back with its weight, and seconds for each whole process.

    Raises:
        SetupError: a script failed, or a memory was not found.
    """
    say("proving it: memorize, then recall")
    with tempfile.TemporaryDirectory(prefix="ntm-memory-proof-") as home:
        scripts = Scripts(skill, environment, home)
        lines = "\n".join(json.dumps({"content": content}, ensure_ascii=False) for content in MEMORIES)
        stored, memorize_seconds = scripts.call("memorize", ["--jsonl", "-"], lines)
        recalled = [_ask(scripts, question, expected) for question, expected in QUESTIONS]
    return {"memorized": stored["created"], "memorize_seconds": round(memorize_seconds, 2), "recalled": recalled}


def _ask(scripts: Scripts, question: str, expected: str) -> dict[str, Any]:
    answer, seconds = scripts.call("recall", ["-"], question)
    first = answer["memories"][0] if answer["memories"] else {"content": None, "weight": 0.0}
    if first["content"] != expected:
        message = f"recall answered {first['content']!r} to {question!r} instead of {expected!r}"
        raise SetupError("proof_failed", message, "report it")
    return {"query": question, "memory": first["content"], "weight": first["weight"], "seconds": round(seconds, 2)}
