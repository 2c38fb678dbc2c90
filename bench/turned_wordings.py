"""Wordings made of the wordings: with the anchor of another, and the other way round.

So the words of an anchor tell nothing, and one word decides which way is asked for, as in counterfactual data
(Kaushik et al. 2020, arXiv 1909.12434): "two notes before X" says −2, and "two notes after X" with all else equal +2.
Only training sees what is made; the words below are nothing that a question is looked up in.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

from bench.asked_wordings import Line, fold_of, held_with, of_places, wants_of

OPPOSITES = {
    "en": (
        ("before", "after"), ("previous", "next"), ("preceding", "following"), ("preceded", "followed"),
        ("precedes", "follows"), ("precede", "follow"), ("previously", "subsequently"), ("prior", "subsequent"),
        ("earlier", "later"), ("above", "below"), ("beforehand", "afterwards"), ("backwards", "forwards"),
        ("backward", "forward"), ("predecessor", "successor"), ("ahead of", "behind"),
    ),
    "zh": (
        ("之前", "之后"), ("以前", "以后"), ("前面", "后面"), ("前一", "后一"), ("上一", "下一"), ("前头", "后头"),
        ("前边", "后边"), ("上面", "下面"), ("早", "晚"), ("往前", "往后"), ("向前", "向后"), ("往上", "往下"),
        ("上两", "下两"), ("上三", "下三"), ("前两", "后两"), ("前三", "后三"), ("前", "后"), ("先于", "晚于"),
        ("上条", "下条"),
    ),
}  # fmt: skip
_OTHER = {language: {w: o for pair in pairs for w, o in (pair, pair[::-1])} for language, pairs in OPPOSITES.items()}
_EDGES = {"en": (r"\b", r"\b"), "zh": ("(?<![然其今目])", "")}
"""What must not stand beside such a word for it to be one: 然后 is no 后."""
FILLED = 3
"""How often a wording that is made is filled, at most."""


def _one_of(language: str) -> re.Pattern[str]:
    words = sorted(_OTHER[language], key=len, reverse=True)
    left, right = _EDGES[language]
    return re.compile(f"{left}({'|'.join(words)}){right}", re.IGNORECASE)


_FINDS = {language: _one_of(language) for language in OPPOSITES}


def turned_round(template: str, language: str) -> str | None:
    """A construction with the one word for its direction replaced by its opposite; None where there is not just one."""
    if len(_FINDS[language].findall(template)) != 1:
        return None

    def other(found: re.Match[str]) -> str:
        word = _OTHER[language][found.group().lower()]
        return word.capitalize() if found.group()[0].isupper() else word

    return _FINDS[language].sub(other, template)


def turned_lines(lines: Sequence[Mapping[str, Any]], seed: int = 0) -> list[Line]:
    """The constructions that can be turned, filled; held back with what they were made of.

    What one by content asks for when it is turned, nobody said: "where did he live before" may ask for the past.
    """
    rng = random.Random(seed)
    made = []
    for line in lines:
        template = turned_round(line["template"], line["language"])
        if template is not None:
            turned = list(of_places([{**line, "template": template, "step": -int(line["step"])}]))
            wants = {} if line["step"] else {"wants": wants_of(None)}
            some = rng.sample(turned, min(FILLED, len(turned)))
            whose = {"group": held_with(line), "wording": line["template"], "how": "turned"}
            made += [each._replace(**whose, **wants) for each in some]
    return made


def exchanged_lines(lines: Sequence[Mapping[str, Any]], seed: int = 0) -> list[Line]:
    """Constructions with anchors of others of their language, of those held back with them, written alike."""
    rng = random.Random(seed)
    pools: dict[tuple[Any, ...], list[str]] = {}
    for line in lines:
        for anchor in line["anchor"]:
            pools.setdefault(_pool_of(line, anchor), []).append(anchor)
    made = []
    for line in lines:
        for like in rng.sample(line["anchor"], min(FILLED, len(line["anchor"]))):
            other = {**line, "anchor": [rng.choice(pools[_pool_of(line, like)])]}
            made.append(rng.choice(list(of_places([other])))._replace(how="exchanged"))
    return made


def _pool_of(line: Mapping[str, Any], anchor: str) -> tuple[Any, ...]:
    """Anchors of one pool can stand for each other: as long or short, in quotes or not."""
    long = len(anchor.split()) > 3 if anchor.isascii() else len(anchor) > 6
    return line["language"], fold_of(held_with(line)), anchor[:1] in "\"'“‘「《", long
