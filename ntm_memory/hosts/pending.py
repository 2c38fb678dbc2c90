"""What a session told to keep, from the moment it was told until it is in memory.

Noted at once, in a file that holds nothing private and no secret that rules or patterns find; written into memory by
this process as soon as it can, or else by whatever opens the memory next. The one that writes holds a lock, and what
another one wrote meanwhile it leaves alone: so what was purged or retracted does not come back.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ntm_memory.config import SHIPPED, Settings, load_settings
from ntm_memory.errors import (
    BadValueError,
    EchoError,
    NTMMemoryError,
    RetractedError,
    SecretError,
    StoreLockedError,
)
from ntm_memory.hosts.projects import CAPTURES, least_capture, project_of, stricter
from ntm_memory.hosts.telling import Ask, Told
from ntm_memory.persistence import pending as files
from ntm_memory.persistence.host_notes import FOLDER
from ntm_memory.persistence.newest import Newest
from ntm_memory.persistence.writer_lock import WriterLock
from ntm_memory.privacy.sealing import HEAD

MOST = 1_000
"""So many may wait; a memory that takes nothing in for so long needs its doctor first."""
_PURPOSE = "pending"
_MOST_TURNS = 200


@dataclass(frozen=True)
class Waiting:
    """What is to be kept.

    Args:
        fields: as `memorize` takes them.
        texts: what of it may say what was retracted, each by itself.
        turn: in which it was told; what was refused of it makes the turn one that is not kept.
        at: when, in UTC.
        folder, began: where the session stood, and where it began: their projects may forbid it still.
        session: the host's.
    """

    fields: dict[str, Any]
    texts: list[str]
    turn: str = ""
    at: str = ""
    folder: str = ""
    began: str = ""
    session: str = ""

    @property
    def is_turn(self) -> bool:
        """Whether it is a finished turn, not what a person told to keep."""
        return self.fields.get("kind") == "episode"


@dataclass
class _Held:
    """A telling of this process as it was told, before rules and patterns made its file.

    Args:
        telling: it.
        is_written: whether its file is there; None: not yet.
    """

    telling: Waiting
    is_written: bool | None = None


_held: dict[tuple[str, str], _Held] = {}
_refused = Newest[bool](_MOST_TURNS)
"""Turns of which something was refused."""


def note(told: Told, fields: Mapping[str, Any], texts: list[str], turn: str) -> None:
    """Note what is to be kept; it is on the disk when this returns, wherever it can be written.

    Args:
        told: the event that tells it.
        fields: as `memorize` takes them.
        texts: what of it may say what was retracted.
        turn: in which it is told.
    """
    name, about = files.new_name(), {"source": told.source, "session": told.session or None, **fields}
    at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    telling = Waiting(about, texts, turn, at, told.text("cwd"), told.began_in, told.session)
    held = _held[str(told.home), name] = _Held(telling)
    held.is_written = len(files.waiting(told.home)) < MOST and _is_put(told.home, name, telling)


def count(home: Path) -> int:
    """How many wait."""
    return len(files.waiting(home))


def settle(home: Path, ask: Ask, *, most: int | None = None, seconds: float = 0.0) -> bool:
    """Write into memory what waits; whether more waits that may be tried at once.

    Args:
        home: the data folder.
        ask: puts a request to memory.
        most: so many at once; None: all.
        seconds: how long to wait for another process that is at it; 0: it is left to that one.

    Raises:
        StoreLockedError: another one was at it for longer, and it was to be waited for.
    """
    mine = [name for (where, name), held in list(_held.items()) if where == str(home) and held.is_written is not None]
    if not mine and not files.waiting(home):
        return False
    with suppress(*(() if seconds else (StoreLockedError,))), _alone(home, seconds):
        there = files.waiting(home)
        names = sorted({*there, *mine})
        for name in names[:most]:
            held = _held.get((str(home), name))
            if held is not None and held.is_written and name not in there:
                _refused.put(held.telling.turn, True)  # another one has settled it: nobody here knows how
                _held.pop((str(home), name), None)
            elif not _is_settled(home, name, held, ask):
                return False
        return most is not None and len(names) > most
    return False


def is_refused(turn: str) -> bool:
    """Whether something that was told in a turn is known to be refused."""
    return _refused.get(turn) is not None


def _is_settled(home: Path, name: str, held: _Held | None, ask: Ask) -> bool:
    """Settle one; whether the next may be tried."""
    telling = _read(home, name) if held is None else held.telling
    if telling is not None:
        try:
            _write(home, telling, ask)
        except (EchoError, RetractedError, SecretError, BadValueError):
            _refused.put(telling.turn, True)
        except NTMMemoryError:  # locked, damaged, no embedder: it waits for better times
            return False
    elif (content := files.content_of(home, name)) is not None and content.startswith(HEAD):
        return True  # sealed with another key
    _held.pop((str(home), name), None)
    _remove(files.path_of(home, name))
    return True


def _write(home: Path, telling: Waiting, ask: Ask) -> None:
    """Write one into memory, if that is still allowed.

    Raises:
        NTMMemoryError: it is refused, or cannot be written now.
    """
    settings = load_settings(SHIPPED, home / "config.json")
    if not _is_allowed(telling, settings) or (telling.is_turn and is_refused(telling.turn)):
        return
    project = project_of(telling.folder, settings.hosts.projects)
    about = {"command": "retracted", "texts": telling.texts, "namespaces": list(project.namespaces)}
    if ask({**about, "quoted": telling.is_turn})["retracted"]:
        raise RetractedError("it was retracted", "")
    request = {"command": "memorize", **telling.fields}
    if settings.privacy.on_secret == "allow":  # what keeps by itself leaves secrets out all the same
        request["on_secret"] = "redact"
    if telling.at[:10] != time.strftime("%Y-%m-%d", time.gmtime()):
        request["occurred_at"] = telling.at
    ask(request)
    if telling.is_turn and settings.hosts.episodes:
        ask({"command": "retire", "namespace": telling.fields["namespace"], "most": settings.hosts.episodes})


def _is_allowed(telling: Waiting, settings: Settings) -> bool:
    """Whether settings and projects let it be kept by now; a folder that is gone forbids nothing."""
    named = settings.hosts.projects
    project = project_of(telling.folder, named)
    if telling.began:
        project = stricter(project, project_of(telling.began, named))
    allowed = CAPTURES.index(least_capture(settings.hosts.capture, project.capture))
    return allowed >= CAPTURES.index("episodes" if telling.is_turn else "told")


def _is_put(home: Path, name: str, telling: Waiting) -> bool:
    """Whether its file is there; else it is kept in this process alone."""
    from ntm_memory.privacy.secret_spans import redacted
    from ntm_memory.privacy.secrets import find_secrets

    def plain(text: str) -> str:
        return redacted(text, find_secrets(text).secrets)

    fields = {**telling.fields, "content": plain(telling.fields["content"])}
    said = asdict(replace(telling, fields=fields, texts=[plain(text) for text in telling.texts]))
    try:
        files.put(home, name, _sealed(home, json.dumps(said, ensure_ascii=False).encode()))
    except (OSError, NTMMemoryError, UnicodeError):
        return False
    return True


def _read(home: Path, name: str) -> Waiting | None:
    """What a file says; None where it is gone, or is none of ours."""
    content = files.content_of(home, name)
    if content is None:
        return None
    try:
        found = Waiting(**json.loads(_unsealed(home, content)))
        known = isinstance(found.fields["content"], str) and isinstance(found.fields["namespace"], str)
    except (ValueError, TypeError, KeyError, NTMMemoryError):
        return None
    return found if known else None


def _sealed(home: Path, content: bytes) -> bytes:
    """As it may lie beside the memory: where that is encrypted, encrypted with its key."""
    from ntm_memory.privacy import cipher

    salt = cipher.salt_of(home / "memory.db")
    if salt is None:
        return content
    from ntm_memory.privacy.keys import find_key
    from ntm_memory.privacy.sealing import seal

    return seal(content, find_key(salt), _PURPOSE)


def _unsealed(home: Path, content: bytes) -> bytes:
    from ntm_memory.privacy import cipher

    salt = cipher.salt_of(home / "memory.db")
    if salt is None or content.startswith(b"{"):
        return content
    from ntm_memory.privacy.keys import find_key
    from ntm_memory.privacy.sealing import unseal

    return unseal(content, find_key(salt), _PURPOSE)


def _remove(file: Path) -> None:
    from ntm_memory.persistence.wiping import wipe

    with suppress(OSError):
        wipe(file)


@contextmanager
def _alone(home: Path, seconds: float) -> Iterator[None]:
    """While nobody else settles.

    Raises:
        StoreLockedError: somebody else does.
    """
    lock = WriterLock(home / FOLDER / files.LOCK, seconds)
    with suppress(OSError):  # no folder: nobody else has anything from there
        lock.acquire()
    try:
        yield
    finally:
        lock.close()
