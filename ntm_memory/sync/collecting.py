"""What changed in this memory since it was last looked at, as parts of states for the log.

Nothing tells that anything changed but the memory itself: its rows and its audit. So no way of writing can be
forgotten, and what was written just before a crash is found the next time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from ntm_memory.store.records import Link, Memory, Version
from ntm_memory.sync.merging_writer import MERGED, Done
from ntm_memory.sync.projection import UNTOLD, Projected
from ntm_memory.sync.registers import State, removed_texts, top
from ntm_memory.sync.stamps import HybridClock, read_stamp
from ntm_memory.sync.validation import FIELDS, MOST_VERSION, TOLD
from ntm_memory.text.iso_time import unix_seconds

Seen = dict[str, Any]
"""How a memory stood here: `fields`, `texts` (version → [stamp, hash, about]), `links`, `known` and `top` stamps."""


class LocalMemory:
    """A memory as it stands here, and what was done to it since it was last looked at.

    Args:
        memory: as the store has it.
        history: its older versions.
        links: by target, all its links, those to what is not live too, which nobody is shown.
        done: lines of the audit that are of it.
    """

    def __init__(
        self, memory: Memory, history: Sequence[Version], links: Mapping[str, Link], done: Sequence[Done] = ()
    ) -> None:
        self.memory = memory
        self.fields: dict[str, Any] = {
            name: list(memory.tags) if name == "tags" else getattr(memory, name)
            for name in FIELDS
            if name != "standing"
        } | {"standing": [memory.state, memory.retention]}
        self.links = {target: [link.weight, link.kind] for target, link in links.items()}
        self.texts: dict[int, tuple[str, str, dict[str, Any]]] = {
            old.version: (old.content, old.valid_from, _about(old)) for old in history
        }
        self.texts[memory.version] = (memory.content, memory.updated_at, _about(memory))
        self._ends = {old.version: old.valid_to for old in history}
        own = [each for each in done if each.verb != MERGED]
        self.at = max([_ms(memory.updated_at), *(_ms(each.at) for each in own)])
        self._removed = {each.detail.get("version") for each in own if each.verb in ("version purged", "redacted")}

    def says(self, told: Projected | None) -> bool:
        """Whether it is just what is known of it."""
        if told is None or any(self.fields[name] != told.fields[name] for name in FIELDS):
            return False
        texts = {text.version: (text.content, text.at, dict(text.about)) for text in told.texts}
        if self._ends != {text.version: text.until for text in told.texts[:-1]}:
            return False
        return texts == self.texts and all(told.links.get(name) == link for name, link in self.links.items())

    def as_seen(self, stamps: Mapping[int, str], known: Sequence[str], latest: str) -> Seen:
        """How it stands, to be compared with the next time.

        Args:
            stamps: of its texts, by version.
            known: stamps of all texts that whoever changes it next has seen.
            latest: the greatest stamp of what is known of it.
        """
        texts = {
            str(version): [stamps[version], text_hash(content), about]
            for version, (content, _, about) in self.texts.items()
            if version in stamps
        }
        return {"fields": self.fields, "texts": texts, "links": self.links, "known": sorted(known), "top": latest}

    def was_removed(self, version: int) -> bool:
        """Whether this version was purged, or put in other words because it held a secret."""
        return version in self._removed


class RemovedTexts:
    """The texts of a memory that were removed for good, or put in other words, on any device.

    A backup that is put back, or an old export, may hold them still: they are known by their version, or by the moment
    of their telling, as nobody keeps what they said.

    Args:
        parts: what is known of the memory, and of those joined into it.
        told: what it says by now; that was not removed.
    """

    def __init__(self, parts: Sequence[State], told: Projected | None) -> None:
        self._texts = {stamp: text for part in parts for stamp, text in removed_texts(part).items()}
        self.told = frozenset(text.content for text in told.texts) if told is not None else frozenset[str]()

    def stamp_of(self, version: int, content: str, at: str) -> str | None:
        """The stamp of the removed text that a text here is; None: it is none.

        Args:
            version: of the text here.
            content: what it says.
            at: from when on it was what the memory says; what was told after a text was removed is not that text.
        """
        began = _ms(at)
        for stamp, (removed, text) in self._texts.items() if content not in self.told else ():
            if began == read_stamp(stamp).ms or (version == text["n"] and began <= read_stamp(removed).ms):
                return stamp
        return None


def first_part(local: LocalMemory, clock: HybridClock, behind: str) -> tuple[State, dict[int, str]]:
    """All of a memory of which nothing is known yet, and the stamps of its texts by version.

    Args:
        local: it.
        clock: stamps it.
        behind: stamp of birth of the memory before it in the order of writing.
    """
    memory = local.memory
    born = clock.stamp(_ms(memory.created_at), max(behind, ""))
    part: State = {"born": [born, {"namespace": memory.namespace, "created_at": memory.created_at}]}
    part["texts"], stamps = _new_texts(local, sorted(local.texts), clock, "")
    if len(stamps) > 1:
        part["over"] = sorted(stamps.values())[:-1]
    latest = clock.stamp(local.at, max(stamps.values()))
    part["fields"] = {
        name: [latest, value] for name, value in local.fields.items() if value != UNTOLD[name] or name == "standing"
    }
    if local.links:
        part["links"] = {target: [latest, link] for target, link in local.links.items()}
    return part, stamps


def changed_part(
    local: LocalMemory, seen: Seen, told: Projected | None, clock: HybridClock, removed: RemovedTexts
) -> tuple[State, dict[int, str]]:
    """What of a memory is otherwise than it was seen last, and the stamps of its texts by version.

    Args:
        local: the memory.
        seen: how it stood.
        told: what is known of it by now; what it says is no change.
        clock: stamps what changed.
        removed: texts that are not to be told again.
    """
    part: State = {}
    stamps, parts = _texts_since(local, seen, clock, removed)
    part.update(parts)
    fields = {
        name: value
        for name, value in local.fields.items()
        if value != seen["fields"].get(name, UNTOLD[name]) and (told is None or told.fields[name] != value)
    }
    links = {target: link for target, link in local.links.items() if seen["links"].get(target) != link}
    if fields or links:
        latest = clock.stamp(local.at, max(seen["top"], top(part)))
        part |= {"fields": {name: [latest, value] for name, value in fields.items()}} if fields else {}
        part |= {"links": {target: [latest, link] for target, link in links.items()}} if links else {}
    return part, stamps


def presumed_seen(local: LocalMemory, known: State, told: Projected) -> Seen:
    """How a memory that is known from logs would have stood here, had it been looked at: by what it says, and when.

    So it is for a data folder that was copied, or put back from a backup, and where `sync.db` was lost.
    """
    stamps = {}
    for version, (content, _, _) in local.texts.items():
        same = [text.stamp for text in told.texts if text.content == content]
        if same:
            stamps[version] = same[-1]
    registers = known.get("fields", {})
    fields = {
        name: told.fields[name] if local.at > _stamped(registers.get(name)) else value
        for name, value in local.fields.items()
    }
    seen = local.as_seen(stamps, [*stamps.values()], top(known))
    return seen | {"fields": fields}


def _texts_since(
    local: LocalMemory, seen: Seen, clock: HybridClock, removed: RemovedTexts
) -> tuple[dict[int, str], State]:
    """(the stamps of the texts by version, what of them is to be told)."""
    stamps: dict[int, str] = {}
    part: State = {}
    new: list[int] = []
    latest = max(map(int, seen["texts"]), default=0)
    for version, (content, at, about) in sorted(local.texts.items()):
        before = seen["texts"].get(str(version))
        if before is None or (before[1] != text_hash(content) and not local.was_removed(version)):
            gone = removed.stamp_of(version, content, at)
            if gone is None:
                new.append(version)
            else:
                stamps[version] = gone
            continue
        stamps[version] = before[0]
        if before[1] != text_hash(content):  # put in other words: its old ones are removed for good
            told = {"content": content, "at": at, "n": _told_number(version), "told": about}
            part.setdefault("texts", {})[before[0]] = [clock.stamp(local.at, seen["top"]), told]
        elif version != local.memory.version and (version == latest or before[2] != about):
            part.setdefault("olds", {})[before[0]] = [clock.stamp(local.at, seen["top"]), about]
    for version, (stamp, _, _) in seen["texts"].items():
        if int(version) not in local.texts and local.was_removed(int(version)):
            nothing = {"at": local.memory.updated_at, "n": _told_number(int(version))}
            part.setdefault("texts", {})[stamp] = [clock.stamp(local.at, seen["top"]), nothing]
    if new:
        texts, added = _new_texts(local, new, clock, max([*seen["known"], *stamps.values()], default=""))
        part["texts"] = {**part.get("texts", {}), **texts}
        part["over"] = sorted({*seen["known"], *stamps.values(), *added.values()} - {added[new[-1]]})
        stamps |= added
    return stamps, part


def _new_texts(
    local: LocalMemory, versions: Sequence[int], clock: HybridClock, after: str
) -> tuple[dict[str, Any], dict[int, str]]:
    texts: dict[str, Any] = {}
    stamps: dict[int, str] = {}
    for version in versions:
        content, at, about = local.texts[version]
        after = clock.stamp(_ms(at), after)
        texts[after] = [after, {"content": content, "at": at, "n": _told_number(version), "told": about}]
        stamps[version] = after
    return texts, stamps


def _told_number(version: int) -> int:
    """The number that a text is told with: its version, as far as a line may tell one; others count on from it."""
    return min(version, MOST_VERSION)


def _about(told: Memory | Version) -> dict[str, Any]:
    return {name: list(told.tags) if name == "tags" else getattr(told, name) for name in TOLD}


def _stamped(register: Sequence[Any] | None) -> int:
    return read_stamp(register[0]).ms if register else 0


def _ms(iso: str) -> int:
    return int(unix_seconds(iso) * 1000)


def text_hash(content: str) -> str:
    """By what a text is compared with how it stood, without keeping it once more."""
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:24]
