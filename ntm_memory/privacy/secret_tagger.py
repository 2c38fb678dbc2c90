"""Which characters of a text are a secret: small convolutional networks over them and what the embedder made of them.

Each character is told by its code, its class, what rules and patterns say of it, and the embedder's state of the piece
in which it stands: rules know shapes, the states know what is talked of ("my phone unlocks with 859710"). Dilated
convolutions (Yu & Koltun 2016) see 17 characters to either side. Several networks, learned alike from different
beginnings, decide by the mean of their logits. Learned by `python -m bench.fit secrets`.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ntm_memory.machine.activations import logistic
from ntm_memory.machine.convolution import convolved, residual_convolutions
from ntm_memory.persistence.arrays import made_of_shipped
from ntm_memory.persistence.quantised import dequantised
from ntm_memory.privacy.secret_spans import LEAST, SIGNS, Span, word_at

MODEL = Path(__file__).with_name("secret_tagger.npz")
BUCKETS = 1024
"""Characters that are told apart: all of ASCII, others by their hash."""
DILATIONS = (1, 2, 4, 8)
KINDS = ("password", "pin", "one-time-code", "key", "card", "account", "phrase", "secret")
LIKELY = 0.1
"""Chance of a character from which on it may be a part of one."""
BRIDGED = 8
"""Characters between two parts of one secret at most, where no white space lies between them."""
TALK = 0.4
"""Share of a secret's chance that a word at its end has at least, or it is the talk around it."""
_SAID = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]|[^\\s\u3400-\u4dbf\u4e00-\u9fff]+")
_WITHIN = "\"'`“”‘’「」『』<>(),;，。；：！？（）、"
Array = NDArray[np.float32]


class PieceStates(NamedTuple):
    """A text as the embedder read it.

    Args:
        states: (T, H) of its pieces, of one layer.
        places: (L,) of each character, the number of its piece.
    """

    states: Array
    places: NDArray[np.int64]


class Tagged(NamedTuple):
    """A part of a text that may be a secret, text[start:end], and the chance that it is one."""

    kind: str
    start: int
    end: int
    chance: float


class Limits(NamedTuple):
    """Chances that decide what becomes of a part of a text.

    Args:
        least: from it on it is a secret.
        numbers: the same of digits alone: most numbers are none.
        words: the same of what has neither digit nor sign: words are seldom secrets, and dear where they are none.
        doubtful: from it on it may be one.
    """

    least: float
    numbers: float
    words: float
    doubtful: float

    def least_of(self, part: str, *, labelled: bool = False) -> float:
        """From which chance on this is a secret.

        Args:
            part: it.
            labelled: a pattern of how secrets are told says so, too.
        """
        if labelled:
            return self.least
        if any(map(str.isdigit, part)):
            return self.numbers if not any(map(str.isalpha, part)) and not _has_sign(part) else self.least
        return self.least if _has_sign(part) else self.words


def _has_sign(part: str) -> bool:
    return any(sign in part for sign in SIGNS)


class Model(NamedTuple):
    """What was learned.

    Args:
        members: the weights of each network, by name.
        limits: the chances from which on something is a secret, and may be one.
    """

    members: list[dict[str, Array]]
    limits: Limits


def tag(
    text: str,
    read: PieceStates,
    known: Sequence[Sequence[Span]],
    least: float,
    apart: Sequence[Span] = (),
) -> list[Tagged]:
    """What may be secrets of a text, in their order.

    Args:
        text: of at least one character.
        read: what the embedder made of it.
        known: spans that rules know, and those that patterns suppose.
        least: chance that each has at least.
        apart: spans in which there is none.
    """
    model = _model()
    chances, kinds = networks(model.members, character_codes(text), character_features(text, known), read)
    for start, end in apart:
        chances[start:end] = 0
    return [
        Tagged(KINDS[int(kinds[start:end].mean(axis=0).argmax())], start, end, sureness(chances[start:end]))
        for start, end in decode(text, chances, least)
    ]


def limits() -> Limits:
    """The chances chosen when the networks were learned."""
    return _model().limits


def networks(
    members: Sequence[Mapping[str, Array]], codes: NDArray[np.int64], features: Array, read: PieceStates
) -> tuple[Array, Array]:
    """((L,) chance that a character is of a secret, (L, kinds) logits of which kind): what several say on average."""
    said = np.mean([network(weights, codes, features, read) for weights in members], axis=0)
    chances: Array = logistic(said[:, 0])
    return chances, said[:, 1:]


def network(weights: Mapping[str, Array], codes: NDArray[np.int64], features: Array, read: PieceStates) -> Array:
    """(L, 1 + kinds) logits: that a character is of a secret, and of which kind."""
    meant = np.maximum(read.states @ weights["states.w"] + weights["states.b"], 0)[read.places]
    x = np.concatenate([weights["characters"][codes], features, meant], axis=1)
    x = np.maximum(convolved(x, weights["into.w"], weights["into.b"], 1), 0)
    x = residual_convolutions(x, weights, DILATIONS)
    said: Array = x @ weights["out.w"] + weights["out.b"]
    return said


def decode(text: str, chances: Array, least: float) -> list[Span]:
    """Runs of likely characters with at least `LEAST` in a row that are surely of a secret; parts of one are joined.

    A word of which half is in a run is in it as a whole, others are not.
    """
    if len(text) < LEAST or sureness(chances) <= least:
        return []
    likely = np.concatenate([[False], chances > LIKELY, [False]])
    edges = np.flatnonzero(likely[1:] != likely[:-1]).reshape(-1, 2)
    joined: list[list[int]] = []
    for start, end in edges.tolist():
        if joined and start - joined[-1][1] <= BRIDGED and not _parts(text[joined[-1][1] : start]):
            joined[-1][1] = end
        else:
            joined.append([start, end])
    likely_parts = [_in_words(text, *each) for each in joined if sureness(chances[slice(*each)]) > least]
    spans = [_stripped(text, *_without_talk(text, chances, *each)) for each in likely_parts]
    said = [span for span in spans if any(map(str.isalnum, text[slice(*span)]))]  # a line of a table has signs alone
    return [span for span in said if span[1] - span[0] >= LEAST and sureness(chances[slice(*span)]) > least]


def sureness(chances: Array) -> float:
    """The best mean of `LEAST` characters in a row."""
    if len(chances) < LEAST:
        return 0.0
    return float(np.convolve(chances, np.full(LEAST, 1 / LEAST), "valid").max())


def _parts(between: str) -> bool:
    """Whether what lies between two parts says that they are two."""
    return any(each.isspace() or each in _WITHIN for each in between)


def _in_words(text: str, start: int, end: int) -> Span:
    """A span without the words that are mostly outside, with the rest of the others; it may be empty."""
    low, high = start, end
    first, last = word_at(text, start), word_at(text, end)
    if first is not None:
        low = first[0] if 2 * (min(end, first[1]) - start) >= first[1] - first[0] else first[1]
    if last is not None:
        high = last[1] if 2 * (end - max(start, last[0])) >= last[1] - last[0] else last[0]
    return low, max(low, high)


def _without_talk(text: str, chances: Array, start: int, end: int) -> Span:
    """A span without the words at its ends that are far less likely of a secret than what they stand beside."""
    words = [(start + each.start(), start + each.end()) for each in _SAID.finditer(text[start:end])]
    least = TALK * sureness(chances[start:end])
    while len(words) > 1 and chances[slice(*words[0])].mean() < least:
        words.pop(0)
    while len(words) > 1 and chances[slice(*words[-1])].mean() < least:
        words.pop()
    return (words[0][0], words[-1][1]) if words else (start, start)


def _stripped(text: str, start: int, end: int) -> Span:
    while start < end and (text[start].isspace() or text[start] in _WITHIN):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in _WITHIN):
        end -= 1
    return start, end


def character_codes(text: str) -> NDArray[np.int64]:
    """(L,) what a character is told by."""
    return np.array([_code(each) for each in text], dtype=np.int64)


def character_features(text: str, known: Sequence[Sequence[Span]]) -> Array:
    """(L, 8 + kinds of `known`) its classes, and whether something is known of it."""
    said = np.zeros((len(text), len(known)), dtype=np.float32)
    for column, spans in enumerate(known):
        for start, end in spans:
            said[start:end, column] = 1
    return np.concatenate([np.array([_classes(each) for each in text], dtype=np.float32).reshape(-1, 8), said], axis=1)


@cache
def _code(character: str) -> int:
    return (
        ord(character)
        if character < "\x80"
        else 128 + zlib.crc32(character.encode("utf-8", "replace")) % (BUCKETS - 128)
    )


@cache
def _classes(character: str) -> tuple[bool, ...]:
    c = character
    foreign = c > "\x7f"
    return (
        c.isdigit(),
        c.isupper(),
        c.islower(),
        c.isspace(),
        not c.isalnum() and not c.isspace(),
        foreign,
        foreign and c.isalpha(),
        c in "0123456789abcdef",
    )


@cache
def _model() -> Model:
    """What ships.

    Raises:
        CheckpointError: the file is missing or damaged.
    """
    return made_of_shipped(MODEL, _checked, "is no network that finds secrets")


def _checked(learned: Mapping[str, NDArray[Any]]) -> Model:
    """A model whose networks can run: a fault in one is found as it is opened, not as a text is read."""
    model = Model(dequantised(learned), Limits(*(float(learned[name]) for name in Limits._fields)))
    *chances, doubtful = model.limits
    if not model.members or not 0 <= doubtful <= min(chances) <= max(chances) <= 1:
        raise ValueError("it has no network, or no chances from which on something is a secret")
    for weights in model.members:
        nothing = PieceStates(np.zeros((1, len(weights["states.w"])), dtype=np.float32), np.zeros(1, dtype=np.int64))
        said = network(weights, character_codes("a"), character_features("a", [[], []]), nothing)
        if said.shape != (1, 1 + len(KINDS)) or len(weights["characters"]) != BUCKETS or not np.isfinite(said).all():
            raise ValueError("the shapes of a network do not fit")
    return model
