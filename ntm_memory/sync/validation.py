"""Whether a part of a state is one, and its values as the memory keeps them.

A log is a file that anybody may have written. A value that the memory would keep otherwise than a line tells it would
never be what was told, and be written anew at each sync: so it is brought to that form before anything is compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ntm_memory.entry.told_times import checked_when
from ntm_memory.errors import BadValueError, shown
from ntm_memory.operations.validation import checked_content, checked_name, checked_share, checked_tags
from ntm_memory.privacy.tombstones import checked_tombstones
from ntm_memory.privacy.trust import TRUST_LEVELS
from ntm_memory.sync.stamps import read_stamp
from ntm_memory.text.iso_time import in_full

_ID = re.compile(r"[\w.:-]{1,100}")
TOLD = ("key", "importance", "tags", "occurred_at", "trust")
FIELDS = (*TOLD, "session", "source", "kind", "superseded_by", "standing")
MOST_VERSION = 10**9
"""The greatest number that a line may tell a text with: a memory can have twice as great a one, so that there is always
room for the texts that come after."""
MOST_LINKS = 10_000
"""In one line; a memory with more of them is told in several."""


def checked_part(id: object, part: object) -> dict[str, Any]:
    """A part of a memory's state as a log tells it, each value in the form in which the memory keeps it.

    Raises:
        BadValueError: it is none, or no memory can have a value; what is wrong is named.
    """
    _id(id, "id")
    _see(isinstance(part, dict) and part and set(part) <= set(_PARTS), "part", part)
    assert isinstance(part, dict)
    try:
        made = {name: _PARTS[name](value) for name, value in part.items()}
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError) as error:
        if isinstance(error, BadValueError):
            raise
        raise BadValueError(f"not a part of a memory: {shown(part)}") from error
    within = [made.get("joins"), made.get("fields", {}).get("superseded_by")]
    _see(all(each is None or each[1] != id for each in within), "a memory that is in the place of itself", id)
    return made


def checked_tombstone(name: object, register: object) -> tuple[str, list[Any]]:
    """A tombstone as a log tells it: its name `salt/space/value/id`, and a register with the rest, None for lifted.

    Raises:
        BadValueError: it is none.
    """
    _see(isinstance(name, str) and isinstance(register, list) and len(register) == 2, "tombstone", name)
    assert isinstance(name, str) and isinstance(register, list)
    read_stamp(register[0])
    salt, space, value, id = (name.split("/", 3) + [""] * 4)[:4]
    rest = register[1]
    blank = {"key": None, "parts": 0, "purged": False, "at": ""}
    _see(rest is None or (isinstance(rest, dict) and set(rest) == set(blank)), "tombstone", rest)
    checked_tombstones([{"salt": salt, "space": space, "value": value, "id": id, **(rest or blank)}])
    return name, register


def _see(is_so: object, what: str, value: object) -> None:
    if not is_so:
        raise BadValueError(f"{what} is {shown(value)}")


def _register(value: object, kept: Callable[[Any], Any]) -> list[Any]:
    """A register whose value is in the form in which it is kept."""
    _see(isinstance(value, list) and len(value) == 2, "a register", value)
    assert isinstance(value, list)
    read_stamp(value[0])
    return [value[0], kept(value[1])]


def _registers(value: Any, kept: Callable[[Any], Any]) -> dict[str, Any]:
    """Registers by the stamps of the texts that they are of."""
    _see(isinstance(value, dict), "registers", value)
    for name in value:
        read_stamp(name)
    return {name: _register(register, kept) for name, register in value.items()}


def _text(value: object, what: str) -> str:
    _see(isinstance(value, str), what, value)
    str(value).encode()  # half of a surrogate pair is no text
    return str(value)


def _field(name: str, value: Any) -> Any:
    if name == "importance":
        return checked_share(name, value)
    if name == "tags":
        _see(isinstance(value, list), name, value)
        return list(checked_tags([_text(tag, "a tag") for tag in value]))
    if name == "trust":
        _see(value in TRUST_LEVELS, name, value)
        return value
    if name == "standing":
        return _standing(value)
    if value is None:
        return None
    if name == "superseded_by":
        return _id(value, name)
    return checked_when(name, value) if name == "occurred_at" else checked_name(name, _text(value, name))


def _id(value: Any, what: str) -> str:
    _see(isinstance(value, str) and _ID.fullmatch(value), what, value)
    return str(value)


def _standing(value: Any) -> list[Any]:
    _see(isinstance(value, list) and len(value) == 2, "standing", value)
    state, retention = value
    _see(state in ("live", "archived", "erased"), "standing", value)
    retention = checked_share("retention", retention)
    _see((retention == 0) == (state == "erased"), "standing", value)
    return [state, retention]


def _told(told: object) -> dict[str, Any]:
    _see(isinstance(told, dict) and set(told) == set(TOLD), "what was told", told)
    assert isinstance(told, dict)
    return {name: _field(name, value) for name, value in told.items()}


def _birth(born: Any) -> dict[str, Any]:
    _see(isinstance(born, dict) and set(born) == {"namespace", "created_at"}, "born", born)
    space = checked_name("namespace", _text(born["namespace"], "namespace"))
    return {"namespace": space or "default", "created_at": in_full(_text(born["created_at"], "created_at"))}


def _fields(value: Any) -> dict[str, Any]:
    _see(isinstance(value, dict) and set(value) <= set(FIELDS), "fields", value)
    return {name: _register(register, partial(_field, name)) for name, register in value.items()}


def _content(text: Any) -> dict[str, Any]:
    """A text, or what is left of one that was removed for good."""
    _see(type(text.get("n")) is int and 1 <= text["n"] <= MOST_VERSION, "a version", text.get("n"))
    made = {"at": in_full(_text(text.get("at"), "a time")), "n": text["n"]}
    if "content" in text:
        _see(set(text) == {*made, "content", "told"}, "a text", text)
        return {**made, "content": checked_content(_text(text["content"], "content")), "told": _told(text["told"])}
    _see(set(text) == set(made), "a text", text)
    return made


def _over(value: Any) -> list[str]:
    _see(isinstance(value, list), "over", value)
    for stamp in value:
        read_stamp(stamp)
    return list(value)


def _link(value: Any) -> list[Any]:
    _see(isinstance(value, list) and len(value) == 2, "a link", value)
    return [checked_share("a weight", value[0]), _text(value[1], "a kind")]


def _links(value: Any) -> dict[str, Any]:
    _see(isinstance(value, dict), "links", value)
    if len(value) > MOST_LINKS:
        raise BadValueError(f"it tells {len(value):,} links, at most {MOST_LINKS:,} are taken of one line")
    return {_id(target, "a link"): _register(register, _link) for target, register in value.items()}


def _purged(value: Any) -> list[str]:
    _see(isinstance(value, list) and len(value) == 1, "purged", value)
    return _over(value)


_PARTS: Mapping[str, Callable[[Any], Any]] = {
    "born": lambda value: _register(value, _birth),
    "fields": _fields,
    "texts": lambda value: _registers(value, _content),
    "olds": lambda value: _registers(value, _told),
    "over": _over,
    "links": _links,
    "joins": lambda value: _register(value, partial(_id, what="joins")),
    "purged": _purged,
}
