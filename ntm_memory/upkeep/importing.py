"""Whole stores, and files of other tools, into the memory: import."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from ntm_memory.entry.failures import Failures
from ntm_memory.entry.refusals import note_redaction, note_refusal
from ntm_memory.errors import BadValueError, NotFoundError, NTMMemoryError
from ntm_memory.importers.items import Item
from ntm_memory.importers.omissions import Omitted, gathered
from ntm_memory.operations.bulk import BulkWriter
from ntm_memory.operations.results import ImportResult, LeftOut
from ntm_memory.operations.validation import Numbered
from ntm_memory.operations.write import encode
from ntm_memory.privacy.secret_spans import MaybeSecret
from ntm_memory.privacy.tombstones import checked_tombstones, refusal
from ntm_memory.privacy.trust import IMPORTED, checked_trust
from ntm_memory.recall.encoder import Encoder
from ntm_memory.store.base import Store
from ntm_memory.store.records import Memory
from ntm_memory.upkeep import exchange, sources
from ntm_memory.upkeep.incoming import Incoming, Intake
from ntm_memory.upkeep.retractions import retract_again

BATCH = 64
Progress = Callable[[int], None] | None


class Importer:
    """Reads whole stores and files of other tools.

    Args:
        store: the store.
        writer: writes tellings.
        encoder: loads the embedder; asked only where vectors are missing, or may be of another embedder.
    """

    def __init__(self, store: Store, writer: BulkWriter, encoder: Callable[[], Encoder]) -> None:
        self._store = store
        self._writer = writer
        self._encoder = encoder

    def import_file(self, path: Path, form: str | None = None, **options: Any) -> ImportResult:
        """Read memories from a file, ours or of other tools, or from a folder of notes; what is there stays as it is.

        Args:
            path: of it.
            form: json, jsonl, markdown or csv; None: by the file's ending, else by what is in it.
            options: see `import_text`.

        Raises:
            BadValueError: unknown form, or the file cannot be read as such, or holds no memories.
        """
        return self._import(sources.read(path, form), **options)

    def import_text(self, text: str, form: str | None = None, **options: Any) -> ImportResult:
        """Read memories from a text; see `import_file`.

        Args:
            text: of a file.
            form: see `import_file`.
            options: `dry_run`: say what would happen; `trust`: at most so far is what comes in trusted, whatever it
                claims, None: `import`; `progress`: called with the number of records that are durably done;
                `force_retracted`: take in also what was retracted here, which is lifted by that.
        """
        return self._import(sources.read_text(text, form), **options)

    def _import(
        self,
        found: exchange.Document | Iterable[Item],
        *,
        dry_run: bool = False,
        trust: str | None = None,
        progress: Progress = None,
        force_retracted: bool = False,
    ) -> ImportResult:
        if isinstance(found, exchange.Document):
            most = IMPORTED if trust is None else checked_trust(trust)
            claimed = [exchange.within(record, most) for record in found.records]
            result = self._restore(found.head, claimed, dry_run=dry_run, progress=progress, force=force_retracted)
        else:
            result = self._tell(found, trust=trust, dry_run=dry_run, progress=progress, force=force_retracted)
        if not dry_run:
            counts = {name: getattr(result, name) for name in ("created", "unchanged", "updated", "tombstones")}
            self._store.note("imported", **counts, failed=len(result.failed))
        return result

    def _restore(
        self, head: Mapping[str, Any], records: list[Any], *, dry_run: bool, progress: Progress, force: bool
    ) -> ImportResult:
        """Take in the records of our own lossless form, and what was retracted where they come from."""
        tombstones = checked_tombstones(head.get("tombstones"))
        new = 0 if dry_run or not tombstones else retract_again(self._store, tombstones)["tombstones"]
        done = self._import_records(head.get("embedder"), records, dry_run=dry_run, progress=progress, force=force)
        return replace(done, tombstones=new)

    def _tell(
        self, found: Iterable[Item], *, trust: str | None, dry_run: bool, progress: Progress, force: bool
    ) -> ImportResult:
        """Tell what a file tells; what fails is named by where it stands."""
        places: list[tuple[int, str]] = []
        left: list[tuple[int, str, Omitted]] = []
        tellings = _numbered(found, places, left)
        if dry_run:
            done = self._foresee(tellings, force)
        else:
            told = self._writer.memorize_many(tellings, progress, force_retracted=force, trust=trust, usual=IMPORTED)
            done = ImportResult(
                told.created,
                told.unchanged,
                told.updated,
                told.failed,
                related=told.related,
                secrets=told.secrets,
                hints=told.hints,
                maybe_secret=told.maybe_secret,
            )
        stand = [(*places[bad.line - 1], bad) for bad in done.failed]
        named = [replace(bad, line=line, at=f"{file}:{line}" if file else None) for line, file, bad in stand]
        return replace(done, failed=tuple(named), omitted=gathered(left))

    def _import_records(
        self, wrote: Mapping[str, Any] | None, records: list[Any], *, dry_run: bool, progress: Progress, force: bool
    ) -> ImportResult:
        failed = Failures()
        counts = {"created": 0, "unchanged": 0}
        missing: list[Memory] = []
        secrets: dict[str, tuple[LeftOut, ...]] = {}
        maybe: dict[str, tuple[MaybeSecret, ...]] = {}
        intake = Intake(self._store, self._writer.gate, self._encoder, force=force, dry_run=dry_run)
        arriving = {
            record["id"] for record in records if isinstance(record, dict) and isinstance(record.get("id"), str)
        }
        numbered = list(enumerate(records, start=1))
        for start in range(0, len(records), BATCH):
            batch = intake.prepared(wrote, numbered[start : start + BATCH], arriving, failed)
            with nullcontext() if dry_run else self._store.transaction():
                for record in batch:
                    try:
                        counts[self._import_record(record, intake, dry_run, missing, force)] += 1
                        refused = record.left_out
                        secrets |= {record.memory.id: record.secrets} if record.secrets else {}
                        maybe |= {record.memory.id: record.maybe_secret} if record.maybe_secret else {}
                    except BadValueError as error:
                        refused = [error]
                    for each in refused:
                        failed.add(record.number, each)
                        if not dry_run:
                            note_refusal(self._store, each, record.memory.namespace)
            if progress is not None:
                progress(min(start + BATCH, len(records)))
        self._refer(missing)
        told = (counts["created"], counts["unchanged"], 0, failed.by_line(), dry_run)
        return ImportResult(*told, secrets=secrets, hints=failed.hints(), maybe_secret=maybe)

    def _import_record(
        self, record: Incoming, intake: Intake, dry_run: bool, missing: list[Memory], force: bool
    ) -> str:
        """Write one record; `missing` gets it where it refers to memories that are not there, or not yet."""
        memory = record.memory
        if intake.is_stored(memory.id):
            return "unchanged"
        if memory.state == "live" and memory.key and self._store.find_key(memory.namespace, memory.key):
            raise BadValueError(f"another memory has the key {memory.key!r}", "erase or rename it first")
        match = intake.retracted(memory)  # again: it may have been since
        if match is not None and not force:
            raise refusal(match)
        if dry_run:
            return "created"
        intake.leave_out_retracted(record)
        if match is not None:
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
        self._store.put(known, encoding, record.history, record.older)
        note_redaction(self._store, record.secrets, memory.id, memory.namespace)
        if known != memory:
            missing.append(memory)
        return "created"

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

    def _foresee(self, tellings: Iterable[Numbered], force: bool) -> ImportResult:
        failed = Failures()
        counts = {"created": 0, "unchanged": 0, "updated": 0}
        for line, telling in tellings:
            try:
                if isinstance(telling, NTMMemoryError):
                    raise telling
                counts[self._writer.foresee(telling, force=force)] += 1
            except NTMMemoryError as error:
                failed.add(line, error)
        told = (counts["created"], counts["unchanged"], counts["updated"], failed.by_line())
        return ImportResult(*told, dry_run=True, hints=failed.hints())


def _numbered(
    found: Iterable[Item], places: list[tuple[int, str]], left: list[tuple[int, str, Omitted]]
) -> Iterator[Numbered]:
    """What is told, numbered from 1; several things may stand in one line.

    `places` gets the line and file of each, `left` what is not told.
    """
    for item in found:
        if isinstance(item.telling, Omitted):
            left.append((item.line, item.file, item.telling))
        else:
            places.append((item.line, item.file))
            yield len(places), item.telling
