"""The keyword index on a server: a GIN index over the ready-made words of each memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ntm_memory.postgres.server_sql import ServerSQL
from ntm_memory.store.postings import Counts, decode_words, encode_words

_FIND = """
SELECT wanted.place, memories.row, cardinality(array_positions(string_to_array(memories.words, ' '), wanted.term))
FROM unnest(CAST(? AS text[])) WITH ORDINALITY AS wanted(term, place)
JOIN memories ON memories.state = 'live' AND terms_of(memories.words) @> ARRAY[term_key(wanted.term)]
ORDER BY 1, 2
"""
_SOME = """
SELECT wanted.place, held.row, cardinality(array_positions(string_to_array(held.words, ' '), wanted.term))
FROM unnest(CAST(? AS text[])) WITH ORDINALITY AS wanted(term, place) CROSS JOIN LATERAL (
    SELECT row, words FROM memories WHERE state = 'live' AND terms_of(words) @> ARRAY[term_key(wanted.term)]
    AND wanted.term = ANY (string_to_array(words, ' ')) LIMIT ?
) AS held ORDER BY 1, 2
"""
_WITHIN = """
SELECT DISTINCT term FROM memories, unnest(string_to_array(words, ' ')) AS term
WHERE state = 'live' AND instr(words, CAST(? AS text)) AND instr(term, CAST(? AS text))
"""
_CHECK = """
SELECT row FROM memories WHERE state = 'live' AND words <> ''
AND NOT terms_of(words) @> ARRAY[term_key(split_part(words, ' ', 1))] LIMIT 1
"""


class ServerWords:
    """Words in a column of `memories`, found by an index that the server keeps itself.

    Terms longer than an entry of the index may be are found by their MD5 and compared whole.
    """

    name = "gin"
    warning: str | None = None

    def __init__(self, sql: ServerSQL) -> None:
        self._sql = sql
        self.was_purged = False
        """Whether something was purged since this was last set to False."""

    def add(self, row: int, words: str) -> None:
        """The server has indexed it."""

    def remove(self, row: int, words: str) -> None:
        """The server has taken it out."""

    def find(self, words: Sequence[str]) -> dict[str, Counts]:
        """For each word that occurs: (rows rising, how often)."""
        told = list(dict.fromkeys(words))
        if not told:
            return {}
        terms = [encode_words([word]) for word in told]
        found = np.array(self._sql.execute(_FIND, (terms,)).fetchall(), dtype=np.int64).reshape(-1, 3)
        found = found[found[:, 2] > 0]
        ends = np.searchsorted(found[:, 0], np.arange(1, len(told) + 2))
        return {
            word: (found[start:end, 1], found[start:end, 2])
            for word, start, end in zip(told, ends, ends[1:], strict=False)
            if end > start
        }

    def find_some(self, words: Sequence[str], most: int) -> tuple[dict[str, Counts], frozenset[str]]:
        """The same, of no word more than about `most` memories, and the words that more of them hold."""
        told = list(dict.fromkeys(words))
        terms = [encode_words([word]) for word in told]
        found = np.array(self._sql.execute(_SOME, (terms, most + 1)).fetchall() or [], dtype=np.int64).reshape(-1, 3)
        lists = {word: found[found[:, 0] == place, 1:].T for place, word in enumerate(told, start=1)}
        more = frozenset(word for word, (rows, _) in lists.items() if len(rows) > most)
        return {word: (rows, counts) for word, (rows, counts) in lists.items() if len(rows)}, more

    def lengths(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) how many words some database rows hold, each with its repeats; 0 for one that is not there."""
        query = "SELECT row, length FROM memories WHERE row = ANY (CAST(? AS bigint[]))"
        held = {row: length for row, length in self._sql.execute(query, (rows.tolist(),)).fetchall()}
        return np.array([held.get(row, 0) for row in rows.tolist()], dtype=np.int64)

    def find_within(self, letter: str) -> list[str]:
        """The words that hold a letter."""
        part = letter.encode("utf-8", "surrogatepass").hex()
        terms = self._sql.execute(_WITHIN, (part, part)).fetchall()
        return [word for (term,) in terms for word in decode_words(term) if letter in word]

    def rebuild(self) -> None:
        """Make the index anew."""
        self._sql.execute("REINDEX INDEX memories_words")

    def check(self) -> bool:
        """Whether the words of each memory are found by its index entry."""
        return self._sql.execute(_CHECK).fetchone() is None

    def forget(self) -> None:
        """Note that something was purged: VACUUM takes its words out, see `PostgresUpkeep.clean_up`."""
        self.was_purged = True
