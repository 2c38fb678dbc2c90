"""What all devices told, taken in; and what follows from it: of two that are one, which stays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ntm_memory.errors import StoreError
from ntm_memory.sync.collecting import text_hash
from ntm_memory.sync.log import Line
from ntm_memory.sync.projection import Projected, is_joined, project
from ntm_memory.sync.registers import State, is_gone, joined, later, removed_texts, stamps_in, top
from ntm_memory.sync.stamps import HybridClock, read_stamp
from ntm_memory.sync.state import SyncState
from ntm_memory.text.folding import folded_key, folded_text, word_for_word

_MOST_SHOWN, _DAY = 20, 24 * 3_600_000
WHOLE, _UNKNOWN = "whole", "unknown"
"""Instead of a hash: all of a memory was removed; a text of it was that nobody knows here."""


class Merging:
    """Joins parts of states; what this device adds to them waits in `told` for its log.

    Args:
        state: what is known.
        clock: stamps what this device tells.
    """

    def __init__(self, state: SyncState, clock: HybridClock) -> None:
        self.state = state
        self.clock = clock
        self.told: list[Line] = []
        self.taken = 0
        self.has_removed = False
        self.dropped: dict[str, set[str]] = {}
        self.emptied: set[str] = set()
        self.unordered: set[str] = set(json.loads(state.meta("unordered", "[]")))

    def was_ahead(self) -> bool:
        """Whether this device told something with a clock that was days ahead, and has been set right since.

        Raises:
            StoreError: it is now that the clock is wrong, and days behind: other devices told later things, which were
                taken in when it was right.
        """
        last = self.state.meta("last")
        if not last or not self.clock.is_ahead(last):
            return False
        others = self.state.ids("birth <> '' AND birth NOT LIKE '%' || ?", self.clock.device)
        latest = self.state.birth(others[-1]) if others else last
        if others and self.clock.is_ahead(latest):
            days = (read_stamp(latest).ms - self.clock.now) // _DAY
            raise StoreError(
                f"the clock of this machine is {days} days behind what other machines told: nothing was synced",
                "set the clock right, and sync again",
            )
        return True

    def tell(self, id: str, part: State) -> None:
        """Take in what this device tells of a memory, and have it written."""
        if part:
            self.told.append(Line(id, part))
            self.take(id, part)

    def take(self, id: str, part: Mapping[str, Any]) -> bool:
        """Take in what is told of a memory; whether any of it is new."""
        self._count(part)
        before = self.state.known(id)
        after = joined(before, part)
        if after == before:
            return False
        self.taken += 1
        removed = "purged" in after or any(is_gone(each) for each in part.get("texts", {}).values())
        was = before.get("texts", {})
        reworded = any(stamp in was and each != was[stamp] for stamp, each in after.get("texts", {}).items())
        if removed or reworded:
            self.has_removed = True
            self._note_removed(id, before, after)
        self._keep(id, after)
        for root in dict.fromkeys([*self._roots(before), *self._roots(after)]):
            self._keep(root, self.state.known(root))
        return True

    def take_tombstone(self, name: str, register: list[Any], *, ours: bool = False) -> bool:
        """Take in that something was retracted, or that this was lifted; whether it is new."""
        before = self.state.tombstone(name)
        after = register if before is None else later(before, register)
        if after == before:
            return False
        if ours:
            self.told.append(Line(name, register, is_tombstone=True))
        self.taken += 1
        self.state.put_tombstone(name, after, due=not ours)
        return True

    def projected(self, id: str, known: State | None = None) -> Projected | None:
        """What a memory says, what was joined into it included."""
        return project(self.state.known(id) if known is None else known, list(self.parts(id)))

    def settle(self, id: str) -> None:
        """What a memory says is right, whatever another device told of it."""
        told = self.projected(id)
        if told is not None and told.rivals:
            self.tell(id, {"over": sorted(set(told.known) - {told.texts[-1].stamp})})

    def resolve(self) -> None:
        """Make one memory of those that say the same, and of those that have one key: the one that was born first."""
        seen: set[str] = set()  # a log of another's making may name stamps that none of ours comes after
        while shared := [(column, value) for column in ("live_key", "twin") for value in self.state.shared(column)]:
            found = [(other, first) for each in shared for first, other in self._pairs(*each) if other not in seen]
            if not found:
                return
            for other, first in found:
                seen.add(other)
                self.tell(other, {"joins": [self.clock.stamp(after=top(self.state.known(other))), first]})

    def _pairs(self, column: str, value: str) -> list[tuple[str, str]]:
        """(the one born first, another) of the memories that share a value."""
        first, *others = self.state.ids(f"{column} = ?", value)
        return [(first, other) for other in others]

    def spread(self) -> None:
        """What this device replaced or removed for good is so in the memories that were joined into another one, too.

        Another device may have joined them elsewhere.
        """
        for line in [line for line in self.told if not line.is_tombstone]:
            for other in self._joined_into(line.id):
                if "purged" in line.part:
                    self.tell(other, {"purged": [self.clock.stamp()]})
                else:
                    self._spread_texts(line.part, other)

    def _spread_texts(self, part: State, other: str) -> None:
        known = self.state.known(other)
        texts = known.get("texts", {})
        gone = {name: text for name, text in part.get("texts", {}).items() if is_gone(text) and name in texts}
        if gone and {name for name, text in texts.items() if not is_gone(text)} <= {*gone}:
            self.tell(other, {"purged": [self.clock.stamp()]})
            return
        over = sorted(({*part.get("over", ())} & {*texts}) - {*known.get("over", ())})
        self.tell(other, {**({"texts": gone} if gone else {}), **({"over": over} if over else {})})

    def finish(self) -> None:
        """Keep what the next run has to know."""
        self.state.set_meta("count", self.clock.count)
        self.state.set_meta("unordered", json.dumps(sorted(self.unordered)))
        if self.has_removed:
            self.state.set_meta("removed", 1)

    def _count(self, part: Mapping[str, Any]) -> None:
        """Give no stamp that was given under this device's name before."""
        own = [stamp for stamp in stamps_in(part) if stamp.endswith(self.clock.device)]
        if own:
            self.clock.count = max(self.clock.count, *(int(stamp[13:21], 16) for stamp in own))
            self.state.set_meta("last", max(self.state.meta("last"), *own))

    def _note_removed(self, id: str, before: State, after: State) -> None:
        """Note what is to leave the copies of the memory here: those of the memories, too, that had it by a join."""
        now = after.get("texts", {})
        contents = {
            text[1]["content"]
            for stamp, text in before.get("texts", {}).items()
            if not is_gone(text) and now.get(stamp, [0, {}])[1].get("content") != text[1]["content"]
        }
        hashes = {text_hash(content) for content in contents}
        for other in {id, *self._roots(before), *self._joined_into(id)}:
            self.dropped.setdefault(other, set()).update(contents)
            self.state.note_removals(other, hashes)
        if "purged" in after or not hashes:
            self.state.note_removals(id, {WHOLE if "purged" in after else _UNKNOWN})

    def look_for_removed(self) -> None:
        """Have the copies looked through once more for all that was ever removed: they may be of another time."""
        for id in self.state.ids("1"):
            known = self.state.known(id)
            if "purged" in known or removed_texts(known):
                self.state.note_removals(id, {WHOLE if "purged" in known else _UNKNOWN})

    def _keep(self, id: str, known: State) -> None:
        if not known:
            return
        told = self.projected(id, known)
        columns: dict[str, Any] = {"birth": "", "space": None}
        if "born" in known:
            columns = {"birth": known["born"][0], "space": known["born"][1]["namespace"]}
            if self.state.birth(id) != columns["birth"]:
                self.unordered.add(columns["space"])
        if is_joined(known):
            columns["root"] = known["joins"][1]
        elif told is not None and told.is_live:
            key = told.fields["key"]
            columns["live_key"] = None if key is None else _name(told.namespace, folded_key(key))
            columns["twin"] = None if told.fields["superseded_by"] else _twin(told)
        if told is not None and told.is_live:
            columns["rivals"] = len(told.rivals)
        self.state.put(id, known, due=True, **columns)

    def _roots(self, known: State) -> Iterator[str]:
        """The memory into which one was joined, and those into which that was."""
        seen: set[str] = set()
        while "joins" in known and known["joins"][1] not in seen:
            seen.add(known["joins"][1])
            yield known["joins"][1]
            known = self.state.known(known["joins"][1])

    def parts(self, id: str) -> Iterator[State]:
        """What is known of the memories that were joined into one."""
        for other in self._joined_into(id):
            yield self.state.known(other)

    def _joined_into(self, id: str) -> list[str]:
        """The memories that were joined into one, and into those in turn."""
        found: list[str] = []
        waiting = [id]
        while waiting:
            more = [each for each in self.state.ids("root = ?", waiting.pop()) if each not in (id, *found)]
            found += more
            waiting += more
        return found


def conflicts(merging: Merging) -> list[dict[str, Any]]:
    """The memories of which two devices told different texts without knowing of each other's.

    Each with `now`, what it says, and `others`, what the other texts said.
    """
    found = []
    for id in merging.state.ids("rivals > 0")[:_MOST_SHOWN]:
        told = merging.projected(id)
        if told is not None and told.rivals:
            rivals = [text for text in told.texts if text.stamp in told.rivals]
            others = [{"version": text.version, "content": text.content} for text in rivals]
            about = {"id": id, "namespace": told.namespace, "key": told.fields["key"]}
            found.append({**about, "now": told.texts[-1].content, "others": others})
    return found


def _twin(told: Projected) -> str:
    """By what two memories that were told alike are known: text, key and all that would tell them apart."""
    key, content = told.fields["key"], told.texts[-1].content
    about = [told.fields[name] for name in ("session", "source", "occurred_at", "kind")]
    return _name(told.namespace, folded_text(content), word_for_word(content), key and folded_key(key), *about)


def _name(*parts: str | None) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
