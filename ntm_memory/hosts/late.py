"""What was found for a session too late for the event that asked: the next one that can carry it does, once."""

from __future__ import annotations

import threading

from ntm_memory.hosts.telling import NOTHING, Said

_MOST_SESSIONS = 20
_waiting: dict[str, Said] = {}
_lock = threading.Lock()


def keep(session: str, said: Said) -> None:
    """Keep what was to be put into a session until it can be carried; of two the newer one holds.

    Args:
        session: the session's id; empty: nothing is kept.
        said: what was to be put in.
    """
    if not session:
        return
    with _lock:
        _waiting.pop(session, None)
        while len(_waiting) >= _MOST_SESSIONS:
            _waiting.pop(next(iter(_waiting)))
        _waiting[session] = said


def taken(session: str) -> Said:
    """What waits for a session; it waits no more."""
    with _lock:
        return _waiting.pop(session, NOTHING)
