"""What is known of a memory as values with stamps, and how two such states, or parts of one, become one.

A state is a plain object with any of these parts:

    born     [stamp, {namespace, created_at}]; of several the earliest: what orders memories
    fields   name → [stamp, value]; of several the last
    texts    stamp of its telling → [stamp, {content, at, n, told}]; without content: removed for good, which wins;
             n, 1 to 10⁹, is the least version that it has: each has a greater one than the text before it
    olds     stamp of a text → [stamp, {key, importance, tags, occurred_at, trust}]: as its history has it, the last
    over     stamps of texts that were replaced by somebody who had seen them
    links    target → [stamp, [weight, kind]]; the last; at most 10,000 in one line
    joins    [stamp, id]: it is another memory's, which said the same or had the same key; the last
    purged   [stamp]: removed for good; nothing else is kept, and nothing comes back

`joined` is commutative, associative and idempotent: a delta-state CRDT (Almeida et al. 2018).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

State = dict[str, Any]
Register = list[Any]


def joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> State:
    """One state of two states of a memory, or of a state and a part of one."""
    if "purged" in one or "purged" in other:
        return {"purged": [min(each["purged"][0] for each in (one, other) if "purged" in each)]}
    made: State = {}
    for part in _LATEST:
        known = _by_name(one.get(part, {}), other.get(part, {}), later)
        if known:
            made[part] = known
    texts = _by_name(one.get("texts", {}), other.get("texts", {}), _later_text)
    if texts:
        made["texts"] = texts
    over = sorted({*one.get("over", ()), *other.get("over", ())})
    if over:
        made["over"] = over
    for part, choose in (("born", _earlier), ("joins", later)):
        found = [each[part] for each in (one, other) if part in each]
        if found:
            made[part] = found[0] if len(found) == 1 else choose(*found)
    return made


def later(one: Register, other: Register) -> Register:
    """The register with the later stamp; of equal stamps the one whose value sorts last."""
    return max(one, other, key=_order)


def top(state: Mapping[str, Any]) -> str:
    """The latest stamp in a state; empty where there is none."""
    return max(stamps_in(state), default="")


def stamps_in(state: Mapping[str, Any]) -> Iterator[str]:
    """Every stamp that says when something was told."""
    for part in ("born", "joins", "purged"):
        if part in state:
            yield state[part][0]
    for part in (*_LATEST, "texts"):
        yield from (register[0] for register in state.get(part, {}).values())
    yield from state.get("texts", {})


def is_gone(text: Register) -> bool:
    """Whether a text was removed for good."""
    return "content" not in text[1]


def is_empty(state: Mapping[str, Any]) -> bool:
    """Whether a memory has nothing left to say: each of its texts was removed for good, if not the memory itself."""
    texts = state.get("texts", {})
    return bool(texts) and all(is_gone(text) for text in texts.values())


def removed_texts(state: Mapping[str, Any]) -> dict[str, Register]:
    """The texts of a state that were removed for good, or put in other words because they held a secret."""
    return {stamp: text for stamp, text in state.get("texts", {}).items() if is_gone(text) or text[0] != stamp}


def without_removed(part: Mapping[str, Any], known: Mapping[str, Any]) -> State:
    """A part of a state without the texts that were removed for good, or put in other words, since.

    Args:
        part: of a log.
        known: all that is known of the memory.
    """
    if "purged" in known:
        return {"purged": known["purged"]} if "purged" in part else {}
    kept = {name: value for name, value in part.items() if name not in ("texts", "olds")}
    now = known.get("texts", {})
    texts = {name: text for name, text in part.get("texts", {}).items() if now.get(name, text) == text}
    olds = {name: old for name, old in part.get("olds", {}).items() if name not in now or not is_gone(now[name])}
    return {**kept, **({"texts": texts} if texts else {}), **({"olds": olds} if olds else {})}


def holds_removed(part: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    """Whether a part of a state holds what was removed for good, or put in other words, since."""
    if "purged" in known:
        return "purged" not in part
    left = without_removed(part, known)
    return any(left.get(name, {}) != part.get(name, {}) for name in ("texts", "olds"))


def all_joined(states: Iterable[Mapping[str, Any]]) -> State:
    """One state of many."""
    made: State = {}
    for each in states:
        made = joined(made, each)
    return made


_LATEST = ("fields", "olds", "links")


def _by_name(
    one: Mapping[str, Register], other: Mapping[str, Register], choose: Callable[[Register, Register], Register]
) -> dict[str, Register]:
    made = dict(one)
    for name, register in other.items():
        made[name] = choose(made[name], register) if name in made else register
    return made


def _order(register: Register) -> tuple[str, str]:
    return str(register[0]), json.dumps(register[1], sort_keys=True)


def _earlier(one: Register, other: Register) -> Register:
    return min(one, other, key=_order)


def _later_text(one: Register, other: Register) -> Register:
    return max(one, other, key=lambda each: (is_gone(each), *_order(each)))
