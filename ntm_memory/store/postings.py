"""The keyword index: which memories hold a word, by SQLite's FTS5, or by reading all of them where FTS5 is missing.

Words come ready made. They are written in an alphabet that no tokenizer splits or folds: what goes in comes out.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ntm_memory.store.ledger import Ledger

_PLAIN = re.compile("[a-z0-9]+")
# external content: the words are kept once, in memories
_TABLE = (
    "CREATE VIRTUAL TABLE word_index USING fts5(words, content='memories', content_rowid='row', tokenize='unicode61')"
)
_PLACES = "CREATE VIRTUAL TABLE temp.word_places USING fts5vocab('main', 'word_index', 'instance')"
_WORDS = "CREATE VIRTUAL TABLE temp.word_terms USING fts5vocab('main', 'word_index', 'row')"
_LIVE = "SELECT row, words FROM memories WHERE state = 'live'"
# FTS5's own tables, as they are when nothing is indexed: no averages, a structure of no segments
_BLANK = (
    "DELETE FROM word_index_data",
    "DELETE FROM word_index_idx",
    "DELETE FROM word_index_docsize",
    "INSERT INTO word_index_data VALUES (1, x''), (10, x'00000000000000')",
)
LONGEST = 32_768
"""Bytes of a word that FTS5 keeps (FTS5_MAX_TOKEN_SIZE): a longer one is found by its beginning."""
_AMONG = "IN (SELECT value FROM json_each(?))"
Counts = tuple[NDArray[np.int64], NDArray[np.int64]]


class WordIndex(Protocol):
    """Live memories by the words they hold."""

    name: str
    warning: str | None

    def add(self, row: int, words: str) -> None:
        """Index a database row."""
        ...

    def remove(self, row: int, words: str) -> None:
        """Take a database row out; `words` are those it was indexed with."""
        ...

    def find(self, words: Sequence[str]) -> dict[str, Counts]:
        """For each word that occurs: (rows rising, how often)."""
        ...

    def find_some(self, words: Sequence[str], most: int) -> tuple[dict[str, Counts], frozenset[str]]:
        """The same, of no word more than its first places, about `most`, and the words that have more."""
        ...

    def lengths(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) how many words some database rows hold, each with its repeats; 0 for one that is not indexed."""
        ...

    def find_within(self, letter: str) -> list[str]:
        """The words that hold a letter: of a Chinese one there are only pairs with others."""
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


def encode_words(words: Iterable[str]) -> str:
    """Words as one text: ASCII letters and digits as they are behind `a`, everything else in hexadecimal behind `u`."""
    return " ".join(
        "a" + word if _PLAIN.fullmatch(word) else "u" + word.encode("utf-8", "surrogatepass").hex() for word in words
    )


def decode_words(text: str) -> tuple[str, ...]:
    """The words of `encode_words`."""
    return tuple(
        word[1:] if word[0] == "a" else bytes.fromhex(word[1:]).decode("utf-8", "surrogatepass")
        for word in text.split()
    )


def has_fts5(sql: sqlite3.Connection) -> bool:
    """Whether this SQLite was built with FTS5."""
    try:
        sql.execute("CREATE VIRTUAL TABLE temp.probe USING fts5(x)")
        sql.execute("DROP TABLE temp.probe")
    except sqlite3.OperationalError:
        return False
    return True


def is_ready(sql: sqlite3.Connection, ledger: Ledger) -> bool:
    """Whether the file has an FTS5 index that agrees with the memories."""
    return _exists(sql) and ledger.meta("words_stale", "0") == "0"


def make_index(sql: sqlite3.Connection, ledger: Ledger) -> None:
    """Make the FTS5 index of a file that has none, or whose memories were changed by a Python without FTS5."""
    try:
        sql.execute("DROP TABLE IF EXISTS word_index")
    except sqlite3.DatabaseError:  # too damaged for FTS5 to open
        _blank(sql)
        sql.execute("DROP TABLE word_index")
    sql.execute(_TABLE)
    sql.executemany("INSERT INTO word_index(rowid, words) VALUES (?, ?)", sql.execute(_LIVE).fetchall())
    ledger.set_meta("words_stale", "0")


class FullTextIndex:
    """FTS5 over the words of `memories`, which it does not keep a second time."""

    name = "fts5"
    warning: str | None = None

    def __init__(self, sql: sqlite3.Connection, ledger: Ledger) -> None:
        self._sql = sql
        self._ledger = ledger
        self._sql.execute(_PLACES)

    def add(self, row: int, words: str) -> None:
        """Index a database row."""
        self._sql.execute("INSERT INTO word_index(rowid, words) VALUES (?, ?)", (row, words))

    def remove(self, row: int, words: str) -> None:
        """Take a database row out."""
        self._sql.execute("INSERT INTO word_index(word_index, rowid, words) VALUES ('delete', ?, ?)", (row, words))

    def find(self, words: Sequence[str]) -> dict[str, Counts]:
        """For each word that occurs: (rows rising, how often), from the index's own lists of places."""
        # as one text: three times faster than a row a place
        query = "SELECT group_concat(doc) FROM word_places WHERE term = ?"
        places = {word: self._sql.execute(query, (_term(word),)).fetchone()[0] for word in dict.fromkeys(words)}
        return {word: _counted(text) for word, text in places.items() if text is not None}

    def find_some(self, words: Sequence[str], most: int) -> tuple[dict[str, Counts], frozenset[str]]:
        """The same of each word's first places: the rest of the list is not read."""
        query = "SELECT group_concat(doc) FROM (SELECT doc FROM word_places WHERE term = ? LIMIT ?)"
        places = {
            word: self._sql.execute(query, (_term(word), most + 1)).fetchone()[0] for word in dict.fromkeys(words)
        }
        found = {word: text for word, text in places.items() if text is not None}
        more = frozenset(word for word, text in found.items() if text.count(",") == most)
        return {word: _counted(text) for word, text in found.items()}, more

    def lengths(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) how many words some rows hold, as the index itself keeps it: a few bytes a row are read."""
        query = f"SELECT id, sz FROM word_index_docsize WHERE id {_AMONG}"
        held = dict(self._sql.execute(query, (json.dumps(rows.tolist()),)).fetchall())
        return np.array([_varint(held.get(row, b"")) for row in rows.tolist()], dtype=np.int64)

    def find_within(self, letter: str) -> list[str]:
        """The words that hold a letter, by the index's list of words."""
        self._sql.execute(_WORDS)
        try:
            part = letter.encode("utf-8", "surrogatepass").hex()
            terms = self._sql.execute("SELECT term FROM word_terms WHERE instr(term, ?)", (part,)).fetchall()
        finally:
            self._sql.execute("DROP TABLE temp.word_terms")
        return [word for (term,) in terms for word in decode_words(term) if letter in word]

    def rebuild(self) -> None:
        """Make the index anew."""
        self._sql.execute("DROP TABLE temp.word_places")
        make_index(self._sql, self._ledger)
        self._sql.execute(_PLACES)

    def check(self) -> bool:
        """Whether the index is sound, holds as many memories as there are, and finds the newest ones by their words."""
        try:
            self._sql.execute("INSERT INTO word_index(word_index) VALUES ('integrity-check')")
        except sqlite3.DatabaseError:
            return False
        (indexed,) = self._sql.execute("SELECT count(*) FROM word_index_docsize").fetchone()
        (live,) = self._sql.execute("SELECT count(*) FROM memories WHERE state = 'live'").fetchone()
        newest = self._sql.execute(f"{_LIVE} AND words <> '' ORDER BY row DESC LIMIT 50").fetchall()
        return indexed == live and all(row in self._rows_with(words.split()[0][:LONGEST]) for row, words in newest)

    def forget(self) -> None:
        """Merge all segments, so that removed words are in none."""
        self._sql.execute("INSERT INTO word_index(word_index) VALUES ('optimize')")

    def _rows_with(self, term: str) -> set[int]:
        return {row for (row,) in self._sql.execute("SELECT doc FROM word_places WHERE term = ?", (term,))}


class ScannedWords:
    """No index: every question reads the words of all memories."""

    name = "scan"
    warning: str | None = "this Python's SQLite has no FTS5: keywords are found by reading all memories"

    def __init__(self, sql: sqlite3.Connection, ledger: Ledger) -> None:
        self._sql = sql
        self._ledger = ledger
        self._outdates = _exists(sql)

    def add(self, row: int, words: str) -> None:
        """The words stand in the memories; an index that another Python made no longer agrees with them."""
        if self._outdates:
            self._ledger.set_meta("words_stale", "1")

    def remove(self, row: int, words: str) -> None:
        """As `add`."""
        self.add(row, words)

    def find(self, words: Sequence[str]) -> dict[str, Counts]:
        """For each word that occurs: (rows rising, how often), counted in the memories themselves."""
        wanted = {encode_words([word]): word for word in words}
        places: dict[str, list[tuple[int, int]]] = {}
        for row, text in self._sql.execute(f"{_LIVE} ORDER BY row"):
            held = text.split()
            for term in wanted.keys() & set(held):
                places.setdefault(wanted[term], []).append((row, held.count(term)))
        arrays = {word: np.array(pairs, dtype=np.int64) for word, pairs in places.items()}
        return {word: (pairs[:, 0], pairs[:, 1]) for word, pairs in arrays.items()}

    def find_some(self, words: Sequence[str], most: int) -> tuple[dict[str, Counts], frozenset[str]]:
        """All places: they are read in any case."""
        return self.find(words), frozenset()

    def lengths(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) how many words some rows hold, as the memories say."""
        query = f"SELECT row, length FROM memories WHERE row {_AMONG}"
        held = dict(self._sql.execute(query, (json.dumps(rows.tolist()),)).fetchall())
        return np.array([held.get(row, 0) for row in rows.tolist()], dtype=np.int64)

    def find_within(self, letter: str) -> list[str]:
        """The words that hold a letter, from the memories themselves."""
        terms = {term for _, text in self._sql.execute(_LIVE) for term in text.split()}
        return sorted(word for term in terms for word in decode_words(term) if letter in word)

    def rebuild(self) -> None:
        """Nothing to do."""

    def check(self) -> bool:
        """There is nothing that could disagree."""
        return True

    def forget(self) -> None:
        """Empty an index that another Python made: without FTS5 a single word cannot be taken out of it."""
        if self._outdates:
            _blank(self._sql)
            self._ledger.set_meta("words_stale", "1")


def _term(word: str) -> str:
    """A word as it stands in the index's own lists."""
    return encode_words([word])[:LONGEST]


def _counted(places: str) -> Counts:
    """(rows rising, how often) of a list of places."""
    rows, counts = np.unique(np.fromstring(places, dtype=np.int64, sep=","), return_counts=True)
    return rows, counts.astype(np.int64)


def _varint(size: bytes) -> int:
    """A number as SQLite writes it: 7 bits a byte, the highest first."""
    if len(size) == 1:
        return size[0]
    number = 0
    for byte in size:
        number = number << 7 | byte & 0x7F
    return number


def _blank(sql: sqlite3.Connection) -> None:
    for statement in _BLANK:
        sql.execute(statement)


def _exists(sql: sqlite3.Connection) -> bool:
    return sql.execute("SELECT 1 FROM sqlite_master WHERE name = 'word_index'").fetchone() is not None
