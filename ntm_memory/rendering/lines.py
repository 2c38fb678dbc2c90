"""A memory as one line: its head, two blanks, its text.

    m_caqmgjxs4z 2026-05-08 mia-drink .92  Mia drinks green tea

No text has two blanks in a row, and no name in a head has any: what stands before them is ours, whatever a memory says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ntm_memory.operations.requests import LEAST_SEEN
from ntm_memory.privacy.trust import USUAL
from ntm_memory.text.printable import in_one_line
from ntm_memory.times.zones import local_day

Answer = Mapping[str, Any]
MOST_OF_TEXT = 200
_PLAIN = re.compile(r"(?!m_)[^\W\d_][\w.:/@+-]*")
_OURS = frozenset({"by", "until", "perhaps", "also", "told", "cut", "version", "state", "conflict"})


def line(memory: Answer) -> str:
    """One memory."""
    return f"{head(memory)}  {text(memory['content'])}"


def head(memory: Answer) -> str:
    """Which memory it is, when it was told, and what is known of it: of the rest, who told it where that is unusual."""
    parts = [memory["id"], day(memory)]
    if memory.get("key"):
        parts.append(name(memory["key"]))
    if memory.get("trust", USUAL) != USUAL:
        parts.append(f"by {memory['trust']}")
    cut = ["cut"] if memory.get("truncated") else []
    return " ".join([*parts, *sureness(memory), *marks(memory), *cut])


def marks(memory: Answer) -> Iterator[str]:
    """What holds of few memories: until when they are true, what may say it anew, how often they were told."""
    if memory.get("until"):
        yield f"until {local_day(memory['until'])}"
    if memory.get("superseded_by"):
        yield f"perhaps revised by {memory['superseded_by']}"
    if memory.get("conflict"):
        yield "conflict"
    if memory.get("told", 1) > 1:
        yield f"told {memory['told']} times, last {local_day(memory['last_told'])}"


def day(memory: Answer) -> str:
    """When what it says happened, else when it was told in these words."""
    return local_day(str(memory.get("occurred_at") or memory.get("updated_at") or memory.get("created_at") or ""))


def sureness(memory: Answer) -> list[str]:
    """How likely it answers; where it was not read with the question, its share of attention."""
    if memory.get("chance") is not None:
        return [share(memory["chance"])]
    weight = memory.get("weight") or 0.0
    return [f"{weight:.0%}"] if weight >= LEAST_SEEN else []


def share(value: float) -> str:
    """0.92 as .92."""
    return f"{value:.2f}".removeprefix("0")


def name(told: str) -> str:
    """A key or a source as one word of a head: in quotes where it is not plainly a word of its own."""
    told = in_one_line(told)
    if _PLAIN.fullmatch(told) and told not in _OURS:
        return told
    return json.dumps(told, ensure_ascii=False)


def text(told: Any) -> str:
    """A text within its line."""
    return in_one_line(str(told))


def beginning(told: Any) -> str:
    """The same, bounded."""
    whole = text(told)
    return whole if len(whole) <= MOST_OF_TEXT else whole[: MOST_OF_TEXT - 1] + "…"


def count(number: int, what: str) -> str:
    """`1 memory`, `2 memories`."""
    many = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"{number:,} {what if number == 1 else many}"
