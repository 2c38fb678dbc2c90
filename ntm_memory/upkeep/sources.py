"""What is imported: a file, a folder or a text → our own lossless document, or what it tells, of whatever form."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ntm_memory.errors import BadValueError
from ntm_memory.importers import containers, documents, folders, markdown, tables
from ntm_memory.importers.decoding import decoded
from ntm_memory.importers.items import KNOWN, Item
from ntm_memory.operations.validation import from_json_lines
from ntm_memory.paths import content_of
from ntm_memory.upkeep import exchange


def read(path: Path, form: str | None = None) -> exchange.Document | Iterable[Item]:
    """What a file or a folder holds.

    Args:
        path: of it.
        form: one of `containers.CONTAINERS`; None: by the file's ending, else by what is in it.

    Returns:
        our own document, or what is told, one after the other.

    Raises:
        BadValueError: it cannot be read, or is of no known form.
    """
    if os.path.isdir(path):  # unlike a path's own method it answers whatever is asked
        return folders.items_in(path)
    try:
        data = content_of(path)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        if os.path.exists(path) and not os.path.isfile(path):
            raise BadValueError(
                f"{path} cannot be read: {why}", "send what it tells through stdin: import.py -"
            ) from error
        raise BadValueError(f"{path} cannot be read: {why}", f"give a file or a folder; {KNOWN}") from error
    try:
        return read_text(decoded(data, path.name), form, path.name)
    except BadValueError as error:
        raise _about(path.name, error) from error


def read_text(text: str, form: str | None = None, name: str = "") -> exchange.Document | Iterable[Item]:
    """The same of a text; see `read`.

    Args:
        text: all of it.
        form: see `read`.
        name: of the file it comes from.
    """
    container = containers.container_of(text, name, form)
    if container == "csv":
        return tables.items_in(text, name)
    if "\n" not in text:  # an old editor's line ends
        text = text.replace("\r", "\n")
    if container == "markdown":
        if exchange.is_markdown(text):
            return (Item(line, told) for line, told in exchange.read_markdown(text))
        return markdown.items_in(text, name)
    if containers.begins_with_object(text):
        return documents.items_by(from_json_lines(text.split("\n")), name)
    return _of_whole(text, container, name)


def _of_whole(text: str, container: str, name: str) -> exchange.Document | Iterator[Item]:
    """What a text says that is one JSON value, or several, or else lines of which the first is none."""
    try:
        value = containers.whole(text)
    except BadValueError:
        _, first = next(containers.values_in(text), (0, None))
        if isinstance(first, dict):
            return documents.items_by(containers.values_in(text), name)
        if container != "jsonl":
            raise
        return documents.items_by(from_json_lines(text.split("\n")), name)
    if exchange.is_document(value):
        return exchange.read_document(value)
    return documents.items_in(value, name)


def _about(name: str, error: BadValueError) -> BadValueError:
    """An error that says of which file it is."""
    return error if name in error.message else BadValueError(f"{name}: {error.message}", error.hint)
