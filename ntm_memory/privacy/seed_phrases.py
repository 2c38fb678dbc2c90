"""Seed phrases of wallets: words of one of BIP-39's lists in a row, whose last bits are a checksum of the others.

A row is known by its checksum; without one, where nothing but white space lies between its words, or where what stands
before it tells what it is (seed, 助记词). The lists (`seed_words.json`, taken over by `python -m bench.seed_words`) are
read only where a text has a row of words that may be such.
"""

from __future__ import annotations

import json
import re
from base64 import b85decode
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize
from zlib import decompress

from ntm_memory.privacy.secret_rules import Found

LISTS = Path(__file__).with_name("seed_words.json")
KIND = "wallet-seed"
SIZES = (12, 15, 18, 21, 24)
"""Words of a phrase."""
LEAST = SIZES[0]
_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_LETTER = rf"(?:[^\W\d_{_HAN}]|[\u0300-\u036f\u3099\u309a])"
_TOKEN = re.compile(rf"[{_HAN}]+|{_LETTER}+")
_HAN_RUN = re.compile(rf"[{_HAN}]+")
_BETWEEN = re.compile(r"[\s\d.,;:#()\[\]{}|·•*\"'`、，：；。（）＃_/–—-]{1,16}")
_LONGEST = 24
"""Letters of a word in a list at most, with marks as letters of their own."""
_LABELS = re.compile(r"(?i)seed|mnemonic|bip-?39|recovery|wallet|passphrase|助[记記][词詞]|恢[复復][词詞]|种子|種子")
_LABEL_WITHIN = 60
"""Characters before a row in which what it is may be told."""
_LINK_WITHIN = 8
"""Characters between such a label and what it names, where no white space is ("助记词就是…")."""
_LABEL_WORDS = frozenset(["seed", "word", "secret", "recovery", "wallet", "phrase", "mnemonic", "key", "backup"])


_MOST_BESIDE = 2
"""Words of the talk around a phrase at most that may stand in its row ("on paper: …")."""


class _Token(NamedTuple):
    word: str
    start: int
    end: int


def seed_phrases(text: str) -> Iterator[Found]:
    """Every seed phrase, each as one, from its first word to its last."""
    for chain in _chains(text):
        for words in _lists().values():
            row: list[_Token] = []
            for token in [*chain, None]:
                if token is not None and token.word in words:
                    row.append(token)
                    continue
                if len(row) >= LEAST:
                    yield from _phrases(text, row, words)
                row = []
    yield from _unspaced(text)


def _phrases(text: str, row: Sequence[_Token], words: Mapping[str, int]) -> Iterator[Found]:
    """What of a row of words of one list is a phrase: what has a checksum, all of it, or what has no signs between."""
    checked = next((part for part in _parts(row) if has_checksum([words[each.word] for each in part])), None)
    own = checked or _after_label(row)
    if checked or _LABELS.search(text, max(own[0].start - _LABEL_WITHIN, 0), own[0].start):
        yield from _long(own)
        return
    plain = [row[0]]
    for token in row[1:]:
        if not text[plain[-1].end : token.start].isspace():
            yield from _long(plain)
            plain = []
        plain.append(token)
    yield from _long(plain)


def _parts(row: Sequence[_Token]) -> Iterator[Sequence[_Token]]:
    """A row, and what is left of it without some words of the talk that happen to be in the list, too."""
    for beside in range(_MOST_BESIDE + 1):
        for before in range(beside + 1):
            yield row[before : len(row) - (beside - before)]


def _long(row: Sequence[_Token]) -> Iterator[Found]:
    if len(row) >= LEAST:
        yield KIND, row[0].start, row[-1].end


def _after_label(row: Sequence[_Token]) -> Sequence[_Token]:
    """A row without words at its beginning that name it, where the others are as many as a phrase has."""
    for cut, token in enumerate(row):
        if len(row) - cut in SIZES:
            return row[cut:]
        if token.word not in _LABEL_WORDS:
            break
    return row


def _unspaced(text: str) -> Iterator[Found]:
    """Chinese phrases written without space behind a label; only a checksum tells them from a sentence."""
    for label in _LABELS.finditer(text):
        near = label.end() + _LINK_WITHIN
        for start in (each.start() for each in _HAN_RUN.finditer(text, label.end(), near)):
            run = _HAN_RUN.match(text, start)
            end = start if run is None else run.end()
            for first in (end - size for size in SIZES if start <= end - size <= near):
                if _is_phrase(text[first:end]):
                    yield KIND, first, end


def _is_phrase(characters: str) -> bool:
    return any(
        all(each in words for each in characters) and has_checksum([words[each] for each in characters])
        for words in _lists().values()
    )


def has_checksum(numbers: Sequence[int]) -> bool:
    """Whether the places of words in their list are a phrase: its last bits begin the hash of the others (BIP-39)."""
    if len(numbers) not in SIZES:
        return False
    checked = len(numbers) // 3
    bits = 0
    for number in numbers:
        bits = bits << 11 | number
    entropy = (bits >> checked).to_bytes(4 * checked, "big")
    return bits & ((1 << checked) - 1) == sha256(entropy).digest()[0] >> (8 - checked)


def _chains(text: str) -> Iterator[list[_Token]]:
    """Rows of at least `LEAST` words that are as long as those of the lists, and no other words between."""
    chain: list[_Token] = []
    for match in _TOKEN.finditer(text):
        word, start, end = match[0], *match.span()
        if chain and not (_BETWEEN.fullmatch(text, chain[-1].end, start) and _may_be_listed(word)):
            if len(chain) >= LEAST:
                yield chain
            chain = []
        if _may_be_listed(word):
            chain.append(_Token(_folded(word), start, end))
    if len(chain) >= LEAST:
        yield chain


def _may_be_listed(word: str) -> bool:
    if word.isascii():
        return 3 <= len(word) <= 10
    return len(word) <= _LONGEST if not _HAN_RUN.match(word) else len(word) == 1


def _folded(word: str) -> str:
    return word.lower() if word.isascii() else normalize("NFKD", word.lower())


@cache
def _lists() -> dict[str, dict[str, int]]:
    """Language → word → its place."""
    packed = json.loads(LISTS.read_text(encoding="utf-8"))["words"]
    lists = json.loads(decompress(b85decode(packed)))
    return {language: {word: at for at, word in enumerate(words.split())} for language, words in lists.items()}
