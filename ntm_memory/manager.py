"""`NTMMemoryManager`: the verbs of the memory system.

Words come in, the embedder makes keys, the read heads decide where to look, the store says what is there. Each verb is
one module of `operations`, imported when it is first used.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ntm_memory import paths
from ntm_memory.config import SHIPPED, Settings, load_settings, without_root, zone_named
from ntm_memory.large_memory.healing import with_healing
from ntm_memory.operations import validation
from ntm_memory.operations.process import verbs_in_one_blas_thread
from ntm_memory.operations.services import Services
from ntm_memory.recovery.daily import open_backed_up
from ntm_memory.times.zones import show_days_of
from ntm_memory.upkeep.forgetting import ForgettingVerbs
from ntm_memory.upkeep.surveying import SurveyingVerbs

if TYPE_CHECKING:
    from ntm_memory.embedding import Embedder
    from ntm_memory.operations import reasoning_report, results
    from ntm_memory.operations.feedback import FeedbackResult, RevertResult, TuneResult
    from ntm_memory.operations.relevant import RelevantResult
    from ntm_memory.recall.encoder import Encoder

HOPS = 3
Progress = Callable[[int], None] | None


@verbs_in_one_blas_thread
@with_healing("memorize recall recall_from recall_around relevant reason_and_retrieve store_with_reasoning update")
class NTMMemoryManager(ForgettingVerbs, SurveyingVerbs):
    """Long-term memory in one folder. A context manager; used from one thread.

    Args:
        home: data folder; None: as `paths.data_home` finds it.
        config: settings over those of config.json (nested keys, with or without the top object `ntm_memory`).
        memory_size, word_size: the seed's names of `memory_size` and `memory_dim`.
        memory_file: a JSON export that is read when opening, if it exists, and written when closing.
        embedder: instead of the configured one.
        clock: unix seconds.
        by_file: False: the folder's config.json is not read.

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
        by_file: bool = True,
    ) -> None:
        self._home_told = home
        self.home = paths.ensure_private_dir(paths.data_home(home))
        seed = {"memory_size": memory_size, "memory_dim": word_size}
        told = without_root(config) | {name: n for name, n in seed.items() if n is not None}
        files = [SHIPPED, self.home / "config.json"][: 1 + by_file]
        self.settings: Settings = load_settings(*files, overrides=told)
        show_days_of(zone_named(self.settings.time_zone))
        self.backup_later: list[Callable[[], None]] | None = None  # whoever puts a list here calls what is in it
        self.store, self._daily = open_backed_up(self.home, self.settings, clock)
        self._verbs = Services(self.store, self.settings, self.home, clock, embedder)
        self._memory_file = memory_file and Path(memory_file)
        try:
            if self._memory_file and self._memory_file.exists():
                self.import_file(self._memory_file)
        except BaseException:
            self.store.close()
            raise

    def close(self) -> None:
        """Write `memory_file`, if one was given, and close the store."""
        try:
            if self._memory_file:
                self._memory_file.absolute().parent.mkdir(parents=True, exist_ok=True)
                self.export_file(self._memory_file)
        finally:
            self._verbs.settle()
            self.store.close()
            self._daily.settle(self.backup_later)

    def __enter__(self) -> NTMMemoryManager:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def encoder(self) -> Encoder:
        """Words to key vectors; the embedder is loaded when first needed, see `operations.services`."""
        return self._verbs.encoder

    def memorize(self, content: str, *, force_retracted: bool = False, **fields: Any) -> results.MemorizeResult:
        """Store one memory.

        The same content again changes nothing: use `update`. Without a key, another session, source, occurred_at or
        kind makes it another memory; left out, they fit any. Under a key other content makes a new version. `related`
        names up to three older ones that it may concern: say so, also by telling it again.

        Args:
            content: the text, at most 1 million characters.
            force_retracted: store it also where it was retracted, which is lifted by that.
            fields: of `MemoryInput`: key, importance, tags, source, session, namespace, occurred_at, kind, trust;
                of `validation.Decision`: replaces, beside, same_as, ids or keys of older memories.

        Raises:
            BadValueError, NotFoundError: a field is unknown or not usable; no live memory has an id or key named.
            EchoError, RetractedError: the content was printed by recall, or was retracted.
            MemoryFullError: `memory_size` is reached and `when_full` is `refuse`.

        >>> memory.memorize("Mia drinks green tea", key="mia-drink", tags=["people"]).action
        'created'
        """
        return self._verbs.writer.tell({**fields, "content": content}, force=force_retracted)

    def memorize_many(self, records: Iterable[Mapping[str, Any]], **options: Any) -> results.BulkResult:
        """Store many memories, with the fields of `memorize`; options are those of `BulkWriter.memorize_many`.

        >>> memory.memorize_many([{"content": "Tom is in Oslo"}, {"content": ""}]).ids[1] is None
        True
        """
        return self._verbs.writer.memorize_many(enumerate(records, start=1), **options)

    def memorize_lines(
        self,
        lines: Iterable[str],
        *,
        shared: Mapping[str, Any] | None = None,
        progress: Progress = None,
        force_retracted: bool = False,
    ) -> results.BulkResult:
        """The same from JSON lines; `shared` are fields of all lines that do not say otherwise."""
        return self._verbs.writer.memorize_lines(lines, shared or {}, progress, force_retracted=force_retracted)

    def recall(self, query: str, **options: Any) -> results.RecallResult:
        """Answer a question with the memories the read heads attend to.

        Its `options` are the fields of `operations.requests.RecallRequest`, where each is explained.

        >>> memory.recall("What does Mia drink?", top_k=1).memories[0].content
        'Mia drinks green tea'
        """
        return self._verbs.recaller.recall(self._verbs.request(query, options))

    def recall_from(self, id: str, shift: int = 0, **options: Any) -> results.RecallResult:
        """Read by location alone; see `answering.told_places.PlaceReader.read_location`."""
        return self._verbs.place_reader.read_location(id, shift, **options)

    def recall_around(self, id: str, around: int, **options: Any) -> results.RecallResult:
        """Read a memory with so many before and after it; see `answering.told_places.PlaceReader.read_around`."""
        return self._verbs.place_reader.read_around(id, around, **options)

    def relevant(self, prompt: str, **options: Any) -> RelevantResult:
        """Find the memories, at most three and mostly none, that matter for what somebody types to an assistant.

        Its `options` are the fields of `operations.relevant.RelevantRequest`, where each is explained.
        """
        return self._verbs.relevant(prompt, options)

    def reason_and_retrieve(self, query: str, hops: int = HOPS, **options: Any) -> reasoning_report.ReasonResult:
        """Answer a question from several memories that lead to each other.

        The first hop looks where recall looks, and for memories whose name the question speaks of; each further hop
        asks again with what was read, follows names, words, likeness and links, and never reads a memory twice. With
        one hop the answer is recall's own; so it is where the question asks by place, or content addressing is off.

        Args:
            query: the question.
            hops: at most so many reads in a row, 1–8; fewer are made where one more would add nothing.
            options: as of `recall`; with `as_of`, links told since then between what was known count.

        >>> [step.content for step in memory.reason_and_retrieve("Where is Tom?").chain]
        ['Tom is in Oslo']
        """
        return self._verbs.reasoner.reason(self._verbs.request(query, options), hops)

    def store_with_reasoning(
        self, content: str, *, builds_on: Sequence[str] = (), **fields: Any
    ) -> reasoning_report.StoreResult:
        """Memorize, and link the memory with those it builds on; see `operations.reason.Reasoner.store`.

        >>> memory.store_with_reasoning("Oslo is cold today").action
        'created'
        """
        return self._verbs.reasoner.store(self.memorize, content, builds_on, fields)

    def update(self, id_or_key: str, *, namespace: str | None = "default", **changes: Any) -> results.UpdateResult:
        """Change a memory: new content is erase 1 + add in the same slot and makes a new version; the rest is amended.

        Args:
            id_or_key: of a live memory.
            namespace: of the memory; None: an id of any namespace.
            changes: any of content, importance, tags (which replace all), new_key, occurred_at, source, trust; another
                text is of now unless occurred_at is told.

        Raises:
            BadValueError, NotFoundError: nothing to change, a value is not usable; no live memory has this id or key.

        >>> memory.update("mia-drink", content="Mia drinks coffee now").memory.version
        2
        """
        return self._verbs.writer.update(id_or_key, namespace, changes)

    def feedback(self, query: str, *, used: Sequence[str], **told: Any) -> FeedbackResult:
        """Say which recalled memories answered a question; see `operations.tune.Tuner.feedback`.

        >>> memory.feedback("What does Mia drink?", used=["mia-drink"]).pending
        1
        """
        return self._verbs.tuner.feedback(query, used=used, **told)

    def tune(
        self,
        records: Iterable[Mapping[str, Any]] | None = None,
        *,
        lines: Iterable[str] | None = None,
        heads: bool = False,
        dry_run: bool = False,
    ) -> TuneResult:
        """Learn how to look from `feedback`, or from records or JSON lines; see `operations.tune.Tuner.tune`."""
        numbered = None if records is None else enumerate(records, start=1)
        told = numbered if lines is None else validation.from_json_lines(lines)
        return self._verbs.tuner.tune(told, heads=heads, dry_run=dry_run)

    def revert_tuning(self) -> RevertResult:
        """Undo the last tuning; see `operations.tune.Tuner.revert`."""
        return self._verbs.tuner.revert()

    def export_file(self, path: str | Path, form: str | None = None, namespace: str | None = None) -> dict[str, Any]:
        """Write all memories to a file; see `upkeep.exporting.Exporter.export_file`."""
        return self._verbs.exporter.export_file(Path(path), form, namespace)

    def export_text(self, form: str = "json", namespace: str | None = None) -> dict[str, Any]:
        """All memories as a text; see `upkeep.exporting.Exporter.export_text`."""
        return self._verbs.exporter.export_text(form, namespace)

    def import_file(self, path: str | Path, form: str | None = None, **options: Any) -> results.ImportResult:
        """Read memories from a file; see `upkeep.importing.Importer.import_file`."""
        return self._verbs.importer.import_file(Path(path), form, **options)

    def import_text(self, text: str, form: str | None = None, **options: Any) -> results.ImportResult:
        """Read memories from a text; see `upkeep.importing.Importer.import_text`."""
        return self._verbs.importer.import_text(text, form, **options)

    def reembed(self, *, dry_run: bool = False, progress: Progress = None) -> dict[str, Any]:
        """Write all keys anew with the configured embedder; see `upkeep.reembedding.reembed`."""
        return self._verbs.reembed(dry_run=dry_run, progress=progress)

    def status(self, **options: Any) -> dict[str, Any]:
        """Counts, size, embedder, integrity and warnings; see `upkeep.status.answer` for the options.

        >>> memory.status()["memories"]["live"]
        3
        """
        from ntm_memory.upkeep import status

        return status.answer(self.store, self.settings, self.home, self._verbs.secrets_stored, **options)

    def warm_up(self) -> None:
        """Load what the first recall would have to wait for."""
        self._verbs.warm_up()

    def settle(self) -> None:
        """Make the day's backup, if it waits for somebody to have time; else closing does."""
        self._daily.settle(self.backup_later)

    def standing(self) -> tuple[object, ...]:
        """What this memory was opened from; once it is not equal any more, it must be opened anew to be believed."""
        from ntm_memory.upkeep.standing import standing

        return standing(paths.data_home(self._home_told))

    def save_memory(self, key: str, content: str) -> bool:
        """The seed document's name: memorize under a key; True if anything changed."""
        return self.memorize(content, key=key).action != "unchanged"

    def read_memory(self, key: str) -> str | None:
        """The seed document's name: the content under a key, None if there is none."""
        memory = self.store.find_key("default", key)
        return memory.content if memory else None

    def search_memory(self, query: str, top_k: int = 5) -> list[str]:
        """The seed document's name: contents of the memories recalled for a question, best first."""
        return [each.content for each in self.recall(query, top_k=top_k, max_chars=validation.MAX_CHARS).memories]
