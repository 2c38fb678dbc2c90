"""What a question about a time names besides the time: "what did Marta do in September?" asks for hers alone.

The words that the network takes for what the question is about, outside its times, and what is written like a name tell
what that is. Words that are no names decide only where the reader finds what holds them likelier than the rest.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import Query, Reading
from ntm_memory.text.question_names import names_within
from ntm_memory.text.words import STOP_WORDS, index_words

Mask = NDArray[np.bool_]


class Topic(NamedTuple):
    """What is named besides a time.

    Args:
        holding: (N,) which memories hold it.
        is_name: whether it is written like a name.
    """

    holding: Mask
    is_name: bool

    def leads(self, there: Mask, within: Reading) -> bool:
        """Whether of what is of the time that which holds the topic is meant, and not the rest.

        Args:
            there: (N,) what is of the time.
            within: how a reader finds it.
        """
        mine = self.holding[within.index]
        if not (self.holding & there).any():
            return False
        chances = within.weights if within.chances is None else np.nan_to_num(within.chances)
        best = float(chances[mine].max(initial=0.0))
        return self.is_name or best > float(chances[~mine].max(initial=0.0))


def topic_of(corpus: Corpus, query: Query) -> Topic | None:
    """What a question names besides the times that it tells; None: nothing that can be known."""
    rest = _without_times(query)
    names, words = names_within(rest), _anchored(query, rest)
    there = corpus.holding([*dict.fromkeys([*(word for name in names for word in name), *words])])
    nowhere = np.zeros(len(corpus.slots), dtype=bool)
    held = [np.all([there.get(word, nowhere) for word in name], axis=0) for name in names]
    if any(each.any() for each in held):
        return Topic(np.any(held, axis=0), is_name=True)
    if not query.cjk and names_within(_first_word_small(rest)):  # a name that nobody told
        return Topic(nowhere, is_name=True)
    known = [there[word] for word in words if word in there]
    if known or (words and not query.cjk):  # pairs of Chinese characters need not be words
        return Topic(np.any([nowhere, *known], axis=0), is_name=False)
    return None


def _without_times(query: Query) -> str:
    """The question as it is, blanks where it tells times."""
    letters = list(query.text)
    for time in query.times:
        start, end = time.place
        letters[start:end] = " " * (end - start)
    return "".join(letters)


def _anchored(query: Query, rest: str) -> list[str]:
    """The index words of what a question is about, outside its times."""
    anchor = "" if query.asked is None else query.asked.anchor
    start = query.text.find(anchor) if anchor else -1
    return [] if start < 0 else [word for word in _told(rest[start : start + len(anchor)]) if word not in STOP_WORDS]


def _told(text: str) -> tuple[str, ...]:
    return index_words(text) if text.strip() else ()


def _first_word_small(text: str) -> str:
    """A text whose first word is not capitalised because it is the first."""
    return re.sub(r"\w", lambda match: match[0].lower(), text, count=1)
