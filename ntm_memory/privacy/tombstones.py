"""Tombstones: what was retracted, as salted hashes by which it is known when it is told again, without a word of it.

A hash keeps the value from being read, not from being guessed: who has the file can try values against it.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from ntm_memory.errors import BadValueError, RetractedError, shown
from ntm_memory.privacy.folding import Part, folded_value, forms_of, parts_of, pieces_of
from ntm_memory.text.folding import folded_key

TABLE = """
CREATE TABLE tombstones (salt TEXT NOT NULL, space BLOB NOT NULL, value BLOB NOT NULL, id TEXT NOT NULL, key BLOB,
    parts INTEGER NOT NULL, purged INTEGER NOT NULL DEFAULT 0, at TEXT NOT NULL,
    PRIMARY KEY (salt, space, value, id)) WITHOUT ROWID;
CREATE INDEX tombstones_id ON tombstones(id);
"""
_SALT, _SALTS = "tombstone_salt", "tombstone_salts"
"""Names in `meta`: the salt of this store's own tombstones; of all salts, how many parts a value has at most."""
_DIGEST = 16
_LEAST_WITHIN = 8
"""Bytes of a folded value from which on it is also known inside a longer text; `yes` would be found everywhere."""
_LEAST_CLAUSE = 12
"""The same where it is a clause of a sentence, or a name."""
_MORE_PARTS, _MOST_PARTS = 2, 16
"""How many lines or sentences more than when it was retracted a value may be broken into; and how many at most."""
_AT_ONCE = 400
_MOST_PIECES = 60
"""Words, or characters of Chinese, of a value that is looked for inside a sentence."""
_KNOWN = (
    "SELECT value, parts, at, id, purged FROM tombstones WHERE salt = ? AND space = ifnull(?, space) AND value IN ({})"
)


class Tombstone(NamedTuple):
    """One value that was retracted in one namespace; all but `parts`, `purged`, `at` and `id` are hexadecimal hashes.

    Args:
        salt: what the hashes are keyed with.
        space: of the namespace.
        value: of the folded text.
        key: of the memory's folded key and its namespace; None: it had none.
        parts: how many sentences and lines the value has, 0 where it is not looked for inside longer texts.
        purged: whether the memory itself was removed for good.
        at: when.
        id: of the memory.
    """

    salt: str
    space: str
    value: str
    key: str | None
    parts: int
    purged: bool
    at: str
    id: str


class Match(NamedTuple):
    """A retracted value in a text: the tombstone's `value`, salt, time and memory, and the line where it begins.

    Args:
        line: counted from 1; None: it is the whole text.
    """

    salt: str
    value: bytes
    at: str
    id: str
    purged: bool
    line: int | None


class Tombstones:
    """The tombstones of a memory file; all that writes runs inside a transaction of the caller."""

    def __init__(self, sql: sqlite3.Connection) -> None:
        self._sql = sql

    def any(self) -> bool:
        """Whether there is one at all; without one nothing else is computed."""
        return self._sql.execute("SELECT 1 FROM tombstones LIMIT 1").fetchone() is not None

    def set(self, id: str, namespace: str, content: str, key: str | None, at: str) -> None:
        """Remember a memory's text as retracted.

        Raises:
            BadValueError: it has no letter, digit or sign by which it could be known.
        """
        parts = parts_of(content)
        value = "".join(part.folded for part in parts)
        if not value:
            raise BadValueError(f"memory {id} has no word by which it could be known again", "erase it with --purge")
        salt = self._own_salt()
        named = None if key is None else _hash(salt, "key", namespace, folded_key(key))
        _, clauses = next(forms_of(content, told=False))
        coarse = "".join(part.folded for part in clauses)
        within = 0
        if len(parts) <= _MOST_PARTS and len(value.encode()) >= _LEAST_WITHIN:
            within = min(max(len(parts), len(clauses)), _MOST_PARTS)
        for form in dict.fromkeys(filter(None, (value, coarse))):
            row = (salt, _space(salt, namespace), _hash(salt, "value", form), id, named, within, 0, at)
            self._sql.execute("INSERT OR REPLACE INTO tombstones VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        self._note_salt(salt, within)

    def matches(self, namespace: str | None, content: str) -> list[Match]:
        """What of a text was retracted in its namespace, or in any: all of it, or sentences, clauses, lines."""
        salts = self._salts()
        if not salts:
            return []
        readings = [(content, parts_of(content), _LEAST_WITHIN)]
        readings += [(*form, _LEAST_CLAUSE) for form in forms_of(content, told=True)]
        found: dict[tuple[str, bytes, str], Match] = {}
        for salt, most in salts.items():
            for text, parts, least in readings:
                space = None if namespace is None else _space(salt, namespace)
                for match in self._matches(salt, space, most, parts, text, least):
                    if match.line is None or match[:2] + (match.id,) not in found:
                        found[match.salt, match.value, match.id] = match
        return list(found.values())

    def quotes(self, namespace: str, content: str) -> bool:
        """Whether a text has a retracted value anywhere, also within a sentence of its own."""
        salts = self._salts()
        pieces = pieces_of(content) if salts else []
        for salt in salts:
            query = "SELECT value FROM tombstones WHERE salt = ? AND space = ? AND parts > 0"
            values = {bytes(value) for (value,) in self._sql.execute(query, (salt, _space(salt, namespace)))}
            for at in range(len(pieces) if values else 0):
                text = ""
                for piece in pieces[at : at + _MOST_PIECES]:
                    text += piece
                    if len(text.encode()) >= _LEAST_WITHIN and _hash(salt, "value", text) in values:
                        return True
        return False

    def refuse(self, namespace: str, content: str) -> None:
        """Let nothing pass that was retracted.

        Raises:
            RetractedError: the text is, or holds, what was.
        """
        if self.any() and (found := self.matches(namespace, content)):
            raise refusal(found[0])

    def in_name(self, namespace: str | None, name: str) -> Match | None:
        """What of a name was retracted, in any namespace where none is given; one of few letters tells no text."""
        if not self.any() or len(folded_value(name).encode()) < _LEAST_CLAUSE:
            return None
        return next(iter(self.matches(namespace, name)), None)

    def lift(self, namespace: str, content: str) -> int:
        """Forget that a text, or any line of it, was retracted; returns how many memories' tombstones were lifted."""
        ids = {match.id for match in self.matches(namespace, content)} if self.any() else set()
        for id in ids:
            self.lift_of(id)
        return len(ids)

    def lift_of(self, id: str) -> bool:
        """Forget that the text of a memory was retracted; whether it was."""
        own = "SELECT salt, space, value FROM tombstones WHERE id = ?"
        saying_it = f"SELECT id FROM tombstones WHERE (salt, space, value) IN ({own})"
        query = f"DELETE FROM tombstones WHERE id IN ({saying_it})"
        return self.any() and self._sql.execute(query, (id,)).rowcount > 0

    def holds(self, id: str) -> bool:
        """Whether the text of this memory was retracted, and the memory not removed."""
        query = "SELECT 1 FROM tombstones WHERE id = ? AND purged = 0"
        return self._sql.execute(query, (id,)).fetchone() is not None

    def note_purge(self, ids: Iterable[str]) -> None:
        """The memories themselves are removed: only an override lets their texts in again."""
        self._sql.executemany("UPDATE tombstones SET purged = 1 WHERE id = ?", [(id,) for id in ids])

    def all(self) -> list[Tombstone]:
        """Every tombstone, oldest first, for another store."""
        query = "SELECT salt, hex(space), hex(value), hex(key), parts, purged, at, id FROM tombstones ORDER BY at, id"
        rows = self._sql.execute(query).fetchall()
        return [
            Tombstone(salt, space, value, key or None, parts, bool(purged), at, id)
            for salt, space, value, key, parts, purged, at, id in rows
        ]

    def take_over(self, tombstones: Sequence[Tombstone]) -> int:
        """Keep those of another store too; returns how many are new."""
        query = "INSERT OR IGNORE INTO tombstones VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        rows = [
            (
                each.salt, bytes.fromhex(each.space), bytes.fromhex(each.value), each.id,
                None if each.key is None else bytes.fromhex(each.key), each.parts, int(each.purged), each.at,
            )
            for each in tombstones
        ]  # fmt: skip
        for each in tombstones:
            self._note_salt(each.salt, each.parts)
        return sum(self._sql.execute(query, row).rowcount for row in rows)

    def _matches(
        self, salt: str, space: bytes | None, most: int, parts: Sequence[Part], content: str, least: int
    ) -> Iterator[Match]:
        whole = _hash(salt, "value", "".join(part.folded for part in parts))
        places: dict[bytes, int | None] = {}
        for at, part in enumerate(parts if most else ()):
            text = ""
            for other in parts[at : at + min(most + _MORE_PARTS, _MOST_PARTS)]:
                text += other.folded
                if len(text.encode()) >= least:
                    places.setdefault(_hash(salt, "value", text), part.start)
        places[whole] = None
        values = list(places)
        for start in range(0, len(values), _AT_ONCE):
            some = values[start : start + _AT_ONCE]
            query = _KNOWN.format(", ".join("?" * len(some)))
            for value, within, at_time, id, purged in self._sql.execute(query, (salt, space, *some)).fetchall():
                begins = places[value]
                if begins is None or within:
                    line = None if begins is None else content.count("\n", 0, begins) + 1
                    yield Match(salt, value, at_time, id, bool(purged), line)

    def _own_salt(self) -> str:
        salt = self._meta(_SALT)
        if not salt:
            salt = os.urandom(16).hex()
            self._sql.execute("INSERT INTO meta VALUES (?, ?)", (_SALT, salt))
        return salt

    def _salts(self) -> dict[str, int]:
        """Salt → the most parts of a value hashed with it; kept, as asking all tombstones would take as long as all."""
        kept = self._meta(_SALTS)
        if kept:
            salts: dict[str, int] = json.loads(kept)
            return salts
        return dict(self._sql.execute("SELECT salt, max(parts) FROM tombstones GROUP BY salt").fetchall())

    def _note_salt(self, salt: str, parts: int) -> None:
        known = self._salts()
        if parts > known.get(salt, -1):
            self._sql.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_SALTS, json.dumps(known | {salt: parts})))

    def _meta(self, name: str) -> str:
        row = self._sql.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return "" if row is None else str(row[0])


def checked_tombstones(told: Any) -> list[Tombstone]:
    """The tombstones in the head of an export.

    Raises:
        BadValueError: they are not what `Tombstones.all` gives.
    """
    if told is None:
        return []
    if not isinstance(told, list):
        raise BadValueError(f"tombstones are {shown(told)}, expected a list", "export it anew")
    return [_checked(each) for each in told]


def _checked(told: Any) -> Tombstone:
    try:
        tombstone = Tombstone(**told)
        hashes = [tombstone.space, tombstone.value, *([] if tombstone.key is None else [tombstone.key])]
        sound = all(len(bytes.fromhex(each)) == _DIGEST for each in [tombstone.salt, *hashes])
        sound = sound and type(tombstone.parts) is int and 0 <= tombstone.parts <= _MOST_PARTS
        sound = sound and type(tombstone.purged) is bool and 0 < len(tombstone.id) <= 100 and len(tombstone.at) <= 40
    except (TypeError, ValueError) as error:
        raise BadValueError(f"not a tombstone: {shown(told)}", "export it anew") from error
    if not sound:
        raise BadValueError(f"not a tombstone: {shown(told)}", "export it anew")
    return tombstone


def refusal(match: Match, name: str | None = None) -> RetractedError:
    """Why a text, or the name in a field, is not stored, and what lifts that."""
    where = "this was retracted" if match.line is None else f"line {match.line} says what was retracted"
    where = where if name is None else f"the {name} says what was retracted"
    lift = "memorize or import with --force-retracted"
    hint = lift if match.purged else f"erase.py --restore {match.id} brings it back; or {lift}"
    return RetractedError(f"{where} on {match.at[:10]} (memory {match.id})", hint, id=match.id)


def _space(salt: str, namespace: str) -> bytes:
    return _hash(salt, "namespace", namespace)


def _hash(salt: str, *texts: str) -> bytes:
    from hashlib import blake2b  # costs a cold start several milliseconds; most stores have no tombstone

    joined = "\0".join(texts).encode("utf-8", "surrogatepass")
    return blake2b(joined, key=bytes.fromhex(salt), digest_size=_DIGEST).digest()
