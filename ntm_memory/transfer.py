"""Whole stores in and out: export, import, re-embedding."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ntm_memory.config import Settings
from ntm_memory.errors import BadValueError, NotFoundError, NTMMemoryError
from ntm_memory.keys import KeyMaker
from ntm_memory.recall.words import is_cjk, memory_words
from ntm_memory.results import Failure, ImportResult
from ntm_memory.store import exchange
from ntm_memory.store.base import Store
from ntm_memory.store.records import Memory
from ntm_memory.telling import from_json_lines, told
from ntm_memory.writer import Writer

STATES = ("live", "archived", "erased")
BATCH = 64
Progress = Callable[[int], None] | None


class Transfer:
    """Reads and writes whole stores.

    Args:
        store: the store.
        writer: writes tellings (JSON lines, Markdown).
        keys: loads the embedder; asked only where vectors are missing or of another embedder.
        settings: what an export says about the store.
    """

    def __init__(self, store: Store, writer: Writer, keys: Callable[[], KeyMaker], settings: Settings) -> None:
        self._store = store
        self._writer = writer
        self._keys = keys
        self._settings = settings

    def export_file(self, path: Path, form: str | None = None, namespace: str | None = None) -> dict[str, Any]:
        """Write all memories; `-` writes to stdout's place in the answer (`text`)."""
        chosen = _form(path, form)
        counted = 0

        def counting(memories: Iterable[Memory]) -> Iterator[Memory]:
            nonlocal counted
            for counted, memory in enumerate(memories, start=1):  # noqa: B007
                yield memory

        text = self._export(chosen, namespace, counting)
        if str(path) == "-":
            return {"text": "".join(text), "count": counted, "form": chosen}
        draft = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
                out.writelines(text)
            draft.replace(path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise BadValueError(f"{path} cannot be written: {error.strerror}", "choose another path") from error
        return {"path": str(path.resolve()), "count": counted, "form": chosen}

    def import_file(
        self, path: Path, form: str | None = None, *, dry_run: bool = False, progress: Progress = None
    ) -> ImportResult:
        """Read memories from a file; what is there already stays as it is."""
        chosen = _form(path, form)
        try:
            text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadValueError(f"{path} cannot be read: {error}", "give a file that export.py wrote") from error
        if chosen == "json":
            return self._import_records(*exchange.read_json(text), dry_run=dry_run, progress=progress)
        tellings = exchange.read_markdown(text) if chosen == "markdown" else from_json_lines(text.splitlines())
        if dry_run:
            return self._foresee(tellings)
        done = self._writer.memorize_many(tellings, progress)
        return ImportResult(done.created, done.unchanged, done.updated, done.failed)

    def reembed(self, keys: KeyMaker, *, dry_run: bool = False, progress: Progress = None) -> dict[str, Any]:
        """Write all keys, of older versions too, with another embedder, in one transaction."""
        before = self._store.embedder()
        memories = list(self._store.memories(states=STATES))
        answer = {"before": before, "after": keys.identity, "count": len(memories), "dry_run": dry_run}
        if dry_run or not memories:
            return answer
        texts = {(memory.id, memory.version): memory.content for memory in memories}
        for memory in memories:
            texts |= {(memory.id, version.version): version.content for version in self._store.history(memory.id)}
        names = list(texts)
        with self._store.transaction():
            self._store.set_embedder(keys.identity)
            for start in range(0, len(names), BATCH):
                batch = names[start : start + BATCH]
                rows = keys.memories([texts[name] for name in batch])
                self._store.replace_keys(dict(zip(batch, rows, strict=True)))
                if progress is not None:
                    progress(start + len(batch))
        return answer

    def _export(
        self, form: str, namespace: str | None, counting: Callable[[Iterable[Memory]], Iterator[Memory]]
    ) -> Iterator[str]:
        if form == "markdown":
            return exchange.write_markdown(counting(self._store.memories(namespace)))
        if form == "jsonl":
            return exchange.write_json_lines(counting(self._store.memories(namespace)))
        head = {
            "memory_size": self._settings.memory_size,
            "memory_dim": self._store.dim,
            "embedder": self._store.embedder(),
        }
        records = (
            exchange.to_record(memory, self._store.keys_of(memory.id), self._store.history(memory.id))
            for memory in counting(self._store.memories(namespace, states=STATES))
        )
        return exchange.write_json(head, records)

    def _import_records(
        self, head: Mapping[str, Any], records: list[dict[str, Any]], *, dry_run: bool, progress: Progress
    ) -> ImportResult:
        failed: list[Failure] = []
        counts = {"created": 0, "unchanged": 0}
        for start in range(0, len(records), BATCH):
            with self._store.transaction():
                for line, record in enumerate(records[start : start + BATCH], start=start + 1):
                    try:
                        counts[self._import_record(head, record, dry_run)] += 1
                    except BadValueError as error:
                        failed.append(Failure(line, error.code, error.message))
            if progress is not None:
                progress(min(start + BATCH, len(records)))
        return ImportResult(**counts, updated=0, failed=tuple(failed), dry_run=dry_run)

    def _import_record(self, head: Mapping[str, Any], record: Mapping[str, Any], dry_run: bool) -> str:
        memory, keys, history = exchange.from_record(record)
        try:
            self._store.get(memory.id)
            return "unchanged"
        except NotFoundError:
            pass
        if memory.state == "live" and memory.key and self._store.find_key(memory.namespace, memory.key):
            raise BadValueError(f"another memory has the key {memory.key!r}", "erase or rename it first")
        if dry_run:
            return "created"
        wrote = head.get("embedder")
        if self._store.embedder() is None:
            self._store.set_embedder(wrote if keys is not None and wrote else self._keys().identity)
        if keys is None or wrote != self._store.embedder():
            keys = self._keys().memories([memory.content])[0]
        words = memory_words(memory.content)
        self._store.put(memory, keys, words, is_cjk(memory.content), history)
        return "created"

    def _foresee(self, tellings: Iterable[Mapping[str, Any] | NTMMemoryError]) -> ImportResult:
        failed: list[Failure] = []
        counts = {"created": 0, "unchanged": 0, "updated": 0}
        for line, telling in enumerate(tellings, start=1):
            try:
                if isinstance(telling, NTMMemoryError):
                    raise telling
                counts[self._writer.foresee(told(telling))] += 1
            except NTMMemoryError as error:
                failed.append(Failure(line, error.code, error.message))
        return ImportResult(**counts, failed=tuple(failed), dry_run=True)


def _form(path: Path, form: str | None) -> str:
    if form is None:
        return exchange.ENDINGS.get(path.suffix.lower(), "json")
    if form not in exchange.FORMS:
        raise BadValueError(f"unknown form {form!r}", f"forms are: {', '.join(exchange.FORMS)}")
    return form
