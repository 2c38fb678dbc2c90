"""Whole stores into the memory: import."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ntm_memory.errors import BadValueError, NotFoundError, NTMMemoryError, RetractedError, StoreCorruptError
from ntm_memory.operations.bulk import BulkWriter
from ntm_memory.operations.results import Failure, ImportResult, LeftOut
from ntm_memory.operations.validation import FIELDS, Numbered, from_json_lines
from ntm_memory.operations.write import encode
from ntm_memory.privacy.tombstones import checked_tombstones, refusal
from ntm_memory.privacy.trust import IMPORTED, checked_trust
from ntm_memory.recall.encoder import Encoder, Key
from ntm_memory.store.base import Store
from ntm_memory.store.records import Memory, MemoryInput, Version
from ntm_memory.upkeep import exchange
from ntm_memory.upkeep.exporting import checked_form
from ntm_memory.upkeep.retractions import retract_again

BATCH = 64
Progress = Callable[[int], None] | None


class Importer:
    """Reads whole stores.

    Args:
        store: the store.
        writer: writes tellings (JSON lines, Markdown).
        encoder: loads the embedder; asked only where vectors are missing, or may be of another embedder.
    """

    def __init__(self, store: Store, writer: BulkWriter, encoder: Callable[[], Encoder]) -> None:
        self._store = store
        self._writer = writer
        self._encoder = encoder
        self._secrets: dict[str, tuple[LeftOut, ...]] = {}

    def import_file(
        self,
        path: Path,
        form: str | None = None,
        *,
        dry_run: bool = False,
        trust: str | None = None,
        progress: Progress = None,
        force_retracted: bool = False,
    ) -> ImportResult:
        """Read memories from a file; what is there already stays as it is.

        Args:
            path: what `export_file` wrote.
            form: json, jsonl or markdown; None: by the file's ending, else json.
            dry_run: say what would happen.
            trust: at most so far is what comes in trusted, whatever the file claims; None: `import`.
            progress: called with the number of records that are durably done.
            force_retracted: take in also what was retracted here, which is lifted by that.

        Raises:
            BadValueError: unknown form, or the file cannot be read as such.
        """
        chosen = checked_form(form or exchange.ENDINGS.get(path.suffix.lower(), "json"))
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise BadValueError(f"{path} cannot be read: {error}", "give a file that export.py wrote") from error
        return self.import_text(
            text, chosen, dry_run=dry_run, trust=trust, progress=progress, force_retracted=force_retracted
        )

    def import_text(
        self,
        text: str,
        form: str = "json",
        *,
        dry_run: bool = False,
        trust: str | None = None,
        progress: Progress = None,
        force_retracted: bool = False,
    ) -> ImportResult:
        """Read memories from a text; see `import_file`."""
        result = self._import(
            checked_form(form), text, dry_run=dry_run, trust=trust, progress=progress, force=force_retracted
        )
        if not dry_run:
            counts = {name: getattr(result, name) for name in ("created", "unchanged", "updated", "tombstones")}
            self._store.note("imported", **counts, failed=len(result.failed))
        return result

    def _import(
        self, form: str, text: str, *, dry_run: bool, trust: str | None, progress: Progress, force: bool
    ) -> ImportResult:
        if form == "json":
            head, records = exchange.read_json(text)
            tombstones = checked_tombstones(head.get("tombstones"))
            most = IMPORTED if trust is None else checked_trust(trust)
            claimed = [exchange.within(record, most) for record in records]
            new = 0 if dry_run or not tombstones else retract_again(self._store, tombstones)["tombstones"]
            done = self._import_records(head.get("embedder"), claimed, dry_run=dry_run, progress=progress, force=force)
            return replace(done, tombstones=new)
        tellings = exchange.read_markdown(text) if form == "markdown" else from_json_lines(text.split("\n"))
        if dry_run:
            return self._foresee(tellings, force)
        told = self._writer.memorize_many(tellings, progress, force_retracted=force, trust=trust, usual=IMPORTED)
        counts = (told.created, told.unchanged, told.updated, told.failed)
        return ImportResult(*counts, related=told.related, secrets=told.secrets)

    def _import_records(
        self, wrote: Mapping[str, Any] | None, records: list[Any], *, dry_run: bool, progress: Progress, force: bool
    ) -> ImportResult:
        failed: list[Failure] = []
        counts = {"created": 0, "unchanged": 0}
        missing: list[Memory] = []
        for start in range(0, len(records), BATCH):
            batch = self._prepared(wrote, records[start : start + BATCH], start + 1, failed, embed=not dry_run)
            with nullcontext() if dry_run else self._store.transaction():
                for number, record in batch:
                    try:
                        counts[self._import_record(record, dry_run, missing, force)] += 1
                        failed += [Failure(number, RetractedError.code, line) for line in record.left_out]
                        if record.left_out:
                            self._store.note("refused", record.memory.id, record.memory.namespace)
                    except BadValueError as error:
                        failed.append(Failure(number, error.code, error.message))
                        if isinstance(error, RetractedError) and not dry_run:
                            self._store.note("refused", error.id or None)
            if progress is not None:
                progress(min(start + BATCH, len(records)))
        self._refer(missing)
        failed.sort(key=lambda failure: failure.line)
        secrets, self._secrets = self._secrets, {}
        return ImportResult(counts["created"], counts["unchanged"], 0, tuple(failed), dry_run, secrets=secrets)

    def _prepared(
        self, wrote: Mapping[str, Any] | None, records: Sequence[Any], first: int, failed: list[Failure], *, embed: bool
    ) -> list[tuple[int, _Prepared]]:
        """Records read and embedded while others may write; what is no record goes to `failed`."""
        found: list[tuple[int, _Prepared]] = []
        ours = self._store.embedder() or (self._encoder().identity if embed else None)
        theirs = wrote is not None and wrote == ours
        for number, record in enumerate(records, start=first):
            try:
                memory, keys, history = self._without_secrets(*exchange.from_record(record))
            except BadValueError as error:
                failed.append(Failure(number, error.code, error.message))
                continue
            found.append((number, _Prepared(memory, keys if theirs else None, history, wrote if theirs else None)))
        new = [each for _, each in found if embed and not self._is_stored(each.memory.id)]
        texts = [each.memory.content for each in new if each.rows is None]
        texts += [version.content for each in new for version in each.history]
        made = iter(self._encoder().memories(texts) if texts else ())
        for each in new:
            if each.rows is None:
                each.rows, each.embedder = next(made), self._encoder().identity
        for each in new:
            each.older = [next(made) for _ in each.history]
        return found

    def _without_secrets(
        self, memory: Memory, keys: Key | None, history: list[Version]
    ) -> tuple[Memory, Key | None, list[Version]]:
        """A record without what is known to be secret; the keys of a text that held any are made anew.

        Raises:
            SecretError: there is any, and it is to be refused.
        """
        telling = MemoryInput(**{name: getattr(memory, name) for name in FIELDS})
        passed = self._writer.gate.glance(telling)
        olds = [self._writer.gate.glance(replace(telling, content=old.content, key=old.key)) for old in history]
        secrets = (*passed.secrets, *(each for old in olds for each in old.secrets))
        if not secrets:
            return memory, keys, history
        self._secrets[memory.id] = secrets
        kept = {name: getattr(passed.memory, name) for name in FIELDS}
        versions = [
            replace(version, content=old.memory.content, key=old.memory.key)
            for version, old in zip(history, olds, strict=True)
        ]
        return replace(memory, **kept), keys if kept["content"] == memory.content else None, versions

    def _import_record(self, record: _Prepared, dry_run: bool, missing: list[Memory], force: bool) -> str:
        """Write one record; `missing` gets it where it refers to memories that are not there, or not yet."""
        memory = record.memory
        if self._is_stored(memory.id):
            return "unchanged"
        if memory.state == "live" and memory.key and self._store.find_key(memory.namespace, memory.key):
            raise BadValueError(f"another memory has the key {memory.key!r}", "erase or rename it first")
        retracted = self._store.retracted_in(memory.namespace, memory.content)
        stays_erased = memory.state == "erased" and any(each.id == memory.id and not each.purged for each in retracted)
        if retracted and not stays_erased and not force:
            raise refusal(retracted[0])  # before its vectors are made
        if dry_run:
            return "created"
        if force and not stays_erased:
            self._store.lift(memory.namespace, memory.content)
        if self._store.embedder() is None:
            self._store.set_embedder(self._encoder().identity)
        if record.rows is None or record.embedder != self._store.embedder():
            self._encoder().refuse_others(self._store.embedder())  # all keys were written anew meanwhile
        if memory.state == "live":
            self._writer.make_room(memory.namespace)
        rows = self._encoder().memories([memory.content])[0] if record.rows is None else record.rows
        known = self._with_known_references(memory)
        encoding = encode(memory.content, rows, spoken=self._writer.is_spoken(memory))
        history, older = (record.history, record.older) if force else self._without_retracted(record)
        self._store.put(known, encoding, history, older)
        if known != memory:
            missing.append(memory)
        return "created"

    def _without_retracted(self, record: _Prepared) -> tuple[list[Version], list[Key]]:
        """The older versions of a record that say nothing retracted here, and their keys."""
        namespace = record.memory.namespace
        kept = [
            (version, key)
            for version, key in zip(record.history, record.older, strict=True)
            if not self._store.retracted_in(namespace, version.content)
        ]
        numbers = {version.version for version in record.history} - {version.version for version, _ in kept}
        record.left_out = [f"version {number} says what was retracted: it was left out" for number in sorted(numbers)]
        return [version for version, _ in kept], [key for _, key in kept]

    def _with_known_references(self, memory: Memory) -> Memory:
        """The memory without what refers to itself, to another namespace, or to a memory that is not there."""
        links = tuple(link for link in memory.links if self._may_refer(memory, link.target))
        successor = memory.superseded_by
        return replace(memory, links=links, superseded_by=successor if self._may_refer(memory, successor) else None)

    def _may_refer(self, memory: Memory, target: str | None) -> bool:
        if target is None or target == memory.id:
            return False
        try:
            return self._store.get(target).namespace == memory.namespace
        except NotFoundError:
            return False

    def _refer(self, memories: Sequence[Memory]) -> None:
        """Add the references to memories that came after the ones that refer to them."""
        for start in range(0, len(memories), BATCH):
            with self._store.transaction():
                for memory in memories[start : start + BATCH]:
                    known = self._with_known_references(memory)
                    if known.links:
                        self._store.link(memory.id, known.links)
                    if known.superseded_by is not None:
                        self._store.amend(memory.id, superseded_by=known.superseded_by)

    def _is_stored(self, id: str) -> bool:
        try:
            self._store.get(id)
        except NotFoundError:
            return False
        except StoreCorruptError:
            pass  # it is there, and nothing is written over it
        return True

    def _foresee(self, tellings: Iterable[Numbered], force: bool) -> ImportResult:
        failed: list[Failure] = []
        counts = {"created": 0, "unchanged": 0, "updated": 0}
        for line, telling in tellings:
            try:
                if isinstance(telling, NTMMemoryError):
                    raise telling
                counts[self._writer.foresee(telling, force=force)] += 1
            except NTMMemoryError as error:
                failed.append(Failure(line, error.code, error.message))
        return ImportResult(counts["created"], counts["unchanged"], counts["updated"], tuple(failed), dry_run=True)


@dataclass
class _Prepared:
    """A record of an import with its key rows, those of its older versions, who made them, and what was left out."""

    memory: Memory
    rows: Key | None
    history: list[Version]
    embedder: Mapping[str, Any] | None
    older: list[Key] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
