"""Whole stores in and out: export, import, re-embedding."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from ntm_memory.config import Settings
from ntm_memory.errors import BadValueError, DiskFullError, NotFoundError, NTMMemoryError
from ntm_memory.operations.results import Failure, ImportResult
from ntm_memory.operations.validation import Numbered, from_json_lines
from ntm_memory.operations.write import Writer, encode
from ntm_memory.persistence.atomic import replacing_text
from ntm_memory.privacy.trust import IMPORTED, checked_trust
from ntm_memory.recall.encoder import Encoder, Key
from ntm_memory.store.base import Store
from ntm_memory.store.lookup import STATES
from ntm_memory.store.records import Memory
from ntm_memory.upkeep import exchange

BATCH = 64
Progress = Callable[[int], None] | None


class Transfer:
    """Reads and writes whole stores.

    Args:
        store: the store.
        writer: writes tellings (JSON lines, Markdown).
        encoder: loads the embedder; asked only where vectors are missing, or may be of another embedder.
        settings: what an export says about the store.
    """

    def __init__(self, store: Store, writer: Writer, encoder: Callable[[], Encoder], settings: Settings) -> None:
        self._store = store
        self._writer = writer
        self._encoder = encoder
        self._settings = settings

    def export_file(self, path: Path, form: str | None = None, namespace: str | None = None) -> dict[str, Any]:
        """Write all memories to a file, whole or not at all.

        Args:
            path: the file; its folder is made if need be.
            form: json, jsonl or markdown; None: by the file's ending, else json.
            namespace: only this one.

        Raises:
            BadValueError: unknown form, the path is no regular file, or the file cannot be written.
            DiskFullError: there is no room for it.
        """
        chosen = _form(form or exchange.ENDINGS.get(path.suffix.lower(), "json"))
        memories = self._memories(chosen, namespace)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing_text(path) as out:
                out.writelines(self._written(chosen, memories))
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise DiskFullError(f"{path} was not written: the disk is full", "free some space") from error
            raise BadValueError(f"{path} cannot be written: {error.strerror}", "choose another path") from error
        return {"path": str(path.resolve()), "count": memories.count, "form": chosen}

    def export_text(self, form: str = "json", namespace: str | None = None) -> dict[str, Any]:
        """All memories as `text` of the answer; see `export_file`."""
        memories = self._memories(_form(form), namespace)
        text = "".join(self._written(form, memories))
        return {"text": text, "count": memories.count, "form": form}

    def import_file(
        self,
        path: Path,
        form: str | None = None,
        *,
        dry_run: bool = False,
        trust: str | None = None,
        progress: Progress = None,
    ) -> ImportResult:
        """Read memories from a file; what is there already stays as it is.

        Args:
            path: what `export_file` wrote.
            form: json, jsonl or markdown; None: by the file's ending, else json.
            dry_run: say what would happen.
            trust: at most so far is what comes in trusted, whatever the file claims; None: `import`.
            progress: called with the number of records that are durably done.

        Raises:
            BadValueError: unknown form, or the file cannot be read as such.
        """
        chosen = _form(form or exchange.ENDINGS.get(path.suffix.lower(), "json"))
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise BadValueError(f"{path} cannot be read: {error}", "give a file that export.py wrote") from error
        return self.import_text(text, chosen, dry_run=dry_run, trust=trust, progress=progress)

    def import_text(
        self,
        text: str,
        form: str = "json",
        *,
        dry_run: bool = False,
        trust: str | None = None,
        progress: Progress = None,
    ) -> ImportResult:
        """Read memories from a text; see `import_file`."""
        if _form(form) == "json":
            head, records = exchange.read_json(text)
            most = IMPORTED if trust is None else checked_trust(trust)
            claimed = [exchange.within(record, most) for record in records]
            return self._import_records(head.get("embedder"), claimed, dry_run=dry_run, progress=progress)
        tellings = exchange.read_markdown(text) if form == "markdown" else from_json_lines(text.split("\n"))
        if dry_run:
            return self._foresee(tellings)
        done = self._writer.memorize_many(tellings, progress, trust=trust, usual=IMPORTED)
        return ImportResult(done.created, done.unchanged, done.updated, done.failed, related=done.related)

    def reembed(self, encoder: Encoder, *, dry_run: bool = False, progress: Progress = None) -> dict[str, Any]:
        """Write all keys, of older versions too, with another embedder, in one transaction."""
        before = self._store.embedder()
        memories = list(self._store.memories(states=STATES))
        answer = {"before": before, "after": encoder.identity, "count": len(memories), "dry_run": dry_run}
        if dry_run or before is None:
            return answer
        texts = {(memory.id, memory.version): memory.content for memory in memories}
        for memory in memories:
            texts |= {(memory.id, version.version): version.content for version in self._store.history(memory.id)}
        names = list(texts)
        with self._store.transaction():
            self._store.set_embedder(encoder.identity)
            for start in range(0, len(names), BATCH):
                batch = names[start : start + BATCH]
                rows = encoder.memories([texts[name] for name in batch])
                self._store.replace_keys(dict(zip(batch, rows, strict=True)))
                if progress is not None:
                    progress(start + len(batch))
        return answer

    def _memories(self, form: str, namespace: str | None) -> _Counted:
        states = STATES if form == "json" else ("live",)
        return _Counted(self._store.memories(namespace, states=states))

    def _written(self, form: str, memories: Iterable[Memory]) -> Iterator[str]:
        if form == "markdown":
            return exchange.write_markdown(memories)
        if form == "jsonl":
            return exchange.write_json_lines(memories)
        head = {
            "memory_size": self._settings.memory_size,
            "memory_dim": self._store.dim,
            "embedder": self._store.embedder(),
        }
        store = self._store
        records = (exchange.to_record(each, store.keys_of(each.id), store.history(each.id)) for each in memories)
        return exchange.write_json(head, records)

    def _import_records(
        self, wrote: Mapping[str, Any] | None, records: list[Any], *, dry_run: bool, progress: Progress
    ) -> ImportResult:
        failed: list[Failure] = []
        counts = {"created": 0, "unchanged": 0}
        missing: list[Memory] = []
        for start in range(0, len(records), BATCH):
            with nullcontext() if dry_run else self._store.transaction():
                for number, record in enumerate(records[start : start + BATCH], start=start + 1):
                    try:
                        counts[self._import_record(wrote, record, dry_run, missing)] += 1
                    except BadValueError as error:
                        failed.append(Failure(number, error.code, error.message))
            if progress is not None:
                progress(min(start + BATCH, len(records)))
        self._refer(missing)
        return ImportResult(counts["created"], counts["unchanged"], 0, tuple(failed), dry_run)

    def _import_record(self, wrote: Mapping[str, Any] | None, record: Any, dry_run: bool, missing: list[Memory]) -> str:
        """Write one record; `missing` gets it where it refers to memories that are not there, or not yet."""
        memory, keys, history = exchange.from_record(record)
        if self._is_stored(memory.id):
            return "unchanged"
        if memory.state == "live" and memory.key and self._store.find_key(memory.namespace, memory.key):
            raise BadValueError(f"another memory has the key {memory.key!r}", "erase or rename it first")
        if dry_run:
            return "created"
        if memory.state == "live":
            self._writer.context.make_room(memory.namespace)
        rows = self._rows(memory.content, keys, wrote)
        known = self._with_known_references(memory)
        self._store.put(known, encode(memory.content, rows, spoken=self._writer.is_spoken(memory)), history)
        if history:
            olds = self._encoder().memories([version.content for version in history])
            self._store.replace_keys({(memory.id, old.version): key for old, key in zip(history, olds, strict=True)})
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

    def _rows(self, content: str, keys: Key | None, wrote: Mapping[str, Any] | None) -> Key:
        """The exported key rows where the store's own embedder made them, else new ones."""
        if self._store.embedder() is None:
            self._store.set_embedder(self._encoder().identity)
        return keys if keys is not None and wrote == self._store.embedder() else self._encoder().memories([content])[0]

    def _is_stored(self, id: str) -> bool:
        try:
            self._store.get(id)
        except NotFoundError:
            return False
        return True

    def _foresee(self, tellings: Iterable[Numbered]) -> ImportResult:
        failed: list[Failure] = []
        counts = {"created": 0, "unchanged": 0, "updated": 0}
        for line, telling in tellings:
            try:
                if isinstance(telling, NTMMemoryError):
                    raise telling
                counts[self._writer.foresee(telling)] += 1
            except NTMMemoryError as error:
                failed.append(Failure(line, error.code, error.message))
        return ImportResult(counts["created"], counts["unchanged"], counts["updated"], tuple(failed), dry_run=True)


class _Counted:
    """Memories, and how many of them were taken."""

    def __init__(self, memories: Iterable[Memory]) -> None:
        self._memories = memories
        self.count = 0

    def __iter__(self) -> Iterator[Memory]:
        for memory in self._memories:
            self.count += 1
            yield memory


def _form(form: str) -> str:
    if form not in exchange.FORMS:
        raise BadValueError(f"unknown form {form!r}", f"forms are: {', '.join(exchange.FORMS)}")
    return form
