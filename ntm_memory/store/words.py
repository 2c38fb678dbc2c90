"""The keyword index: which memories hold a word, by SQLite's FTS5, or by reading all of them where FTS5 is missing.

Words come ready made. They are written in an alphabet that no tokenizer splits or folds, so that what goes in comes out.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

_PLAIN = re.compile("[a-z0-9]+")
Counts = tuple[NDArray[np.int64], NDArray[np.int64]]


class WordIndex(Protocol):
    """Live memories by the words they hold."""

    warning: str | None

    def add(self, row: int, words: str) -> None:
        """Index a database row."""
        ...

    def remove(self, row: int, words: str) -> None:
        """Take a database row out; `words` are those it was indexed with."""
        ...

    def find(self, words: Sequence[str]) -> dict[str, Counts]:
        """word → (rows rising, how often)."""
        ...

    def rebuild(self) -> None:
        """Make the index anew from the memories."""
        ...

    def check(self) -> bool:
        """Whether the index agrees with the memories."""
        ...

    def forget(self) -> None:
        """Leave no trace of removed words in the file."""
        ...


def encode(words: Iterable[str]) -> str:
    """Words as one text: ASCII letters and digits as they are behind `a`, everything else in hexadecimal behind `u`."""
    return " ".join("a" + word if _PLAIN.fullmatch(word) else "u" + word.encode().hex() for word in words)


def decode(text: str) -> tuple[str, ...]:
    """The words of `encode`."""
    return tuple(w[1:] if w[0] == "a" else bytes.fromhex(w[1:]).decode() for w in text.split())


def has_fts5(connection: sqlite3.Connection) -> bool:
    """Whether this SQLite was built with FTS5."""
    try:
        connection.execute("CREATE VIRTUAL TABLE temp.probe USING fts5(x)")
        connection.execute("DROP TABLE temp.probe")
    except sqlite3.OperationalError:
        return False
    return True


class FullTextIndex:
    """FTS5 over the words of `memories`, which it does not keep a second time."""

    warning = None

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection
        self._sql.execute("CREATE VIRTUAL TABLE temp.word_places USING fts5vocab('main', 'word_index', 'instance')")

    def add(self, row: int, words: str) -> None:
        """Index a database row."""
        self._sql.execute("INSERT INTO word_index(rowid, words) VALUES (?, ?)", (row, words))

    def remove(self, row: int, words: str) -> None:
        """Take a database row out."""
        self._sql.execute("INSERT INTO word_index(word_index, rowid, words) VALUES ('delete', ?, ?)", (row, words))

    def find(self, words: Sequence[str]) -> dict[str, Counts]:
        """word → (rows rising, how often), from the index's own lists of places."""
        found = {}
        for word in words:
            places = self._sql.execute("SELECT doc FROM word_places WHERE term = ?", (encode([word]),)).fetchall()
            if places:
                rows, counts = np.unique(np.array(places, dtype=np.int64)[:, 0], return_counts=True)
                found[word] = (rows, counts.astype(np.int64))
        return found

    def rebuild(self) -> None:
        """Make the index anew; only live memories are in it."""
        self._sql.execute("INSERT INTO word_index(word_index) VALUES ('delete-all')")
        live = self._sql.execute("SELECT row, words FROM memories WHERE state = 'live'").fetchall()
        self._sql.executemany("INSERT INTO word_index(rowid, words) VALUES (?, ?)", live)

    def check(self) -> bool:
        """Whether a sample of live memories is found by its words and nothing that is gone is."""
        try:
            self._sql.execute("INSERT INTO word_index(word_index) VALUES ('integrity-check')")
        except sqlite3.DatabaseError:
            return False
        query = "SELECT row, words FROM memories WHERE state = 'live' AND words <> '' ORDER BY row DESC LIMIT 50"
        return all(row in self._rows_with(words.split()[0]) for row, words in self._sql.execute(query).fetchall())

    def forget(self) -> None:
        """Merge all segments, so that removed words are in none."""
        self._sql.execute("INSERT INTO word_index(word_index) VALUES ('optimize')")

    def _rows_with(self, term: str) -> set[int]:
        return {row for (row,) in self._sql.execute("SELECT doc FROM word_places WHERE term = ?", (term,))}


class ScannedWords:
    """No index: every question reads the words of all memories."""

    warning = (
        "this Python's SQLite has no FTS5: keywords are found by reading all memories, which is slow beyond 10,000"
    )

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection

    def add(self, row: int, words: str) -> None:
        """Nothing to do: the words stand in the memories."""

    def remove(self, row: int, words: str) -> None:
        """Nothing to do."""

    def find(self, words: Sequence[str]) -> dict[str, Counts]:
        """word → (rows rising, how often), counted in the memories themselves."""
        wanted = {encode([word]): word for word in words}
        places: dict[str, list[tuple[int, int]]] = {}
        for row, text in self._sql.execute("SELECT row, words FROM memories WHERE state = 'live' ORDER BY row"):
            held = text.split()
            for term in wanted.keys() & set(held):
                places.setdefault(wanted[term], []).append((row, held.count(term)))
        arrays = {word: np.array(pairs, dtype=np.int64) for word, pairs in places.items()}
        return {word: (pairs[:, 0], pairs[:, 1]) for word, pairs in arrays.items()}

    def rebuild(self) -> None:
        """Nothing to do."""

    def check(self) -> bool:
        """There is nothing that could disagree."""
        return True

    def forget(self) -> None:
        """Nothing to do."""
