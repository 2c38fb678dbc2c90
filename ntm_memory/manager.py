"""`NTMMemoryManager`: the verbs of the memory system.

Words come in, the embedder makes keys of them, the read heads decide where to look, the store says what is there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ntm_memory import paths
from ntm_memory.config import ROOT, SHIPPED, Settings, load_settings
from ntm_memory.embedding import Embedder, load_embedder
from ntm_memory.errors import BadValueError
from ntm_memory.learning import Learning
from ntm_memory.operations import status
from ntm_memory.operations.context import RetrievalContext
from ntm_memory.operations.reason import Reasoner
from ntm_memory.operations.recall import Recaller, RecallOptions
from ntm_memory.operations.results import (
    BulkResult,
    EraseResult,
    ImportResult,
    MemorizeResult,
    RecallResult,
    UpdateResult,
)
from ntm_memory.operations.transfer import Transfer
from ntm_memory.operations.tune import Tuner
from ntm_memory.operations.validation import checked_share, from_json_lines, told
from ntm_memory.operations.write import Writer
from ntm_memory.process import verbs_in_one_blas_thread
from ntm_memory.reasoning_verbs import Reasoning
from ntm_memory.recall.encoder import Encoder
from ntm_memory.seed_names import SeedNames
from ntm_memory.store import open_store
from ntm_memory.store.base import Store
from ntm_memory.store.lookup import LIVE, STATES, find
from ntm_memory.store.records import Memory

if TYPE_CHECKING:
    from typing_extensions import Unpack


@verbs_in_one_blas_thread
class NTMMemoryManager(SeedNames, Learning, Reasoning):
    """Long-term memory in one folder. A context manager; used from one thread.

    Args:
        home: data folder; None: as `paths.data_home` finds it.
        config: settings over those of config.json (the nested keys, with or without the top object `ntm_memory`).
        memory_size, word_size: the seed's names of `memory_size` and `memory_dim`.
        memory_file: a JSON export that is read when opening, if it exists, and written when closing.
        embedder: instead of the configured one.
        clock: unix seconds.

    Raises:
        ConfigError: settings cannot be read or are out of range.
        StoreError: the store cannot be opened.
    """

    def __init__(
        self,
        home: str | Path | None = None,
        *,
        config: Mapping[str, Any] | None = None,
        memory_size: int | None = None,
        word_size: int | None = None,
        memory_file: str | Path | None = None,
        embedder: Embedder | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.home = paths.ensure_private_dir(paths.data_home(home))
        given = {"memory_size": memory_size, "memory_dim": word_size}
        overrides = dict((config or {}).get(ROOT, config or {}))
        overrides |= {name: value for name, value in given.items() if value is not None}
        self.settings: Settings = load_settings(SHIPPED, self.home / "config.json", overrides=overrides)
        self._embedder = embedder
        lock_seconds = self.settings.store.lock_seconds
        self.store: Store = open_store(self.home / "memory.db", lock_seconds=lock_seconds, clock=clock)
        self._writer = Writer(self.store, lambda: self.encoder, self.settings, clock)
        self._context = RetrievalContext(self.store, lambda: self.encoder, self.settings, self.home, clock)
        self._recaller = Recaller(self._context)
        self._reasoner = Reasoner(self._context, self._recaller)
        self._tuner = Tuner(self._context)
        self._transfer = Transfer(self.store, self._writer, lambda: self.encoder, self.settings)
        self._memory_file = None if memory_file is None else Path(memory_file)
        try:
            if self._memory_file is not None and self._memory_file.exists():
                self.import_file(self._memory_file)
        except BaseException:
            self.store.close()
            raise

    def close(self) -> None:
        """Write `memory_file`, if one was given, and close the store."""
        try:
            if self._memory_file is not None:
                self.export_file(self._memory_file)
        finally:
            self.store.close()

    def __enter__(self) -> NTMMemoryManager:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @cached_property
    def encoder(self) -> Encoder:
        """The embedder, loaded when first needed.

        Raises:
            EmbedderMismatchError: another embedder wrote this store.
            EmbedderError: the configured one is not usable.
        """
        (maker := self._load_encoder()).refuse_others(self.store.embedder())
        return maker

    def _load_encoder(self) -> Encoder:
        """The configured embedder, whatever wrote the store."""
        chosen = self._embedder or load_embedder(asdict(self.settings.embedder), cache_dir=self.home)
        return Encoder(chosen, self.settings.memory_dim, self.settings.embedder.max_passages)

    def memorize(
        self,
        content: str,
        *,
        key: str | None = None,
        importance: float = 0.5,
        tags: Sequence[str] = (),
        source: str | None = None,
        session: str | None = None,
        namespace: str = "default",
        occurred_at: str | None = None,
        kind: str | None = None,
    ) -> MemorizeResult:
        """Store one memory.

        The same content again changes nothing: its importance and tags are not taken over (use `update`). Without a
        key, another session, source, occurred_at or kind makes it another memory; left out, they fit any. Under a key
        only the content counts: other content makes a new version. Nearly the same words without a key are stored and
        the twins named in `similar`. A statement that plainly revises an older one of the same subject ranks above it;
        the older one is marked `superseded_by`.

        Args:
            content: the text, at most 10 million characters.
            key: a short name by which it can be updated; one live memory a namespace.
            importance: 0–1.
            tags: any number of short texts.
            source: where it comes from, e.g. a message id.
            session: the conversation it belongs to; neighbours are looked for inside it.
            namespace: memories of different namespaces never meet.
            occurred_at: when it happened, ISO 8601.
            kind: e.g. fact, episode, association.

        Raises:
            BadValueError: an argument is not usable.
            EchoError: the content was printed by recall.
            MemoryFullError: `memory_size` is reached and `when_full` is `refuse`.
        """
        fields = {name: value for name, value in locals().items() if name not in ("self", "tags")}
        record = told({**fields, "tags": list(tags)})
        same = self._writer.same(record)
        if same is not None:
            return MemorizeResult(same, "unchanged")
        rows = self.encoder.memories([record.content])[0]
        similar = self._recaller.similar(record.namespace, record.content, rows)
        memory, action, revised = self._writer.memorize(record, rows)
        return MemorizeResult(memory, action, tuple(twin for twin in similar if twin.id != memory.id), revised)

    def memorize_many(
        self,
        records: Iterable[Mapping[str, Any]],
        *,
        progress: Callable[[int], None] | None = None,
    ) -> BulkResult:
        """Store many memories; a bad record is reported with its number and does not stop the others.

        Args:
            records: mappings with the arguments of `memorize`.
            progress: called with the number of records that are durably done.
        """
        return self._writer.memorize_many(enumerate(records, start=1), progress)

    def memorize_lines(
        self,
        lines: Iterable[str],
        *,
        shared: Mapping[str, Any] | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> BulkResult:
        """Store many memories told as JSON lines; a bad line is reported with its number.

        Args:
            lines: one object a line with the arguments of `memorize`; blank lines are skipped.
            shared: fields of all records that do not say otherwise.
            progress: called with the number of records that are durably done.
        """
        return self._writer.memorize_many(from_json_lines(lines, shared or {}), progress)

    def recall(self, query: str, *, namespace: str = "default", **options: Unpack[RecallOptions]) -> RecallResult:
        """Answer a question with what the read heads attend to; see `operations.recall.Recaller.recall`."""
        return self._recaller.recall(query, namespace=namespace, **options)

    def recall_from(
        self, id: str, shift: int = 0, *, session: str | None = None, max_chars: int | None = None
    ) -> RecallResult:
        """Read by location alone; see `operations.recall.Recaller.read_location`."""
        return self._recaller.read_location(id, shift, session=session, max_chars=max_chars)

    def update(
        self,
        id_or_key: str,
        *,
        content: str | None = None,
        importance: float | None = None,
        tags: Sequence[str] | None = None,
        new_key: str | None = None,
        namespace: str = "default",
    ) -> UpdateResult:
        """Change a memory: new content is erase 1 + add in the same slot and makes a new version; the rest is amended.

        Raises:
            BadValueError: nothing to change, or a value is not usable.
            NotFoundError: no live memory has this id or key.
        """
        given = {"content": content, "importance": importance, "tags": None if tags is None else list(tags)}
        changes = {name: value for name, value in (given | {"key": new_key}).items() if value is not None}
        if not changes:
            raise BadValueError("nothing to change", "give content, importance, tags or a new key")
        return self._writer.update(find(self.store, id_or_key, namespace).id, changes)

    def erase(
        self,
        ids_or_key: str | Sequence[str],
        *,
        strength: float = 1.0,
        purge: bool = False,
        dry_run: bool = False,
        namespace: str = "default",
    ) -> EraseResult:
        """Erase memories: with strength 1 they are never recalled again, with less their weight shrinks by that share.

        Args:
            ids_or_key: ids, or one key.
            strength: the erase vector's value, 0–1 (paper, equation 3: M(i) ← M(i)(1 − e)).
            purge: remove them for good, history included; nothing of the text stays on disk.
            dry_run: say what would happen.
            namespace: of the key.

        Raises:
            NotFoundError: an id or key is unknown; then nothing is erased.
        """
        checked_share("strength", strength)
        names = [ids_or_key] if isinstance(ids_or_key, str) else ids_or_key
        found = (find(self.store, name, namespace, STATES if purge else LIVE) for name in names)
        ids = list(dict.fromkeys(memory.id for memory in found))
        act = self._writer.foresee_erase if dry_run else self._writer.erase
        return EraseResult(act(ids, strength, purge=purge), restorable=not purge, dry_run=dry_run)

    def restore(self, id_or_key: str, namespace: str = "default", *, dry_run: bool = False) -> Memory:
        """Bring an erased, archived or weakened memory back to full strength.

        Raises:
            NotFoundError: no memory, whatever its state, has this id or key.
            MemoryFullError: there is no slot for it and `when_full` is `refuse`.
        """
        memory = find(self.store, id_or_key, namespace, STATES)
        return memory if dry_run else self._writer.restore(memory)

    def export_file(self, path: str | Path, form: str | None = None, namespace: str | None = None) -> dict[str, Any]:
        """Write all memories to a file; see `operations.transfer.Transfer.export_file`."""
        return self._transfer.export_file(Path(path), form, namespace)

    def export_text(self, form: str = "json", namespace: str | None = None) -> dict[str, Any]:
        """All memories as a text; see `operations.transfer.Transfer.export_text`."""
        return self._transfer.export_text(form, namespace)

    def import_file(self, path: str | Path, form: str | None = None, **options: Any) -> ImportResult:
        """Read memories from a file; see `operations.transfer.Transfer.import_file`."""
        return self._transfer.import_file(Path(path), form, **options)

    def import_text(self, text: str, form: str = "json", **options: Any) -> ImportResult:
        """Read memories from a text; see `operations.transfer.Transfer.import_text`."""
        return self._transfer.import_text(text, form, **options)

    def reembed(self, *, dry_run: bool = False, progress: Callable[[int], None] | None = None) -> dict[str, Any]:
        """Write all keys anew with the configured embedder."""
        return self._transfer.reembed(self._load_encoder(), dry_run=dry_run, progress=progress)

    def status(self, *, history: str | None = None, repair: bool = False) -> dict[str, Any]:
        """Counts, size, embedder, integrity and warnings; with `history` the versions of one memory."""
        if history is not None:
            return status.history(self.store, history)
        repaired = {"repaired": self.store.repair()} if repair else {}
        return {"home": str(self.home)} | status.survey(self.store, self.settings, self.home) | repaired

    def find(self, id_or_key: str, namespace: str = "default") -> Memory:
        """The live memory with this id, else with this key in the namespace; see `store.lookup.find`."""
        return find(self.store, id_or_key, namespace)
