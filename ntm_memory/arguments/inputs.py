"""What a command line is given: options that were told, texts and lines from files or stdin."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ntm_memory.errors import BadValueError


def readable(argv: Sequence[str]) -> list[str]:
    """Arguments as UTF-8, whatever the locale made of their bytes.

    Raises:
        BadValueError: one is not UTF-8 at all.
    """
    try:
        return [argument.encode("utf-8", "surrogateescape").decode("utf-8") for argument in argv]
    except UnicodeError as error:
        raise BadValueError("an argument is not UTF-8 text", "write it in UTF-8, or send it through stdin") from error


def told_of(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Without what was left out; a zero was given."""
    return {
        name: value for name, value in arguments.items() if value is not None and value is not False and value != []
    }


def text(name: str, value: str | None) -> str:
    """What was given, or for `-` what stdin holds.

    Raises:
        BadValueError: nothing was given, or stdin is not UTF-8.
    """
    if value is None:
        raise BadValueError(f"{name} is missing", f"give {name.upper()}, or - to read it from stdin")
    return stdin() if value == "-" else value


def stdin() -> str:
    """All of stdin.

    Raises:
        BadValueError: it is not UTF-8.
    """
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadValueError(f"stdin is not UTF-8 text: {error}", "send UTF-8") from error


def lines(path: str) -> Iterator[str]:
    """Lines of a file; bytes that are no UTF-8 become lone surrogates, by which the bad line is known."""
    try:
        if path != "-" and Path(path).exists() and not Path(path).is_file():
            raise BadValueError(f"{path} is no regular file", "give a file of JSON lines, or send them by stdin: -")
        stream = sys.stdin.buffer if path == "-" else Path(path).open("rb")
        with io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape") as lines:
            yield from lines
    except OSError as error:
        raise BadValueError(f"{path} cannot be read: {error.strerror}", "give a file of JSON lines, or -") from error
