"""What the manager's verbs are made of: one service each, made, and its module imported, when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ntm_memory.config import Settings
from ntm_memory.errors import NTMMemoryError

if TYPE_CHECKING:
    from ntm_memory.answering.told_places import PlaceReader
    from ntm_memory.embedding import Embedder
    from ntm_memory.operations.bulk import BulkWriter
    from ntm_memory.operations.context import RetrievalContext
    from ntm_memory.operations.erase import Eraser
    from ntm_memory.operations.reason import Reasoner
    from ntm_memory.operations.recall import Recaller
    from ntm_memory.operations.relevant import Noticer, RelevantResult
    from ntm_memory.operations.requests import RecallRequest
    from ntm_memory.operations.tune import Tuner
    from ntm_memory.reader.pair_reader import PairReader
    from ntm_memory.recall.encoder import Encoder
    from ntm_memory.store.base import Store
    from ntm_memory.sync.syncer import Syncer
    from ntm_memory.upkeep.exporting import Exporter
    from ntm_memory.upkeep.importing import Importer

_FIRST = "is anything there?"
"""What is read where only loading counts."""


class Services:
    """The services of one store.

    Args:
        store: where memories are.
        settings: of the memory system.
        home: data folder.
        clock: unix seconds.
        embedder: instead of the configured one.
    """

    def __init__(
        self, store: Store, settings: Settings, home: Path, clock: Callable[[], float], embedder: Embedder | None
    ) -> None:
        self._store = store
        self._settings = settings
        self._home = home
        self._clock = clock
        self._embedder = embedder

    @cached_property
    def encoder(self) -> Encoder:
        """Words to key vectors, by the embedder that wrote the store.

        Raises:
            EmbedderMismatchError: another one did.
            EmbedderError: the configured one is not usable.
        """
        (encoder := self.load_encoder()).refuse_others(self._store.embedder())
        return encoder

    def load_encoder(self) -> Encoder:
        """Words to key vectors by the configured embedder, whatever wrote the store."""
        from ntm_memory.embedding import load_embedder
        from ntm_memory.recall.encoder import Encoder

        chosen = self._embedder or load_embedder(asdict(self._settings.embedder), cache_dir=self._home)
        return Encoder(chosen, self._settings.memory_dim, self._settings.embedder.max_passages)

    @cached_property
    def reader(self) -> PairReader | None:
        """Reads two texts together; None where config says so, or the embedder has not learned to."""
        from ntm_memory.embedding.e5 import E5Embedder
        from ntm_memory.reader import adapter

        if self._settings.recall.reader == "off" or not adapter.SHIPPED.exists():
            return None
        embedder = self.encoder.embedder
        if (embedder.name, embedder.revision) != (E5Embedder.name, E5Embedder.revision):
            return None
        from ntm_memory.reader.pair_reader import PairReader

        return PairReader(cast(E5Embedder, embedder))

    def warm_up(self) -> None:
        """Load embedder, reader and memory matrix, and use each once; nothing is written."""
        self.context.ask(self.request(_FIRST, {}))
        self._store.memory_matrix("default")
        if self.reader is not None:
            self.reader.relevance(_FIRST, [(_FIRST, "")])

    def settle(self) -> None:
        """Keep beside the store what was derived from it in this process: what goes wrong with it is no error."""
        if "context" in self.__dict__:
            with suppress(NTMMemoryError, OSError, MemoryError):
                self.context.large.save()

    def drop_damaged(self) -> list[str]:
        """Drop what is derived from the memories and is damaged; see `operations.context`."""
        return self.context.drop_damaged()

    def now(self) -> float:
        """Unix seconds."""
        return self._clock()

    def request(self, query: str, options: Mapping[str, Any]) -> RecallRequest:
        """A question with its options, checked."""
        from ntm_memory.operations.requests import RecallRequest

        return RecallRequest.of(query, options, self._settings.recall, self.context.here)

    @cached_property
    def context(self) -> RetrievalContext:
        """The store as questions are put to it."""
        from ntm_memory.operations.context import RetrievalContext

        return RetrievalContext(
            self._store, lambda: self.encoder, self._settings, self._home, self._clock, lambda: self.reader
        )

    @cached_property
    def writer(self) -> BulkWriter:
        """Adds and revises."""
        from ntm_memory.operations.bulk import BulkWriter

        return BulkWriter(self.context)

    @cached_property
    def eraser(self) -> Eraser:
        """Weakens, forgets, purges, restores."""
        from ntm_memory.operations.erase import Eraser

        return Eraser(self.context, self.writer)

    @cached_property
    def place_reader(self) -> PlaceReader:
        """Reads by place alone."""
        from ntm_memory.answering.told_places import PlaceReader

        return PlaceReader(self.context)

    @cached_property
    def recaller(self) -> Recaller:
        """Answers with one read."""
        from ntm_memory.operations.recall import Recaller

        return Recaller(self.context)

    @cached_property
    def noticer(self) -> Noticer:
        """Finds what matters for a prompt."""
        from ntm_memory.operations.relevant import Noticer

        return Noticer(self.context)

    def relevant(self, prompt: str, options: Mapping[str, Any]) -> RelevantResult:
        """What matters for a prompt, its options checked."""
        from ntm_memory.operations.relevant import RelevantRequest

        usual = self._settings.recall
        told = RelevantRequest.of(prompt, options, max_chars=usual.max_chars, min_trust=usual.min_trust)
        return self.noticer.relevant(told)

    @cached_property
    def reasoner(self) -> Reasoner:
        """Answers with several reads, and links memories."""
        from ntm_memory.operations.reason import Reasoner

        return Reasoner(self.context, self.recaller)

    @cached_property
    def tuner(self) -> Tuner:
        """Learns from use."""
        from ntm_memory.operations.tune import Tuner

        return Tuner(self.context)

    @cached_property
    def exporter(self) -> Exporter:
        """Writes whole stores."""
        from ntm_memory.upkeep.exporting import Exporter

        return Exporter(self._store, self._settings, self._home)

    @cached_property
    def importer(self) -> Importer:
        """Reads whole stores."""
        from ntm_memory.upkeep.importing import Importer

        return Importer(self._store, self.writer, lambda: self.encoder)

    def reembed(self, *, dry_run: bool, progress: Callable[[int], None] | None) -> dict[str, Any]:
        """Write all keys anew; see `upkeep.reembedding.reembed`."""
        from ntm_memory.upkeep.reembedding import reembed

        encoder = self.load_encoder()
        keep = self._settings.store.backups if self._settings.store.url is None else 0  # a server's are its own
        return reembed(self._store, encoder, self._home, keep, dry_run=dry_run, progress=progress)

    def syncer(self) -> Syncer:
        """Syncs with other machines by a folder, as the settings name it."""
        from ntm_memory.sync.syncer import Syncer

        spoken = self.writer.is_spoken
        return Syncer(self._store, self._settings, self._home, self._clock, lambda: self.encoder, spoken)

    def secrets_stored(self, *, redact: bool) -> dict[str, Any]:
        """Which memories hold secrets; see `upkeep.secrecy.secrets_stored`."""
        from ntm_memory.upkeep.secrecy import secrets_stored

        return secrets_stored(self._store, self.writer, lambda: self.encoder, self._home, redact=redact)
