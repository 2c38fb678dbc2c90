"""YAML between two lines `---` at the top of a note, as Obsidian, basic-memory and Claude Code write it.

Sources: https://help.obsidian.md/properties (`tags`, `aliases`; the file's name is the title),
https://docs.basicmemory.com/concepts/knowledge-format (`title`, `type`, `tags`, `permalink`),
https://jekyllrb.com/docs/front-matter. Fields that nobody knows are no fault.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from ntm_memory.importers.items import Telling, labels_of, tags_of, time_of, used_text, used_time
from ntm_memory.importers.omissions import Omitted

_RULE = "---"
_FLAT = re.compile(r"([^\W\d][\w -]{0,60})(?::(?:\s+(.*))?|：\s*(.*))")
_TITLES = ("title", "name", "标题", "名称")
_ALIASES = ("aliases", "alias", "别名")
_TAGS = ("tags", "tag", "标签")
_KINDS = ("type", "类型")
_ABOUT = ("description", "summary", "摘要")
_DATES = ("occurred_at", "when", "date", "created", "created_at", "日期", "时间", "创建时间")


def head_of(text: str) -> tuple[dict[str, Any], str, int]:
    """(fields between two rules at the top, the text below, its first line); ({}, text, 1) where there are none."""
    lines = text.split("\n")
    if lines[0].strip() != _RULE:
        return {}, text, 1
    end = next((number for number, line in enumerate(lines[1:], start=1) if line.strip() == _RULE), 0)
    fields = _fields(lines[1:end])
    return (fields, "\n".join(lines[end + 1 :]), end + 2) if end and fields else ({}, text, 1)


def from_yaml(text: str) -> Any:
    """A YAML value.

    Raises:
        ValueError: it is not YAML.
    """
    import yaml  # takes a while; most files have no head

    try:
        return yaml.safe_load(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    except (yaml.YAMLError, ArithmeticError, AttributeError, LookupError, TypeError) as error:  # !!bool x: KeyError
        raise ValueError(str(error) or type(error).__name__) from error


def _fields(lines: list[str]) -> dict[str, Any]:
    """The fields of a head; one that is not quite YAML is read field by field, what is no head at all has none."""
    try:
        fields = from_yaml("\n".join(lines))
    except ValueError:
        return _field_by_field(lines)
    return fields if isinstance(fields, dict) else _field_by_field(lines)  # 标题：… is a text to YAML


def _field_by_field(lines: list[str]) -> dict[str, Any]:
    """What of a head can be read: a field that is no YAML, such as a title with a colon, is taken as a text."""
    heads = [(number, head) for number, line in enumerate(lines) if (head := _FLAT.fullmatch(line.rstrip()))]
    ends = [*(number for number, _ in heads[1:]), len(lines)]
    fields: dict[str, Any] = {}
    for (begin, head), end in zip(heads, ends, strict=False):
        name, said = head.group(1), head.group(2) or head.group(3)
        try:
            read = from_yaml("\n".join(lines[begin:end]))
        except ValueError:
            read = None
        fields |= read if isinstance(read, dict) else {name: (said or "").strip("\"' ")}
    return fields


def telling_of(fields: Mapping[str, Any], below: str, stem: str = "") -> tuple[Telling, list[Omitted]]:
    """A note as one memory, its title first; fields that nobody knows are tags `name:value`.

    Args:
        fields: of its head.
        below: the text.
        stem: the file's name, which is the title where the head has none.

    Returns:
        (what is told, what is left out).
    """
    title, used = used_text(fields, *_TITLES)
    about, of_about = used_text(fields, *_ABOUT)
    kind, of_kind = used_text(fields, *_KINDS)
    time, of_time = used_time(fields, *_DATES)
    more = fields.get("metadata")
    inner = more if isinstance(more, Mapping) else {}
    inner_kind, of_inner = ("", set[str]()) if kind else used_text(inner, *_KINDS)
    tags, left = labels_of(
        fields, {*used, *of_about, *of_kind, *of_time, *_TAGS, *_ALIASES, *(["metadata"] if inner else [])}
    )
    inner_tags, inner_left = labels_of(inner, of_inner, "field metadata.")
    telling = {
        "content": _content(title or ("" if time_of(stem) else stem), fields, about, below.strip()),
        "tags": tags_of(*map(fields.get, _TAGS)) + tags + inner_tags,
        "kind": kind or inner_kind,
        "occurred_at": time or day_of(stem),
    }
    return telling, left + inner_left


def _content(title: str, fields: Mapping[str, Any], about: str, below: str) -> str:
    """A note's text below its names and what it is said to be about, each told once."""
    others = [each for each in tags_of(*map(fields.get, _ALIASES)) if each != title]
    named = f"{title} ({', '.join(others)})" if title and others else title or ", ".join(others)
    shown = "" if _says(below, named) else named
    return "\n\n".join(each for each in (shown, "" if about in below else about, below) if each)


def day_of(stem: str) -> str | None:
    """The day that a file's name tells; None where it tells none."""
    days = re.findall(r"(?<!\d)\d{4}-\d\d-\d\d(?!\d)", PurePath(stem).name)
    return time_of(*days)


def _says(body: str, title: str) -> bool:
    """Whether a text begins with its title as a heading."""
    first = body.partition("\n")[0]
    return bool(title) and first.startswith("#") and first.strip("# \t\r").casefold() == title.casefold()
