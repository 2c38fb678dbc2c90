"""What was found for a session too late for the event that asked: the next one that can carry it does, once."""

from __future__ import annotations

from ntm_memory.hosts.telling import NOTHING, Said
from ntm_memory.persistence.newest import Newest

_waiting = Newest[Said](20)


def keep(session: str, said: Said) -> None:
    """Keep what was to be put into a session until it can be carried; of two the newer one holds.

    Args:
        session: the session's id; empty: nothing is kept.
        said: what was to be put in.
    """
    if session:
        _waiting.put(session, said)


def taken(session: str) -> Said:
    """What waits for a session; it waits no more."""
    return _waiting.take(session) or NOTHING
