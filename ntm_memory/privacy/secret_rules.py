"""Credentials of services, by the rules of betterleaks.

The rules (`secret_rules.jsonl`, taken over by `python -m bench.secret_rules`) stand behind their keywords: of the file
only the first line is read until one of them occurs in a text.
"""

from __future__ import annotations

import json
import math
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

RULES = Path(__file__).with_name("secret_rules.jsonl")
AROUND = 4000
"""Characters on either side of a keyword in which its rules look."""
PLACEHOLDERS = re.compile(
    r"""(?ix) ^ (?:
        true | false | null | none | pass(?:word)? | user(?:name)? | secret | token | key | pwd |
        (.)\1* | \$\w+ | \$?\{\{? [^{}]* \}?\} | %\w+% | <[^<>]*> | \[[^\[\]]*\] | @\w+@ |
        (?:your|my|the|some|an?|example|sample|dummy|fake|test|insert|enter|put)[-_\ ] .* |
        x{3,} .* | .* (?:x{4,}|\*{3,}|\.{3,}|…) .* |
        .* (?: change[-_ ]?(?:me|it) | placeholder | example | redacted ) .* |
        (?:os|process|env|config|settings|self|secrets)\. .*
    ) $"""
)
"""What stands where a secret would stand, and is none."""


Found = tuple[str, int, int]
"""(kind, start, end)"""


class _Rule(NamedTuple):
    kind: str
    pattern: re.Pattern[str]
    entropy: float
    group: int | None


def is_placeholder(value: str) -> bool:
    """Whether this only says that a secret belongs here."""
    return bool(PLACEHOLDERS.match(value[:500]))


def entropy(text: str) -> float:
    """Shannon's entropy of a text's characters, in bits a character."""
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)


def find_credentials(text: str, lowered: str) -> Iterator[Found]:
    """Every credential that a rule knows; some may overlap.

    Args:
        text: it.
        lowered: its ASCII letters made small.
    """
    for word, numbers in _keywords().items():
        at = lowered.find(word)
        if at < 0:
            continue
        last = lowered.rfind(word) + len(word)
        low, high = max(at - AROUND, 0), last + AROUND
        for number in numbers:
            yield from _matches(_rule(number), text, low, high)


def _matches(rule: _Rule, text: str, low: int, high: int) -> Iterator[Found]:
    for match in rule.pattern.finditer(text, low, min(high, len(text))):
        group = rule.group or next((number for number, value in enumerate(match.groups(), start=1) if value), 0)
        value = match[group]
        if entropy(value) > rule.entropy and not is_placeholder(value):
            yield (rule.kind, *match.span(group))


def kinds_of_rules() -> frozenset[str]:
    """What rules call what they find."""
    return frozenset(json.loads(line)["id"] for line in _lines())


@cache
def _keywords() -> dict[str, list[int]]:
    with RULES.open(encoding="utf-8") as lines:
        keywords: dict[str, list[int]] = json.loads(lines.readline())["keywords"]
    return keywords


@cache
def _lines() -> list[str]:
    return RULES.read_text(encoding="utf-8").splitlines()[1:]


@cache
def _rule(number: int) -> _Rule:
    rule = json.loads(_lines()[number])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # [[ in a class is meant as it is written
        pattern = re.compile(rule["pattern"])
    return _Rule(rule["id"], pattern, rule.get("entropy", 0.0), rule.get("group"))
