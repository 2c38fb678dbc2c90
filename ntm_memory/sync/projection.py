"""What a memory says, by what is known of it: the same on every device that knows the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ntm_memory.errors import BadValueError
from ntm_memory.store.records import Memory, Version
from ntm_memory.sync.registers import Register, State, is_gone, joined
from ntm_memory.sync.validation import FIELDS, TOLD
from ntm_memory.text.folding import same_telling
from ntm_memory.upkeep.exchange import from_record

UNTOLD: dict[str, Any] = {
    "key": None,
    "importance": 0.5,
    "tags": [],
    "occurred_at": None,
    "trust": "agent",
    "session": None,
    "source": None,
    "kind": None,
    "superseded_by": None,
    "standing": ["live", 1.0],
}
"""The fields of which nothing was told."""


class ToldText(NamedTuple):
    """One text of a memory.

    Args:
        stamp: of its telling.
        version: its number.
        content: what it says.
        at: from when on it was what the memory says, ISO 8601.
        until: when another one took its place; of the last one empty.
        about: the fields of `validation.TOLD` that it had, or has.
    """

    stamp: str
    version: int
    content: str
    at: str
    until: str
    about: Mapping[str, Any]


class Projected(NamedTuple):
    """What a memory says.

    Args:
        namespace: of it.
        created_at: when it was told first, ISO 8601.
        fields: of `validation.FIELDS`.
        texts: oldest first; the last one is current.
        links: target → [weight, kind].
        known: stamps of all texts, those that are not shown too.
        rivals: stamps of texts that were replaced by somebody who had not seen them, the current one left out.
    """

    namespace: str
    created_at: str
    fields: Mapping[str, Any]
    texts: tuple[ToldText, ...]
    links: Mapping[str, Sequence[Any]]
    known: tuple[str, ...]
    rivals: tuple[str, ...]

    @property
    def is_live(self) -> bool:
        """Whether it can be recalled."""
        return bool(self.fields["standing"][0] == "live")


def project(state: Mapping[str, Any], parts: Sequence[Mapping[str, Any]] = ()) -> Projected | None:
    """What a memory says; None where too little is known of it yet, or it was removed for good.

    Args:
        state: what is known of it.
        parts: what is known of the memories that were joined into it.
    """
    if "purged" in state or "born" not in state:
        return None
    whole = _with(state, parts)
    fields = {**UNTOLD, **{name: register[1] for name, register in whole.get("fields", {}).items()}}
    if is_joined(state):
        fields |= {"superseded_by": state["joins"][1], "standing": ["archived", fields["standing"][1] or 1.0]}
    texts = _texts(whole, fields)
    if not texts:
        return None
    born = state["born"][1]
    links = {target: register[1] for target, register in state.get("links", {}).items()}
    known = tuple(sorted(whole["texts"]))
    return Projected(born["namespace"], born["created_at"], fields, texts, links, known, _rivals(whole, texts))


def is_joined(state: Mapping[str, Any]) -> bool:
    """Whether a memory is another one's: it was joined to it, and not brought back or erased by itself since."""
    standing = state.get("fields", {}).get("standing", ["", None])
    return "joins" in state and state["joins"][0] > standing[0]


def to_record(id: str, told: Projected, position: int = 0) -> tuple[Memory, list[Version]]:
    """The record of it, checked as everything that is imported is.

    Raises:
        BadValueError: a value is none that a memory can have.
    """
    *older, now = told.texts
    state, retention = told.fields["standing"]
    record = {name: told.fields[name] for name in FIELDS if name != "standing"} | {
        "id": id,
        "address": None,
        "namespace": told.namespace,
        "position": position,
        "content": now.content,
        "created_at": told.created_at,
        "updated_at": now.at,
        "version": now.version,
        "retention": retention,
        "state": state,
        "reads": 0,
        "last_read_at": None,
        "links": [{"target": target, "weight": w, "kind": kind} for target, (w, kind) in told.links.items()],
        "history": [
            {"id": id, "version": old.version, "content": old.content, **old.about}
            | {"valid_from": old.at, "valid_to": old.until or now.at}
            for old in older
        ],
    }
    if record["superseded_by"] == id:
        raise BadValueError(f"{id} is superseded by itself")
    memory, _, history = from_record(record)
    return memory, history


def _with(state: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> State:
    """A state and those joined into it: their texts, and what was told of them last, but whether they are live."""
    whole: State = dict(state)
    for part in parts:
        fields = part.get("fields", {})
        about = {name: fields[name] for name in fields if name not in ("standing", "superseded_by")}
        whole = joined(whole, {"fields": about, **{n: part[n] for n in ("texts", "olds", "over") if n in part}})
    return whole


def _texts(whole: Mapping[str, Any], fields: Mapping[str, Any]) -> tuple[ToldText, ...]:
    """The texts, oldest first: each has a number of its own, at least the one that it was told with."""
    found: list[ToldText] = []
    number, begun = 0, ""
    registers: dict[str, Register] = whole.get("texts", {})
    order = _in_order(registers, {*whole.get("over", ())})
    for stamp, after in zip(order, [*order[1:], None], strict=False):
        told = registers[stamp][1]
        begun = max(begun, told["at"])  # clocks differ: nothing ends before it began
        until = "" if after is None else max(begun, registers[after][1]["at"])
        if is_gone(registers[stamp]):
            number = max(number + 1, told["n"])
        elif found and told["content"] == found[-1].content:  # told once more, as by a device that read in an export
            found[-1] = found[-1]._replace(until=until)
        else:
            number = max(number + 1, told["n"])
            about = whole.get("olds", {}).get(stamp, [None, told["told"]])[1]
            found.append(ToldText(stamp, number, told["content"], begun, until, about))
    if found:
        found[-1] = found[-1]._replace(until="", about={name: fields[name] for name in TOLD})
    return tuple(found)


def _in_order(texts: Mapping[str, Register], over: set[str]) -> list[str]:
    """The stamps of the texts, oldest first.

    Where the last text was replaced, and what took its place was removed for good with a memory to which this text
    belonged then, the last one that nobody replaced is what the memory says.
    """
    order = sorted(texts)
    there = [stamp for stamp in order if not is_gone(texts[stamp])]
    left = [stamp for stamp in there if stamp not in over]
    if left and left[-1] != there[-1]:
        order.remove(left[-1])
        order.append(left[-1])
    return order


def _rivals(whole: Mapping[str, Any], texts: Sequence[ToldText]) -> tuple[str, ...]:
    over, now = {*whole.get("over", ())}, texts[-1]
    ends = [each for each in texts[:-1] if each.stamp not in over]
    return tuple(each.stamp for each in ends if not same_telling(each.content, now.content))
