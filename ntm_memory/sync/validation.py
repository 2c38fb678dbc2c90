"""Whether a part of a state is one: a log is a file that anybody may have written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ntm_memory.errors import BadValueError, shown
from ntm_memory.privacy.tombstones import checked_tombstones
from ntm_memory.privacy.trust import TRUST_LEVELS
from ntm_memory.sync.stamps import read_stamp

_ID = re.compile(r"[\w.:-]{1,100}")
_PARTS = frozenset({"born", "fields", "texts", "olds", "over", "links", "joins", "purged"})
TOLD = ("key", "importance", "tags", "occurred_at", "trust")
FIELDS = (*TOLD, "session", "source", "kind", "superseded_by", "standing")
_MOST = 2**31


def checked_part(id: object, part: object) -> dict[str, Any]:
    """A part of a memory's state as a log tells it.

    Raises:
        BadValueError: it is none; what is wrong is named.
    """
    _see(isinstance(id, str) and _ID.fullmatch(id), "id", id)
    _see(isinstance(part, dict) and part and set(part) <= _PARTS, "part", part)
    assert isinstance(part, dict)
    try:
        for name, value in part.items():
            _CHECKS[name](value)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError) as error:
        if isinstance(error, BadValueError):
            raise
        raise BadValueError(f"not a part of a memory: {shown(part)}") from error
    return part


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


def _register(value: object) -> Any:
    _see(isinstance(value, list) and len(value) == 2, "a register", value)
    assert isinstance(value, list)
    read_stamp(value[0])
    return value[1]


def _text(value: object, what: str) -> None:
    _see(isinstance(value, str), what, value)
    str(value).encode()  # half of a surrogate pair is no text


def _field(name: str, value: Any) -> None:
    if name == "importance":
        _see(type(value) in (int, float) and 0 <= value <= 1, name, value)
    elif name == "tags":
        _see(isinstance(value, list) and len(value) < _MOST, name, value)
        for tag in value:
            _text(tag, "a tag")
    elif name == "trust":
        _see(value in TRUST_LEVELS, name, value)
    elif name == "standing":
        _standing(value)
    elif value is not None:
        _text(value, name)


def _standing(value: Any) -> None:
    _see(isinstance(value, list) and len(value) == 2, "standing", value)
    state, retention = value
    is_number = type(retention) in (int, float) and 0 <= retention <= 1
    _see(is_number and state in ("live", "archived", "erased"), "standing", value)
    _see((retention == 0) == (state == "erased"), "standing", value)


def _told(told: object, names: tuple[str, ...]) -> None:
    _see(isinstance(told, dict) and set(told) == set(names), "what was told", told)
    assert isinstance(told, dict)
    for name, value in told.items():
        _field(name, value)


def _born(value: object) -> None:
    born = _register(value)
    _see(isinstance(born, dict) and set(born) == {"namespace", "created_at"}, "born", born)
    for name in born:
        _text(born[name], name)


def _fields(value: Any) -> None:
    _see(isinstance(value, dict) and set(value) <= set(FIELDS), "fields", value)
    for name, register in value.items():
        _field(name, _register(register))


def _texts(value: Any) -> None:
    for name, register in value.items():
        read_stamp(name)
        text = _register(register)
        _see(type(text.get("n")) is int and 1 <= text["n"] < _MOST, "a version", text.get("n"))
        _text(text.get("at"), "a time")
        if "content" in text:
            _see(set(text) == {"content", "at", "n", "told"}, "a text", text)
            _text(text["content"], "content")
            _told(text["told"], TOLD)
        else:
            _see(set(text) == {"at", "n"}, "a text", text)


def _olds(value: Any) -> None:
    for name, register in value.items():
        read_stamp(name)
        _told(_register(register), TOLD)


def _over(value: Any) -> None:
    _see(isinstance(value, list), "over", value)
    for stamp in value:
        read_stamp(stamp)


def _links(value: Any) -> None:
    for target, register in value.items():
        _see(_ID.fullmatch(target), "a link", target)
        weight, kind = _register(register)
        _see(type(weight) in (int, float) and 0 <= weight <= 1, "a weight", weight)
        _text(kind, "a kind")


def _joins(value: object) -> None:
    other = _register(value)
    _see(isinstance(other, str) and _ID.fullmatch(other), "joins", other)


def _purged(value: Any) -> None:
    _see(isinstance(value, list) and len(value) == 1, "purged", value)
    read_stamp(value[0])


_CHECKS: Mapping[str, Callable[[Any], None]] = {
    "born": _born,
    "fields": _fields,
    "texts": _texts,
    "olds": _olds,
    "over": _over,
    "links": _links,
    "joins": _joins,
    "purged": _purged,
}
