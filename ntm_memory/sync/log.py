"""The lines of a log: JSON with a checksum, perhaps sealed; what is no such line is told, and stops nothing.

A line is an object `{"line": …, "sum": …}`: what it tells as JSON in one text, and the beginning of its SHA-256. With a
key it is `{"sealed": …, "sum": …}`: the same text, encrypted and authenticated, in base64.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ntm_memory.errors import BadValueError, why_unread
from ntm_memory.paths import opened_itself
from ntm_memory.persistence.atomic import flush, replace_bytes
from ntm_memory.privacy.keys import ENVIRONMENT, VARIABLE, Key, secret_in
from ntm_memory.privacy.sealing import seal, unseal
from ntm_memory.sync.validation import MOST_LINKS, checked_part, checked_tombstone

VERSION = 1
_PURPOSE = "sync-log"
_DIGITS = 16
_MOST_LINE = 64_000_000


class Line(NamedTuple):
    """What one line tells: a part of a memory's state, or a tombstone.

    Args:
        id: of the memory, or the name of the tombstone.
        part: of its state; of a tombstone its register.
        is_tombstone: which of the two.
    """

    id: str
    part: Any
    is_tombstone: bool = False


class Unread(NamedTuple):
    """A line that tells nothing.

    Args:
        number: counted from 1.
        why: in one sentence.
    """

    number: int
    why: str


@dataclass
class LinesRead:
    """What was read of a file.

    Args:
        lines: what it tells.
        unread: lines that tell nothing.
        end: bytes up to the end of the last whole line.
    """

    lines: list[Line] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    end: int = 0


def log_key(key: Key) -> Key:
    """What seals logs: of the secret alone, so that devices whose files differ read each other's with one secret."""
    return Key(key.secret, b"", key.source)


def opener_of(key: Key | None) -> Key | None:
    """What opens sealed lines: the memory's own secret, else the environment's."""
    if key is not None:
        return log_key(key)
    secret = secret_in(VARIABLE)
    return None if secret is None else log_key(Key(secret, b"", ENVIRONMENT))


def written(line: Line, key: Key | None = None) -> bytes:
    """A line as it stands in a file, its end included."""
    told = {"v": VERSION, ("tombstone" if line.is_tombstone else "id"): line.id, "part": line.part}
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    name = "line" if key is None else "sealed"
    shown = text if key is None else base64.b64encode(seal(text.encode(), key, _PURPOSE)).decode()
    return json.dumps({name: shown, "sum": _sum(shown)}, ensure_ascii=False).encode() + b"\n"


def in_parts(line: Line) -> Iterator[Line]:
    """A line, or several that tell the same together where it tells more links than one may."""
    links = [] if line.is_tombstone else list(line.part.get("links", {}).items())
    if len(links) <= MOST_LINKS:
        yield line
        return
    for start in range(0, len(links), MOST_LINKS):
        part = {"links": dict(links[start : start + MOST_LINKS])}
        yield line._replace(part=part if start else {**line.part, **part})


def read(content: bytes, key: Key | None = None, first: int = 1) -> LinesRead:
    """What some lines tell; a last one without its end is not yet there, which is no damage.

    Args:
        content: of a file, or of its rest.
        key: what opens lines that are sealed.
        first: the number of the first line.
    """
    found = LinesRead()
    for number, raw in enumerate(content.split(b"\n")[:-1], start=first):
        found.end += len(raw) + 1
        if raw.strip():
            try:
                found.lines.append(_told(raw, key))
            except BadValueError as error:
                found.unread.append(Unread(number, error.message))
    return found


def append(path: Path, lines: Iterable[Line], key: Key | None = None) -> None:
    """Add lines to a file and wait until they are on the disk; a torn end of an earlier run goes first.

    Raises:
        OSError: they could not be written; a link is not followed, whoever put it there.
    """
    content = b"".join(written(part, key) for line in lines for part in in_parts(line))
    try:
        with opened_itself(path, write=True) as file:
            whole = file.read()
            end = whole.rfind(b"\n") + 1
            file.seek(end)
            file.truncate()
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    finally:
        flush(path.parent)


def rewrite(
    path: Path,
    kept: Callable[[Line], Line | None],
    key: Key | None = None,
    opener: Key | None = None,
    *,
    keep_sealed: bool = True,
) -> bool:
    """Write a file anew with what is to be kept of each line; lines that tell nothing are left out.

    Args:
        path: the file.
        kept: what stays of a line; None: nothing.
        key: what seals lines.
        opener: what opens those that are sealed.
        keep_sealed: what it does not open stays: perhaps another device has its key.

    Returns:
        whether anything was changed.

    Raises:
        OSError: it could not be written.
    """
    before, after = content_of(path), b""
    for raw in before.split(b"\n")[:-1]:
        try:
            line = kept(_told(raw, opener or key))
            after += b"" if line is None else written(line, key)  # a seal is never the same twice
        except BadValueError:
            after += raw + b"\n" if keep_sealed and _is_sealed(raw) else b""
    if after == before or (key is not None and _same(before, after, key)):
        return False
    replace_bytes(path, after)
    return True


def _same(before: bytes, after: bytes, key: Key) -> bool:
    """Whether two logs tell the same: what is sealed twice differs."""
    one, other = read(before, key), read(after, key)
    is_sealed = before.endswith(b"\n") and all(map(_is_sealed, before.split(b"\n")[:-1]))
    return is_sealed and (one.lines, len(one.unread)) == (other.lines, len(other.unread))


def content_of(path: Path) -> bytes:
    """What a file of a shared folder holds; it is never read through a link.

    Raises:
        OSError: it cannot be read, or is no regular file.
    """
    with opened_itself(path) as file:
        return file.read()


def digest(content: bytes) -> str:
    """By what the beginning of a file is known again."""
    return hashlib.sha256(content).hexdigest()


def _told(raw: bytes, key: Key | None) -> Line:
    """What one line tells.

    Raises:
        BadValueError: why it tells nothing.
    """
    if len(raw) > _MOST_LINE:
        raise BadValueError("the line is longer than any that we write")
    outer = _parsed(raw)
    name = "sealed" if "sealed" in outer else "line"
    text = outer.get(name)
    if not isinstance(text, str) or outer.get("sum") != _sum(text):
        raise BadValueError("its checksum differs: it is damaged, or only partly there")
    inner = _parsed(text.encode("utf-8", "replace") if name == "line" else _opened(text, key))
    if type(inner.get("v")) is not int or inner["v"] > VERSION:
        raise BadValueError("it was written by a newer version: update this program")
    if "tombstone" in inner:
        return Line(*checked_tombstone(inner["tombstone"], inner.get("part")), is_tombstone=True)
    return Line(str(inner.get("id")), checked_part(inner.get("id"), inner.get("part")))


def _is_sealed(raw: bytes) -> bool:
    """Whether a line is a sealed one as it was written."""
    try:
        outer = _parsed(raw)
    except BadValueError:
        return False
    return isinstance(outer.get("sealed"), str) and outer.get("sum") == _sum(outer["sealed"])


def _parsed(text: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        more = "" if isinstance(error, json.JSONDecodeError) else f": {why_unread(error)}"
        raise BadValueError(f"it is no JSON{more}") from error
    if not isinstance(value, dict):
        raise BadValueError("it is no object")
    return value


def _opened(text: str, key: Key | None) -> bytes:
    if key is None:
        raise BadValueError("it is sealed, and there is no key for it: set NTM_MEMORY_KEY on this device too")
    try:
        return unseal(base64.b64decode(text, validate=True), key, _PURPOSE)
    except ValueError as error:
        raise BadValueError(f"it cannot be opened: {error}") from error


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
