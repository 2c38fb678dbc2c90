"""What the server or the line to it says, in our own words; never a text of a memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from ntm_memory.errors import BadValueError, DiskFullError, StoreCorruptError, StoreError, StoreLockedError

MAY_BE_WRITTEN = "it may be written all the same: look whether it is there before you do it again"
_TRY_AGAIN = "try again; if it stays so: see that the server runs, and whether store.url in config.json is right"
_ROLES = "ask the owner of the memory for the right: references/scaling.md, PostgreSQL, roles"
_REFUSED = ("password authentication failed", "no password supplied", "no pg_hba.conf entry")
_WHO = "see the user, password (~/.pgpass, PGPASSWORD) and pg_hba.conf of the server"
_LOCKED = {
    "55P03": "another process has been writing, or has locked a table, for longer than store.lock_seconds",
    "40001": "another process wrote at the same time",
    "40P01": "another process was in the way",
    "57014": "the server stopped the statement",
}
_NOT_THE_LINE = ("25P01", "25P02")
"""Errors of a transaction; those beside them end the line of one that asked nothing for too long."""
_PASSING = ("40001", "40P01")
_MISSING = ("42P01", "42703", "3F000")
_FULL = ("53100", "53200", "54023")
_NOT_ALLOWED = ("28000", "28P01", "42501")


class LineLostError(StoreError):
    """The server went away: what was not committed is not written, the next call connects anew."""


class TableMissingError(StoreCorruptError):
    """A table or column of the store is not seen: it is gone, or this role may not see it."""


@contextmanager
def server_faults(label: str, *, at_commit: bool = False) -> Iterator[None]:
    """Translate what goes wrong inside.

    Args:
        label: the store, as people are told it.
        at_commit: inside is a COMMIT alone: where the line breaks in it nobody knows whether it is written.

    Raises:
        LineLostError: the server does not answer, or no longer.
        StoreError: or one of its kinds: it answers that it cannot.
        BadValueError: a value is too long for one of the server's indexes.
    """
    try:
        yield
    except psycopg.Error as error:
        raise translated_fault(label, error, at_commit=at_commit) from error


def translated_fault(label: str, error: psycopg.Error, *, at_commit: bool = False) -> StoreError | BadValueError:
    """An error of the client library as one of ours."""
    state = error.sqlstate or ""
    said = error.diag.message_primary or str(error).strip().partition("\n")[0] or type(error).__name__
    if any(sign in said for sign in _REFUSED):  # before there is a line the library has no number for it
        return StoreError(f"the PostgreSQL server of {label} refuses: {said}", _WHO)
    if is_lost(error):
        hint = MAY_BE_WRITTEN if at_commit else _TRY_AGAIN
        return LineLostError(f"the PostgreSQL server of {label} does not answer: {said}", hint)
    if state in _LOCKED:
        locked = StoreLockedError(f"{label}: {_LOCKED[state]}", "try again, or raise store.lock_seconds")
        locked.passing = state in _PASSING
        return locked
    if state in _FULL:
        return DiskFullError("the server has no space left; nothing was written", "free some space there and try again")
    if state in _NOT_ALLOWED:
        return StoreError(f"{label}: this role may not do that: {said}", _ROLES)
    if state == "25006":
        return StoreError(f"{label} can only be read: it is a replica or set to be read only", "write to the primary")
    if state == "3D000":
        return StoreError(f"{label}: {said}", "make it with: createdb NAME")
    if state in ("54000", "22001"):
        return BadValueError("a key, name or tag is too long for an index of PostgreSQL", "use a shorter one")
    if state in (*_MISSING, "XX001", "XX002"):
        kind = TableMissingError if state in _MISSING else StoreCorruptError
        return kind(f"{label} is damaged: {said}", "put the server's backup back (pg_restore)")
    return StoreError(f"{label} cannot be used: {said}", "see the server's log")


def is_lost(error: psycopg.Error) -> bool:
    """Whether the line to the server is gone, or was never there."""
    state = error.sqlstate or ""
    if state.startswith(("08", "57P", "25P0")) and state not in _NOT_THE_LINE:
        return True
    return isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)) and not state
