"""XLM-R's unigram tokenizer (Kudo 2018): the most probable split of a text into pieces, by Viterbi."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ntm_memory.embedding.weights import Pieces

_SPACE = "▁"
_PREFIX, _LONG_PREFIX = 4, 8
_FEW = 8
"""Pieces that are read at once; where more begin with the same four bytes, eight bytes choose among them."""
_PLACES = 30  # bits for a piece's number beside those of its prefix
_UNKNOWN_PENALTY = 10.0
_MOST_FOUND = 2048
"""Pieces that are remembered from text to text: a process that lives as long as a session must not grow with it."""
_SPECIAL = (b"<s>", b"<pad>", b"</s>", b"<unk>", b"<mask>")


class Tokenizer:
    """Texts → piece ids.

    The vocabulary has 250,000 pieces, of which a text meets a few hundred: they are looked up by their first four bytes
    in a sorted index, and those of a prefix are read when it first occurs. Thousands begin with a mark of space and the
    same letter: of such a prefix those alone are read that go on as the text does.

    Args:
        pieces: the vocabulary.
    """

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._normal = str.maketrans(pieces.normal)
        self._unknown_score = float(pieces.scores.min()) - _UNKNOWN_PENALTY
        self._order, self._prefixes = _index(pieces)
        self._scores = np.asarray(pieces.scores, dtype=np.float32).data
        self._bytes = np.frombuffer(pieces.blob, dtype=np.uint8)
        self._found: dict[bytes, int] = {}
        self._longest: dict[bytes, int] = {}
        self._longest_here: dict[bytes, int] = {}

    def encode(self, text: str, limit: int | None = None) -> list[int]:
        """Piece ids of a text, begin and end marks included, at most `limit` ≥ 2 of them."""
        ids = [piece for piece, _ in self._split(self._prepare(text))][: None if limit is None else limit - 2]
        return [self._pieces.begin, *ids, self._pieces.end]

    def places(self, text: str, limit: int | None = None) -> NDArray[np.int64]:
        """(L,) of each character of a text, the number of the piece of `encode` in which it stands.

        White space stands with what follows it, characters beyond the limit in the last piece.
        """
        written = [len(self._normal.get(ord(each), each).replace(" ", "")) for each in text]
        words = self._prepare(text)
        ends = np.zeros(len(words) + 1, dtype=np.int64)
        ends[[start for _, start in self._split(words)]] = 1
        pieces = np.cumsum(ends)[:-1][[each != _SPACE for each in words]]  # of each character that is written
        if not len(pieces):
            return np.zeros(len(text), dtype=np.int64)
        first = np.minimum(np.cumsum([0, *written[:-1]]), len(pieces) - 1)
        places: NDArray[np.int64] = np.minimum(pieces[first], len(pieces) if limit is None else limit - 2)
        return places

    def _prepare(self, text: str) -> str:
        words = [word for word in text.translate(self._normal).split(" ") if word]
        return "".join(_SPACE + word for word in words)

    def _split(self, text: str) -> list[tuple[int, int]]:
        """(piece id, its first character) in order."""
        if len(self._found) > _MOST_FOUND:
            self._found.clear()
            self._longest.clear()
            self._longest_here.clear()
        scores = self._scores
        raw = text.encode()
        ends = [0]
        for character in text:
            ends.append(ends[-1] + len(character.encode()))
        count = len(text)
        best = [-1e30] * (count + 1)
        best[0] = 0.0
        back: list[tuple[int, int]] = [(0, 0)] * (count + 1)
        unknown = (self._pieces.unknown, self._unknown_score)
        for i in range(count):
            start, reached = ends[i], best[i]
            furthest = start + self._reach(raw, start)
            for j in range(i + 1, count + 1):
                if ends[j] > furthest:
                    break
                piece = self._found.get(raw[start : ends[j]])
                if piece is not None and (score := reached + scores[piece]) > best[j]:
                    best[j], back[j] = score, (i, piece)
            if reached + unknown[1] > best[i + 1]:
                best[i + 1], back[i + 1] = reached + unknown[1], (i, unknown[0])
        pieces: list[tuple[int, int]] = []
        while count:
            count, piece_id = back[count]
            if pieces and piece_id == pieces[-1][0] == unknown[0]:  # a run of unknown characters is one unknown piece
                pieces[-1] = (piece_id, count)
            else:
                pieces.append((piece_id, count))
        return pieces[::-1]

    def _reach(self, raw: bytes, start: int) -> int:
        """Bytes of the longest piece that may begin here; the pieces that may are in `_found` afterwards."""
        short, long = raw[start : start + _PREFIX], raw[start : start + _LONG_PREFIX]
        known = self._longest.get(short, self._longest_here.get(long))
        if known is None:
            numbers = self._beginning_with(short)
            if len(numbers) <= _FEW:
                known = self._longest[short] = self._read(numbers)
            else:
                known = self._longest_here[long] = self._read(self._going_on_as(long, numbers))
        return known

    def _beginning_with(self, prefix: bytes) -> NDArray[np.int64]:
        """Numbers of the pieces that begin with these bytes, four of them or the text's last ones, or are shorter."""
        keys = [int.from_bytes(prefix[:size].ljust(_PREFIX, b"\0"), "big") for size in range(1, len(prefix) + 1)]
        low, high = np.searchsorted(self._prefixes, [keys, [key + 1 for key in keys]])
        return np.concatenate([self._order[a:b] for a, b in zip(low.tolist(), high.tolist(), strict=True)])

    def _going_on_as(self, prefix: bytes, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of some pieces that agree with these bytes as far as both go."""
        starts, ends = self._pieces.starts[numbers].astype(np.int64), self._pieces.starts[numbers + 1].astype(np.int64)
        fits = (ends - starts <= len(prefix)) | (len(prefix) == _LONG_PREFIX)  # nothing is longer than the text's end
        for place, byte in enumerate(prefix[_PREFIX:], start=_PREFIX):
            at = starts + place
            fits &= (at >= ends) | (self._bytes[np.minimum(at, ends - 1)] == byte)
        return numbers[fits]

    def _read(self, numbers: NDArray[np.int64]) -> int:
        """Read pieces; the longest one's bytes, 0 if there are none."""
        blob, starts = self._pieces.blob, self._pieces.starts
        longest = 0
        for i in numbers.tolist():
            piece = blob[starts[i] : starts[i + 1]]
            if piece not in _SPECIAL:  # a text that spells a mark out is text
                self._found[piece] = i
                longest = max(longest, len(piece))
        return longest


def _index(pieces: Pieces) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(order, prefixes): pieces sorted by their first four bytes, shorter ones padded with zeros, as numbers."""
    padded = pieces.blob + b"\0" * _PREFIX
    everywhere = np.ndarray((len(pieces.blob) + 1,), dtype=">u4", buffer=padded, strides=(1,))  # from each byte on
    starts = pieces.starts[:-1].astype(np.int64)
    missing = np.maximum(_PREFIX - np.diff(pieces.starts.astype(np.int64)), 0)  # bytes that a short piece lacks
    prefixes = everywhere[starts].astype(np.int64) >> 8 * missing << 8 * missing
    ranked = np.sort(prefixes << _PLACES | np.arange(len(prefixes)))  # of equal ones the first first
    return ranked & ((1 << _PLACES) - 1), ranked >> _PLACES
