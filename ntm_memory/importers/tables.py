"""CSV and TSV (RFC 4180, https://www.rfc-editor.org/rfc/rfc4180): a header, and a row a memory.

One column is called content, text, memory or note; columns that are called as our fields are read as these, a title
stands before the text, others are tags `name:value`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ntm_memory.errors import BadValueError
from ntm_memory.importers.items import Item, item_at, labels_of, tags_of, titled, unknown, used_text, used_time

_CONTENT = ("content", "text", "memory", "note", "内容", "记忆", "文本", "笔记")
_TIMES = ("occurred_at", "when", "date", "created_at", "created", "日期", "时间")
_TITLES = ("title", "name", "标题", "名称", "姓名", "名字")
_KINDS = ("kind", "type", "类型")
_TAGS = ("tags", "标签")
_IMPORTANCE = ("importance", "重要性")
_NAMES = ("key", "source", "session", "namespace")
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
        lines = list(io.StringIO(text, newline=""))
        reader = csv.reader(lines, delimiter=mark)
        for row in reader:
            at, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in row):
                continue
            if not header:
                header = [each.strip().casefold() for each in row]
            elif reader.line_num == len(lines) and _is_open(lines[at - 1 :], mark):
                yield Item(at, BadValueError("a quote is opened here, and never closed", _QUOTES))
            elif len(row) > len(header):
                yield Item(at, BadValueError(f"the row has {len(row)} cells, the header {len(header)}", _QUOTES))
            else:
                yield from _items(at, _cells(header, row), column, name)
    except csv.Error as error:
        yield Item(line, BadValueError(f"the table cannot be read on: {error}", _QUOTES))
    finally:
        csv.field_size_limit(limit)


def _is_open(lines: Sequence[str], mark: str) -> bool:
    """Whether the file ends within quotes: all that follows them is in one cell."""
    try:
        list(csv.reader(lines, delimiter=mark, strict=True))
    except csv.Error as error:
        return "end of data" in str(error)
    return False


_QUOTES = "put texts with commas, quotes or line ends between double quotes, and write a quote in them twice"


def _cells(header: Sequence[str], row: Sequence[str]) -> dict[str, str]:
    """A row's cells by their columns' names; of columns with the same name the later ones are numbered."""
    cells: dict[str, str] = {}
    for number, (name, cell) in enumerate(zip(header, row, strict=False), start=1):
        cells[name if name and name not in cells else f"{name or 'column'} {number}"] = cell.strip()
    return cells


def _items(line: int, cells: Mapping[str, str], column: str, name: str) -> Iterator[Item]:
    title, of_title = used_text(cells, *_TITLES)
    kind, of_kind = used_text(cells, *_KINDS)
    tags, of_tags = used_text(cells, *_TAGS)
    weight, of_weight = used_text(cells, *_IMPORTANCE)
    time, of_time = used_time(cells, *_TIMES)
    labels, left = labels_of(
        cells, {column, *_NAMES, *of_title, *of_kind, *of_tags, *of_weight, *of_time}, within="column "
    )
    fields: dict[str, Any] = {each: cells.get(each, "") for each in _NAMES} | {"kind": kind, "occurred_at": time}
    fields["tags"] = [*tags_of(re.sub("[;|，、；]", ",", tags)), *labels]
    text = cells.get(column, "")
    yield item_at(name, line, titled(title, text) if text else "", **fields, **_importance(weight))
    yield from (Item(line, each) for each in left)


def _importance(text: str) -> dict[str, Any]:
    """A number as a number; what is none stays as it is, and is told where it is checked."""
    try:
        return {"importance": float(text)} if text else {}
    except ValueError:
        return {"importance": text}
