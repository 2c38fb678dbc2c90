"""Whether a statement plainly revises an older one: the same subject, the same thing told of it, told anew.

"Anna moved to Berlin" revises "Anna lives in Paris"; "Anna plays the cello" does not. Read from the two texts and the
likeness of their keys; the weights are learned, see `parameters.py`.
"""

from __future__ import annotations

import math
import operator
import re

from ntm_memory.supersession.parameters import load_weights
from ntm_memory.supersession.relations import (
    CHANGE,
    FAVOURITE,
    NAMED,
    SEVERAL,
    TURN,
    are_one_attribute,
    attributes_of,
    relations_of,
    shapes,
)
from ntm_memory.supersession.subjects import TOPIC, begin_alike, is_named, speaks_cjk, subject, without_relative
from ntm_memory.text.likeness import likeness
from ntm_memory.text.words import ASKS, SPOKEN, index_words, marks
from ntm_memory.text.writing_systems import is_cjk

LONGEST, LONGEST_CJK = 240, 60
"""Characters; a longer text tells more than one thing."""
SURE, LIKELY = 0.4, 0.2
"""A memory is revised by a chance of SURE, and the likeliest one by LIKELY: a new statement revises one thing first."""

# which signals say, without a name, that both tell of one thing: a word of change, an attribute
_TELLING = operator.itemgetter(5, 8)
# which of them say that both tell of one thing: a relation, an attribute
_OF_ONE_THING = operator.itemgetter(6, 8)

_SENTENCES = re.compile(r"[a-z\d]{3}[.!?]\s+[A-Z]|[。！？；]\s*\w|\n\s*\S")

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def is_statement(text: str) -> bool:
    """Whether a text may tell one thing of one subject: one short sentence, no turn of a talk, no question."""
    longest = LONGEST_CJK if is_cjk(text[: LONGEST + 1]) else LONGEST
    return len(text) <= longest and not _SENTENCES.search(text) and not {SPOKEN, ASKS} & set(marks(text))


def chance(old: str, new: str, cosine: float, *, apart: bool = False) -> float:
    """How likely `new` revises `old`, 0–1, given that both are about the same subject.

    Args:
        old: the older statement.
        new: the newer one.
        cosine: of their centred keys.
        apart: whether they are told of different days.
    """
    years = [set(_YEAR.findall(text)) for text in (old, new)]
    seen = revision_signals(old, new, cosine)
    if all(years) and not years[0] & years[1] and not (CHANGE.search(new) and any(_OF_ONE_THING(seen))):
        return 0.0  # what happened in another year is another event
    if apart and not any(_OF_ONE_THING(seen)):
        return 0.0  # and so is what happened on another day, if it is no state that lasts
    if not (is_named(old) or any(_TELLING(seen))):
        return 0.0  # "note one", "note two": alike, but nothing says that they tell of one thing
    return 1 / (1 + math.exp(-sum(weight * value for weight, value in zip(load_weights(), seen, strict=True))))


def revision_signals(old: str, new: str, cosine: float) -> tuple[float, ...]:
    """What the chance is drawn from, in the order of `parameters.SIGNALS`; arguments as for `chance`."""
    said, told = _about(old, new), _about(new, old)
    shared = len(said & told) / max(1, min(len(said), len(told)))
    shaped = bool(shapes(old) & shapes(new))
    changes = len(CHANGE.findall(new)) > len(CHANGE.findall(old))
    attributes = [attributes_of(without_relative(text)) for text in (old, new)]
    alike = any(are_one_attribute(one, other) for one in attributes[0] for other in attributes[1])
    unlike = all(attributes) and not alike
    relations = [relations_of(TOPIC.sub("", without_relative(text))) for text in (old, new)]
    common = relations[0] & relations[1]
    if not alike and any(attributes):
        common = set() if unlike and FAVOURITE in common else common - {NAMED, FAVOURITE}
    several = not TURN.search(new) and any(map(SEVERAL.search, (old, new)))
    related = bool(common) and not several
    unrelated = all(relations) and not common
    return (
        1.0,
        cosine,
        shared,
        likeness(old, new),
        float(shaped),
        float(changes),
        float(related),
        float(unrelated),
        float(alike),
        float(unlike),
        float(several),
        float(alike and changes),
    )


def _about(text: str, other: str) -> set[str]:
    """The index words of a statement without those of its subject."""
    if speaks_cjk(text):
        return set(index_words(text[max(begin_alike(text, other) - 1, 0) :]))
    return set(index_words(text)) - set(index_words(subject(text)))
