"""Questions that ask for several things, or come wrapped in talk: each question within is looked for on its own.

One key for "where does my brother live? And which phone do I have?" points between both answers, and the memories that
are a little like both stand before the one that tells the second.
"""

from __future__ import annotations

import re

from ntm_memory.text.passages import WIDTH
from ntm_memory.text.words import STOP_WORDS, index_words
from ntm_memory.text.writing_systems import is_cjk

MOST = 3  # each costs an embedding
TALK = 200
"""Characters of a text that is too long to be read with a memory, a third of Chinese: what counts are its questions."""
_LEAST = 3  # words, or pairs of Chinese characters: "and his?" says nothing without the rest
_SENTENCES = re.compile(r"(?<=[？！。\n])|(?<=[?!])(?![a-zA-Z0-9=&/%\"'”’』」)）])|(?<=[^\W\d_]{2}\.)\s+")
_SHORTENED = re.compile(r"\b(?:mrs?|ms|dr|prof|st|jr|sr|vs|no|approx|e\.g|i\.e)\.$", re.IGNORECASE)
_QUESTION = re.compile(r"[?？][\s\"'”’』」)）]*$")


def questions_within(text: str) -> tuple[str, ...]:
    """The last `MOST` questions of a text that says more than one thing, in order; none where it is one question."""
    sentences: list[str] = []
    for piece in _SENTENCES.split(text):
        if sentences and _SHORTENED.search(sentences[-1]):
            sentences[-1] += f" {piece}"
        else:
            sentences.append(piece)
    found = [sentence.strip() for sentence in sentences if _QUESTION.search(sentence)]
    usable = [each for each in found if each != text.strip() and _speaks(each)]
    return tuple(usable[-MOST:])


def is_talk(text: str) -> bool:
    """Whether a text is so long that the questions within it say better what is asked."""
    return len(text) > (TALK // WIDTH if is_cjk(text) else TALK)


def _speaks(question: str) -> bool:
    """Whether a question can be looked for by what it says."""
    words = [word for word in index_words(question) if word not in STOP_WORDS]
    return bool(words) and (len(words) if is_cjk(question) else len(question.split())) >= _LEAST
