"""Every exception this package raises on purpose, and the checks of plain values that raise them everywhere.

NTMMemoryError                      exit  code (as printed in {"error": {"code": …}})
├── BadValueError                    2    bad_value        an argument, option or input line is not usable
│   ├── ConfigError                  2    bad_config       config.json: unreadable, unknown key, wrong type or range
│   ├── SecretError                  2    secret           the text holds a secret and config refuses secrets
│   ├── EchoError                    2    echo             the text was printed by recall; storing it again is refused
│   ├── RetractedError               2    retracted        the text, or a line of it, was retracted for good
│   └── MemoryFullError              2    memory_full      memory_size reached and when_full is "refuse"
├── NotSetUpError                    3    not_set_up       the Python environment is missing or incomplete
├── NotFoundError                    4    not_found        no memory with this id or key
├── StoreError                       5    store_error      the store cannot be opened, read or written
│   ├── StoreLockedError             5    store_locked     another process kept the writer lock too long
│   ├── StoreCorruptError            5    store_corrupt    a checksum or the database's own check failed
│   ├── StoreFromFutureError         5    store_too_new    written by a newer version of this package
│   ├── StoreKeyError                5    store_key        the store is encrypted, and its key is missing or wrong
│   └── DiskFullError                5    disk_full        nothing was written: no space left
├── CheckpointError                  5    bad_checkpoint   a trained core is damaged, foreign or too new
└── EmbedderError                    6    embedder_error   the embedder's weights or library are not usable
    └── EmbedderMismatchError        6    embedder_mismatch  the store was written by another embedder
"""

from __future__ import annotations

import errno
import reprlib
import sys
from collections.abc import Collection, Iterable, Sequence
from typing import Any, ClassVar

SANDBOX = (
    "if Claude Code's sandbox runs this, name the data folder under sandbox.filesystem.allowWrite in"
    " ~/.claude/settings.json (references/hosts.md)"
)
"""The sandbox shows other folders as a read-only file system (Linux), or forbids to write to them (macOS)."""
_SHOWN = 80
_BRIEF = reprlib.Repr()
_BRIEF.maxlevel = 3
_BRIEF.maxlist = _BRIEF.maxtuple = _BRIEF.maxdict = _BRIEF.maxset = 20
_BRIEF.maxstring = _BRIEF.maxlong = _BRIEF.maxother = 3 * _SHOWN


class NTMMemoryError(Exception):
    """Base of all errors of this package.

    Args:
        message: what was wrong and what was expected, in one sentence.
        hint: what to try next; empty where there is nothing sensible to try.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if hint and sys.version_info >= (3, 11):
            self.add_note(f"hint: {hint}")  # below a traceback, for whoever uses the package from Python


class BadValueError(NTMMemoryError, ValueError):
    """An argument, option or input line is not usable."""

    code = "bad_value"
    exit_code = 2


class ConfigError(BadValueError):
    """A configuration file cannot be read, or a key in it is unknown or out of range."""

    code = "bad_config"


class SecretError(BadValueError):
    """The text to be stored holds a secret, and `privacy.on_secret` is `refuse`.

    Args:
        message: what was wrong.
        hint: what to do.
        kinds: of the secrets.
    """

    code = "secret"

    def __init__(self, message: str, hint: str = "", *, kinds: Collection[str] = ()) -> None:
        super().__init__(message, hint)
        self.kinds = tuple(sorted(set(kinds)))


class EchoError(BadValueError):
    """The text to be stored was printed by recall."""

    code = "echo"


class RetractedError(BadValueError):
    """The text, or a line of it, was retracted: it is not stored again unless that is asked for.

    Args:
        message: what was wrong.
        hint: how to lift it.
        id: of the memory that was retracted.
    """

    code = "retracted"

    def __init__(self, message: str, hint: str = "", *, id: str = "") -> None:
        super().__init__(message, hint)
        self.id = id


class MemoryFullError(BadValueError):
    """`memory_size` is reached and `capacity.when_full` is `refuse`."""

    code = "memory_full"


class NotSetUpError(NTMMemoryError):
    """The Python environment of the skill is missing or incomplete."""

    code = "not_set_up"
    exit_code = 3


class NotFoundError(NTMMemoryError, LookupError):
    """No memory has this id or key."""

    code = "not_found"
    exit_code = 4


class StoreError(NTMMemoryError):
    """The store cannot be opened, read or written.

    `committed`: all is written; what failed came after it. `passing`: nothing is; others were in the way for a moment.
    """

    code = "store_error"
    exit_code = 5
    committed = passing = False


class StoreLockedError(StoreError):
    """Another process kept the writer lock for longer than we wait."""

    code = "store_locked"


class StoreCorruptError(StoreError):
    """A checksum or the database's own integrity check failed."""

    code = "store_corrupt"


class StoreFromFutureError(StoreError):
    """The store was written by a newer version of this package."""

    code = "store_too_new"


class StoreKeyError(StoreError):
    """The store is encrypted, and its key is missing or another one."""

    code = "store_key"


class DiskFullError(StoreError):
    """There was no space left; the transaction was rolled back."""

    code = "disk_full"


class CheckpointError(NTMMemoryError):
    """A trained core is damaged, foreign or from a newer version."""

    code = "bad_checkpoint"
    exit_code = 5


class EmbedderError(NTMMemoryError):
    """The embedder's weights or library are not usable."""

    code = "embedder_error"
    exit_code = 6


class EmbedderMismatchError(EmbedderError):
    """The store was written by another embedder."""

    code = "embedder_mismatch"


def hint_of_writing(number: int | None, otherwise: str) -> str:
    """What to try where a file or folder cannot be written to.

    Args:
        number: the system's error number.
        otherwise: what to try where no sandbox keeps us from it.
    """
    if number not in (errno.EROFS, errno.EPERM):
        return otherwise
    return f"{SANDBOX}; else {otherwise}"


def whole_number(name: str, value: Any, low: int, high: int | None = None) -> int:
    """The value, if it is a whole number in a range.

    Args:
        name: what it is called, for the error.
        value: anything.
        low: the smallest.
        high: the largest; None: there is none.

    Raises:
        BadValueError: naming it, its value and the range.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < low or (high is not None and value > high):
        wanted = f"of at least {low}" if high is None else f"from {low} to {high}"
        raise BadValueError(f"{name} must be a whole number {wanted}, not {shown(value)}")
    return value


def real_number(name: str, value: Any, low: float, high: float, *, above: bool = False) -> float:
    """The value, if it is a number in a range.

    Args:
        name: what it is called, for the error.
        value: anything.
        low: the smallest; with `above` the number must be larger.
        high: the largest.
        above: see `low`.

    Raises:
        BadValueError: naming it, its value and the range; NaN is in none.
    """
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not low <= value <= high or (above and value == low):
        wanted = f"above {low:g} and at most {high:g}" if above else f"from {low:g} to {high:g}"
        raise BadValueError(f"{name} must be a number {wanted}, not {shown(value)}")
    return float(value) + 0.0  # no -0.0


def shown(value: object) -> str:
    """A value as an error names it: in Python's spelling, of a long one the beginning.

    Never the whole of it first: a few lists in YAML that hold each other would be written out as gigabytes.
    """
    try:
        text = _BRIEF.repr(value)
    except (ValueError, RecursionError):  # thousands of digits, or deep nesting
        return f"a very large {type(value).__name__}"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def why_unread(error: Exception) -> str:
    """Why a file, or a part of it, is not what it should be, in words that are not Python's."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is no UTF-8"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if hasattr(error, "lineno"):  # of JSON
        return f"line {error.lineno} is no JSON" if getattr(error, "doc", "").strip() else "it is empty"
    if isinstance(error, KeyError):
        return f"it has no {error}"
    return "a part of it is of another kind than it should be" if isinstance(error, TypeError) else str(error)


def unknown_name(what: str, name: object, known: Sequence[str]) -> tuple[str, str]:
    """(message, hint) for a name that is not known: the nearest one that is, if any is near."""
    import difflib  # a mistake has time for it

    near = difflib.get_close_matches(str(name), known, n=1)
    if near:
        return f"unknown {what} {name!r}, the nearest known one is {near[0]!r}", f"write {near[0]!r}"
    return f"unknown {what} {name!r}", f"known: {', '.join(known)}"


def one_of(name: str, value: Any, choices: Collection[str]) -> None:
    """Refuse what is not among the choices.

    Raises:
        BadValueError: naming it, its value and the choices.
    """
    if value not in choices:
        raise BadValueError(f"{name} must be one of {', '.join(choices)}, not {shown(value)}")


def only_known(what: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Refuse names that are not known.

    Raises:
        BadValueError: naming them and, as a hint, what is known.
    """
    known = set(known)
    unknown = sorted(set(names) - known)
    if unknown:
        raise BadValueError(f"unknown {what}: {', '.join(unknown)}", f"known: {', '.join(sorted(known))}")
