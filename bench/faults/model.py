"""What the memory is supposed to do, as a plain dictionary: no files, no vectors, no transactions.

Written from the documentation of the verbs, not from their code. Ids come from the outside, because a store makes them
at random; so does which memory is archived when the memory is full, because that is learned from use: the model checks
only that it was one that may be.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from ntm_memory.text.folding import folded_key, same_telling


class Refusal(Exception):
    """What the memory must answer with an error of this code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Known:
    """One memory as it should be."""

    id: str
    namespace: str
    content: str
    key: str | None = None
    importance: float = 0.5
    tags: tuple[str, ...] = ()
    session: str | None = None
    state: str = "live"
    retention: float = 1.0
    position: int = 0
    older: list[str] = field(default_factory=list)

    @property
    def version(self) -> int:
        """As it is counted: each new text is one more."""
        return len(self.older) + 1


def is_key(one: str | None, other: str | None) -> bool:
    """Whether two keys are one, however they are spelled; what folds a spelling has tests of its own."""
    return one is not None and other is not None and folded_key(one) == folded_key(other)


Victim = Callable[[Sequence[Known]], Known]


def normal(text: str) -> str:
    """A text as it is kept."""
    return unicodedata.normalize("NFC", text.replace("\0", "").strip())


class Model:
    """The verbs over a dictionary.

    Args:
        size: slots, where `when_full` is not `grow`.
        when_full: as in config.json.
    """

    def __init__(self, size: int = 10_000, when_full: str = "grow") -> None:
        self.size, self.when_full = size, when_full
        self.known: dict[str, Known] = {}
        self.written: dict[str, int] = {}

    def copy(self) -> Model:
        """Another one that says the same."""
        return deepcopy(self)

    def state(self) -> dict[str, tuple[Any, ...]]:
        """All that it says, to be compared."""
        return {id: facts(each) for id, each in self.known.items()}

    def live(self, namespace: str | None = None) -> list[Known]:
        """Live memories in order of writing."""
        found = [e for e in self.known.values() if e.state == "live" and namespace in (None, e.namespace)]
        return sorted(found, key=lambda each: each.position)

    def find(self, name: str, namespace: str | None, *, live_alone: bool = True) -> Known:
        """A memory by id, else by key; of several that are gone the last written."""
        by_id = self.known.get(name)
        if by_id is not None and namespace in (None, by_id.namespace):
            if live_alone and by_id.state != "live":
                raise Refusal("not_found")
            return by_id
        keyed = [each for each in self.known.values() if each.namespace == namespace and is_key(each.key, name)]
        living = [each for each in keyed if each.state == "live"]
        if living or (keyed and not live_alone):
            return (living or sorted(keyed, key=lambda each: each.position))[-1]
        raise Refusal("not_found")

    def with_key(self, namespace: str, key: str | None) -> Known | None:
        """The live memory under a key."""
        return next((each for each in self.live(namespace) if is_key(each.key, key)), None)

    def same(self, told: dict[str, Any]) -> Known | None:
        """The live memory that says this already."""
        content, namespace = normal(told["content"]), told.get("namespace", "default")
        if told.get("key") is not None:
            keyed = self.with_key(namespace, told["key"])
            return keyed if keyed is not None and same_telling(keyed.content, content) else None
        session = told.get("session")
        live = (each for each in self.live(namespace) if same_telling(each.content, content))
        fitting = (each for each in live if session in (None, each.session))
        return next(fitting, None)

    def memorize(self, told: dict[str, Any], new_id: str, victim: Victim) -> tuple[str, str]:
        """(what was done, id)."""
        content, namespace = normal(told["content"]), told.get("namespace", "default")
        if not content:
            raise Refusal("bad_value")
        if told.get("replaces") is not None:
            return self._replace(told, content, namespace)
        known = self.same(told)
        if known is not None:
            return "unchanged", known.id
        keyed = self.with_key(namespace, told.get("key"))
        if keyed is not None:
            self._rewrite(keyed, content, told | {"key": keyed.key})
            keyed.session = told.get("session")
            return "updated", keyed.id
        self._make_room(namespace, victim)
        new = Known(new_id, namespace, content, told.get("key"), session=told.get("session"))
        new.importance, new.tags = told.get("importance", 0.5), tuple(sorted(set(told.get("tags", ()))))
        new.position = self.written.get(namespace, 0)
        self.written[namespace] = new.position + 1
        self.known[new_id] = new
        return "created", new_id

    def update(self, name: str, namespace: str, changes: dict[str, Any]) -> str:
        """The id of what was changed."""
        if not changes:
            raise Refusal("bad_value")
        old = self.find(name, namespace)
        content = normal(changes.get("content", old.content))
        if not content:
            raise Refusal("bad_value")
        key = changes.get("new_key", old.key)
        if self.with_key(namespace, key) not in (None, old):
            raise Refusal("bad_value")
        kept = {"key": key, "importance": old.importance, "tags": old.tags}
        told = kept | {name: value for name, value in changes.items() if name in ("importance", "tags")}
        if content == old.content:
            old.key, old.importance, old.tags = key, told["importance"], tuple(sorted(set(told["tags"])))
        else:
            self._rewrite(old, content, told)
        return old.id

    def erase(self, names: Sequence[str], namespace: str, strength: float = 1.0, *, purge: bool = False) -> list[str]:
        """The ids of what was erased: all of them or none."""
        found = {each.id: each for each in (self.find(n, namespace, live_alone=not purge) for n in names)}
        for each in found.values():
            if purge:
                del self.known[each.id]
                continue
            each.retention = round(each.retention * (1 - strength), 6)
            if each.retention == 0:
                each.state = "erased"
        return list(found)

    def restore(self, name: str, namespace: str, victim: Victim) -> str:
        """The id of what is back."""
        found = self.find(name, namespace, live_alone=False)
        if found.state != "live":
            self._make_room(namespace, victim)
            if self.with_key(namespace, found.key) is not None:
                found.key = None
        found.state, found.retention = "live", 1.0
        return found.id

    def _replace(self, told: dict[str, Any], content: str, namespace: str) -> tuple[str, str]:
        old = self.find(told["replaces"], namespace)
        twin = self.same(told)
        if (
            twin is not None
            and twin is not old
            and twin.position > old.position
            and (twin.key is None or is_key(twin.key, old.key))
        ):
            twin.state, twin.retention = "erased", 0.0
        if content == old.content:
            return "unchanged", old.id
        kept = {"key": old.key, "importance": old.importance, "tags": old.tags}
        self._rewrite(old, content, kept | {name: told[name] for name in kept if name in told})
        return "updated", old.id

    def _rewrite(self, old: Known, content: str, told: dict[str, Any]) -> None:
        old.older.append(old.content)
        old.content, old.key, old.retention = content, told.get("key"), 1.0
        old.importance, old.tags = told.get("importance", 0.5), tuple(sorted(set(told.get("tags", ()))))

    def _make_room(self, namespace: str, victim: Victim) -> None:
        live = self.live()
        if self.when_full == "grow" or len(live) < self.size:
            return
        if self.when_full == "refuse":
            raise Refusal("memory_full")
        counts = {each.namespace: len(self.live(each.namespace)) for each in live}
        most = max(counts.values())
        spaces = {namespace} if namespace in counts else {name for name, n in counts.items() if n == most}
        victim([each for each in live if each.namespace in spaces]).state = "archived"


def facts(memory: Any) -> tuple[Any, ...]:
    """What a model and a store must agree on, of a `Known` or of a `Memory`."""
    names = ("namespace", "content", "key", "importance", "tags", "session", "state", "retention", "version")
    return tuple(getattr(memory, name) for name in names)
