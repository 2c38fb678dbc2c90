"""What is told passes here before it is written: secrets are left out or refused, as config has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, cast

from ntm_memory.entry.names import refuse_secrets_in
from ntm_memory.entry.refusals import NAMES
from ntm_memory.errors import SecretError
from ntm_memory.operations.results import LeftOut
from ntm_memory.privacy.secret_spans import MaybeSecret, everywhere, place_without, redacted, settled
from ntm_memory.privacy.secret_tagger import PieceStates
from ntm_memory.privacy.secrets import Found, find_secrets, known_secrets, our_marks, outside_of
from ntm_memory.recall.encoder import Encoder, Key, Passage
from ntm_memory.store.records import Memory, MemoryInput


class Passed(NamedTuple):
    """What may be written of a telling.

    Args:
        memory: without its secrets.
        rows: (P, dim) its keys; None while it was not read.
        secrets: what was left out.
        maybe_secret: what may be one and is kept.
    """

    memory: MemoryInput
    rows: Key | None = None
    secrets: tuple[LeftOut, ...] = ()
    maybe_secret: tuple[MaybeSecret, ...] = ()


class Gate:
    """Lets tellings pass.

    Args:
        on_secret: `redact`, `refuse` or `allow`.
        encoder: loads the embedder; asked only for what is read.
        least_chance: from which on something that was read is a secret; None: the learned one.
    """

    def __init__(self, on_secret: str, encoder: Callable[[], Encoder], least_chance: float | None = None) -> None:
        self._on_secret = on_secret
        self._encoder = encoder
        self._least_chance = least_chance

    def glance(self, memory: MemoryInput, before: Memory | None = None) -> Passed:
        """Leave out of the content what rules of services and check digits know; nothing is loaded for it.

        Args:
            memory: what is told.
            before: the memory that it changes: names that it has already may stay.

        Raises:
            BadValueError: a name or a tag holds a secret.
            SecretError: the content holds one, and it is to be refused.
        """
        if self._on_secret == "allow":
            return Passed(memory)
        names = [(name, getattr(memory, name)) for name in NAMES]
        tags = set(memory.tags) - set(() if before is None else before.tags)
        refuse_secrets_in(each for each in names if before is None or each[1] != getattr(before, each[0]))
        refuse_secrets_in(("a tag", tag) for tag in sorted(tags))
        return self._without_known(memory, ("content",))

    def former(self, memory: MemoryInput) -> Passed:
        """The same of an older version, whose key names nothing any more: a secret is left out of it, too."""
        return Passed(memory) if self._on_secret == "allow" else self._without_known(memory, ("content", "key"))

    def _without_known(self, memory: MemoryInput, fields: Sequence[str]) -> Passed:
        changed = {name: self.left_out(name, getattr(memory, name)) for name in fields}
        secrets = [each for _, found in changed.values() for each in found]
        if not secrets:
            return Passed(memory)
        self._refuse(secrets)
        texts: dict[str, Any] = {name: text for name, (text, _) in changed.items()}
        return Passed(replace(memory, **texts), secrets=tuple(secrets))

    def read(self, passed: Sequence[Passed]) -> list[Passed]:
        """Their keys, without what the embedder's reading of them shows to be secret.

        Raises:
            SecretError: there is any, and it is to be refused; of several, see `read_each`.
        """
        found = self.read_each(passed)
        for each in found:
            if isinstance(each, SecretError):
                raise each
        return cast("list[Passed]", found)

    def read_each(self, passed: Sequence[Passed]) -> list[Passed | SecretError]:
        """The same, an error standing in the place of what is refused."""
        texts = [each.memory.content for each in passed]
        if self._on_secret == "allow":
            return [
                each._replace(rows=rows) for each, rows in zip(passed, self._encoder().memories(texts), strict=True)
            ]
        all_rows, readings = self._encoder().read(texts)
        done: list[Passed | SecretError] = []
        for each, rows, passages in zip(passed, all_rows, readings, strict=True):
            try:
                done.append(self._without_secrets(each._replace(rows=rows), passages))
            except SecretError as error:
                done.append(error)
        return done

    def left_out(self, field: str, text: str | None) -> tuple[str | None, list[LeftOut]]:
        """A field's text without what is known to be secret, and what that was."""
        found = known_secrets(text) if text else []
        kept = redacted(text, found) if text and found else text
        return kept, [LeftOut(each.kind, field, each.start) for each in found]

    def _without_secrets(self, passed: Passed, passages: Sequence[Passage]) -> Passed:
        content = passed.memory.content
        found = self.found(content, passages)
        passed = passed._replace(maybe_secret=maybe_secrets(found))
        if not found.secrets:
            return passed
        secrets = [LeftOut(each.kind, "content", each.start) for each in found.secrets]
        self._refuse(secrets)
        kept = replace(passed.memory, content=redacted(content, found.secrets))
        assert passed.rows is not None
        rows = self._encoder().changed(kept.content, passages, passed.rows)
        return passed._replace(memory=kept, rows=rows, secrets=(*passed.secrets, *secrets))

    def found(self, content: str, passages: Sequence[Passage]) -> Found:
        """The secrets of a text that was read in passages, whatever becomes of them, and what may be one."""
        found = secrets_of(content, passages, self._least_chance)
        secrets = settled(content, found.secrets, our_marks(content))  # a passage may end inside a word or a mark
        secrets = everywhere(content, secrets)
        return Found(secrets, outside_of(secrets, found.doubtful))

    def _refuse(self, secrets: Sequence[LeftOut]) -> None:
        if self._on_secret == "refuse":
            named = ", ".join(f"{each.kind} in {each.field} at character {each.at}" for each in secrets)
            kinds = [each.kind for each in secrets]
            raise SecretError(f"the text holds a secret ({named}); nothing was stored", "leave it out", kinds=kinds)


def maybe_secrets(found: Found) -> tuple[MaybeSecret, ...]:
    """What may be a secret in a text whose secrets are left out, the likeliest first."""
    ranked = sorted(found.doubtful, key=lambda each: -each.chance)
    return tuple(
        MaybeSecret(each.kind, "content", place_without(found.secrets, each.start), round(each.chance, 2))
        for each in ranked
    )


def secrets_of(content: str, passages: Sequence[Passage], least: float | None = None) -> Found:
    """What `find_secrets` finds in a text that was read in passages, at its places in the text."""
    whole, at = Found([], []), 0
    for passage in passages:
        start = content.find(passage.text, at)
        if start < 0:  # it was cut in another spelling
            continue
        read = None
        if passage.states is not None and passage.places is not None:
            read = PieceStates(passage.states, passage.places)
        here = find_secrets(passage.text, read, least)
        whole.secrets.extend(each._replace(start=each.start + start, end=each.end + start) for each in here.secrets)
        whole.doubtful.extend(each._replace(start=each.start + start, end=each.end + start) for each in here.doubtful)
        at = start + len(passage.text)
    return whole
