"""CSV and TSV (RFC 4180, https://www.rfc-editor.org/rfc/rfc4180): a header, and a row a memory.

One column is called content, text, memory or note; columns that are called as our fields are read as these, others are
left out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from ntm_memory.errors import BadValueError
from ntm_memory.importers.items import Item, item_at, tags_of, time_of, unknown

_CONTENT = ("content", "text", "memory", "note")
_TIMES = ("occurred_at", "when", "date", "created_at", "created")
_NAMES = ("key", "session", "namespace")
_DELIMITERS = ",;\t|"
_LONGEST = 8_000_000


def items_in(text: str, name: str = "") -> Iterator[Item]:
    """What a table tells.

    Args:
        text: all of it.
        name: of the file.

    Raises:
        BadValueError: it has no column with the texts, or is no table.
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    heads = {mark: _header(first, mark) for mark in _DELIMITERS}
    mark = max(heads, key=lambda each: (bool(set(_CONTENT) & set(heads[each])), len(heads[each])))
    column = next((each for each in _CONTENT if each in heads[mark]), None)
    if column is None:
        named = ", ".join(each[:40] for each in heads[mark][:8])
        raise unknown(f"none of the table's columns is called {', '.join(_CONTENT)}; they are: {named}")
    return _rows(text, mark, column, name)


def _header(line: str, mark: str) -> list[str]:
    try:
        return [each.strip().casefold() for each in next(csv.reader([line], delimiter=mark), [])]
    except csv.Error:
        return []


def _rows(text: str, mark: str, column: str, name: str) -> Iterator[Item]:
    header, line = list[str](), 1
    limit = csv.field_size_limit(_LONGEST)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
        for row in reader:
            at, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in row):
                continue
            if not header:
                header = [each.strip().casefold() for each in row]
            elif len(row) > len(header):
                yield Item(at, BadValueError(f"the row has {len(row)} cells, the header {len(header)}", _QUOTES))
            else:
                yield _item(at, dict(zip(header, row, strict=False)), column, name)
    except csv.Error as error:
        yield Item(line, BadValueError(f"the table cannot be read on: {error}", _QUOTES))
    finally:
        csv.field_size_limit(limit)


_QUOTES = "put texts with commas, quotes or line ends between double quotes, and write a quote in them twice"


def _item(line: int, cells: Mapping[str, str], column: str, name: str) -> Item:
    fields: dict[str, Any] = {each: cells.get(each, "").strip() for each in _NAMES}
    fields["kind"] = (cells.get("kind") or cells.get("type") or "").strip()
    fields["tags"] = tags_of((cells.get("tags") or "").replace(";", ",").replace("|", ","))
    fields["occurred_at"] = time_of(*(cells.get(each) for each in _TIMES))
    weight = cells.get("importance", "").strip()
    return item_at(name, line, cells.get(column, ""), **fields, **_importance(weight))


def _importance(text: str) -> dict[str, Any]:
    """A number as a number; what is none stays as it is, and is told where it is checked."""
    try:
        return {"importance": float(text)} if text else {}
    except ValueError:
        return {"importance": text}
