"""Records of a lossless export on their way in: read, looked through as whatever is told, and embedded.

A record that is just as `export` sealed it was told once and is restored, whatever it looks like. One without a seal,
or changed since, is told now: as by every other way, what recall printed is refused, and texts are read for secrets.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ntm_memory.entry.echoes import echoed_memory
from ntm_memory.entry.failures import Failures
from ntm_memory.entry.gate import Gate, Passed
from ntm_memory.entry.refusals import note_refusal, refuse_retracted_names
from ntm_memory.errors import (
    BadValueError,
    EchoError,
    NotFoundError,
    RetractedError,
    SecretError,
    StoreCorruptError,
)
from ntm_memory.operations.results import LeftOut
from ntm_memory.operations.validation import FIELDS
from ntm_memory.privacy.secret_spans import MaybeSecret
from ntm_memory.privacy.tombstones import Match, refusal
from ntm_memory.recall.encoder import Encoder, Key
from ntm_memory.store.base import Store
from ntm_memory.store.records import Memory, MemoryInput, Version
from ntm_memory.upkeep import exchange


@dataclass
class Incoming:
    """A record on its way in.

    Args:
        number: its place in the file, from 1.
        memory: what it tells.
        rows: its key rows, and `older` those of its older versions; None and empty while they are not made.
        history: its older versions.
        embedder: whose the key rows are.
        is_told: it is told now: no seal of ours vouches for it.
        secrets: what was left out of its texts.
        maybe_secret: what may be one in its present text, and is kept.
        left_out: why, for each older version that was left out.
    """

    number: int
    memory: Memory
    rows: Key | None
    history: list[Version]
    embedder: Mapping[str, Any] | None
    is_told: bool
    secrets: tuple[LeftOut, ...] = ()
    maybe_secret: tuple[MaybeSecret, ...] = ()
    older: list[Key] = field(default_factory=list)
    left_out: list[BadValueError] = field(default_factory=list)


class Intake:
    """Makes records ready to be written, while others may write.

    Args:
        store: where they go.
        gate: leaves secrets out.
        encoder: loads the embedder; asked only where vectors are missing, or may be of another embedder.
        force: retracted values come in too.
        dry_run: nothing is embedded, and nothing noted.
    """

    def __init__(self, store: Store, gate: Gate, encoder: Callable[[], Encoder], *, force: bool, dry_run: bool) -> None:
        self._store = store
        self._gate = gate
        self._encoder = encoder
        self._force = force
        self._dry_run = dry_run
        self._purged: dict[str, str] | None = None

    def prepared(
        self,
        wrote: Mapping[str, Any] | None,
        records: Sequence[tuple[int, Any]],
        arriving: Collection[str],
        failed: Failures,
    ) -> list[Incoming]:
        """Records ready to be written; what is not is noted in `failed`.

        Args:
            wrote: the embedder that made the file's key rows.
            records: each with its place in the file.
            arriving: ids of all of the file: what came to stand beside each other elsewhere is no echo of each other.
            failed: gets what is not ready.
        """
        found: list[Incoming] = []
        ours = self._store.embedder() or (None if self._dry_run else self._encoder().identity)
        theirs = wrote if wrote is not None and wrote == ours else None
        for number, record in records:
            try:
                found.append(self._looked_through(number, record, theirs, arriving))
            except BadValueError as error:
                failed.add(number, error)
                if not self._dry_run:
                    note_refusal(self._store, error, record.get("namespace") if isinstance(record, dict) else None)
        if not self._dry_run:
            new = [each for each in found if not self.is_stored(each.memory.id)]
            refused = self._read([each for each in new if each.is_told], failed)
            found = [each for each in found if each.number not in refused]
            self._embed([each for each in new if each.number not in refused])
        return found

    def is_stored(self, id: str) -> bool:
        """Whether there is a memory with this id, whatever its state; a damaged one is not written over either."""
        try:
            self._store.get(id)
        except NotFoundError:
            return False
        except StoreCorruptError:
            pass
        return True

    def retracted(self, memory: Memory) -> Match | None:
        """The tombstone that keeps a memory out; one that is erased here as elsewhere stays so, and may come."""
        found = self._store.retracted_in(memory.namespace, memory.content)
        stays_erased = memory.state == "erased" and any(each.id == memory.id and not each.purged for each in found)
        return None if stays_erased or not found else found[0]

    def leave_out_retracted(self, record: Incoming) -> None:
        """Leave out the older versions that say what was retracted here."""
        if not self._force:
            self._leave_out(record, dict(self._retracted_versions(record)))

    def _looked_through(
        self, number: int, record: Any, theirs: Mapping[str, Any] | None, arriving: Collection[str]
    ) -> Incoming:
        """One record, read and checked.

        Raises:
            BadValueError: it is no record, or what it tells is not to be stored.
        """
        memory, keys, history = exchange.from_record(record)
        known, told = theirs if keys is not None else None, not exchange.is_sealed(record)
        read = Incoming(number, memory, keys if theirs else None, history, known, told)
        if self.is_stored(memory.id):
            return read
        if not self._force:
            self._refuse_purged(memory.id)
        self._leave_secrets_out(read)
        match = self.retracted(read.memory)
        if match is not None and not self._force:
            raise refusal(match)
        if not self._force and read.memory.state == "live":
            refuse_retracted_names(self._store, read.memory)
        self.leave_out_retracted(read)
        if read.is_told:
            self._refuse_echoes(read, {*arriving, memory.id})
        return read

    def _refuse_purged(self, id: str) -> None:
        """Let no memory back in that was removed here for good: of it the audit knows the id alone.

        Raises:
            RetractedError: it was.
        """
        if self._purged is None:
            self._purged = self._store.purged()
        if id in self._purged:
            message = f"memory {id} was purged on {self._purged[id][:10]}"
            raise RetractedError(message, "import with --force-retracted to have it again", id=id)

    def _leave_secrets_out(self, record: Incoming) -> None:
        """Leave out what is known to be secret; the key rows of a text that held any are made anew.

        Raises:
            BadValueError: a name of it holds one.
            SecretError: there is any, and it is to be refused.
        """
        memory = record.memory
        passed = self._gate.glance(_telling(memory))
        olds = [self._gate.former(_telling(memory, old)) for old in record.history]
        record.secrets = (*passed.secrets, *(each for old in olds for each in old.secrets))
        if not record.secrets:
            return
        record.memory = replace(memory, **{name: getattr(passed.memory, name) for name in FIELDS})
        record.rows = record.rows if record.memory.content == memory.content else None
        record.history = [
            replace(version, content=old.memory.content, key=old.memory.key)
            for version, old in zip(record.history, olds, strict=True)
        ]

    def _read(self, records: Sequence[Incoming], failed: Failures) -> set[int]:
        """Make the key rows of records that are told now, and leave out what reading them shows to be secret.

        Args:
            records: they.
            failed: gets those in which a secret is to be refused.

        Returns:
            The numbers of these.
        """
        refused: set[int] = set()
        texts = [(each, old) for each in records for old in (None, *each.history)]
        read = self._gate.read_each([Passed(_telling(each.memory, old)) for each, old in texts]) if texts else []
        for (record, old), passed in zip(texts, read, strict=True):
            if isinstance(passed, SecretError):
                if record.number not in refused:
                    failed.add(record.number, passed)
                    note_refusal(self._store, passed, record.memory.namespace)
                refused.add(record.number)
                continue
            assert passed.rows is not None
            record.secrets += passed.secrets
            if old is None:
                record.memory = replace(record.memory, content=passed.memory.content)
                record.rows, record.embedder = passed.rows, self._encoder().identity
                record.maybe_secret = passed.maybe_secret
            else:
                at = len(record.older)
                record.history[at] = replace(old, content=passed.memory.content)
                record.older.append(passed.rows)
        return refused

    def _refuse_echoes(self, record: Incoming, apart: Collection[str]) -> None:
        """Refuse a record that recall printed; an older version of which that is so is left out.

        Raises:
            EchoError: it did.
        """
        memory = record.memory
        echoed_memory(self._store, _telling(memory), decided=memory.key is not None, apart=apart)
        found: dict[int, BadValueError] = {}
        for old in record.history:
            try:
                echoed_memory(self._store, _telling(memory, old), decided=old.key is not None, apart=apart)
            except EchoError as error:
                found[old.version] = EchoError(f"version {old.version} was left out: {error.message}", error.hint)
        self._leave_out(record, found)

    def _retracted_versions(self, record: Incoming) -> Iterator[tuple[int, RetractedError]]:
        for old in record.history:
            matches = self._store.retracted_in(record.memory.namespace, old.content)
            if matches:
                message = f"version {old.version} says what was retracted: it was left out"
                yield old.version, RetractedError(message, id=record.memory.id)

    def _leave_out(self, record: Incoming, errors: Mapping[int, BadValueError]) -> None:
        stays = [old.version not in errors for old in record.history]
        if record.older:
            record.older = [key for key, kept in zip(record.older, stays, strict=True) if kept]
        record.history = [old for old, kept in zip(record.history, stays, strict=True) if kept]
        record.left_out += [errors[number] for number in sorted(errors)]

    def _embed(self, records: Sequence[Incoming]) -> None:
        """Make the key rows that are missing, and those of all older versions."""
        texts = [each.memory.content for each in records if each.rows is None]
        texts += [version.content for each in records if not each.is_told for version in each.history]
        made = iter(self._encoder().memories(texts) if texts else ())
        for each in records:
            if each.rows is None:
                each.rows, each.embedder = next(made), self._encoder().identity
        for each in (each for each in records if not each.is_told):
            each.older = [next(made) for _ in each.history]


def _telling(memory: Memory, old: Version | None = None) -> MemoryInput:
    """What a memory, or an older version of it, would be told as."""
    telling = MemoryInput(**{name: getattr(memory, name) for name in FIELDS})
    return telling if old is None else replace(telling, content=old.content, key=old.key)
