"""Many tellings at once: a batch in a transaction, a bad one left out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from ntm_memory.entry.failures import Failures
from ntm_memory.entry.gate import Passed
from ntm_memory.entry.known import saying, told_again
from ntm_memory.entry.refusals import note_redaction, note_refusal, refuse_retracted
from ntm_memory.entry.telling import Telling, Within, Written
from ntm_memory.errors import BadValueError, MemoryFullError, NotFoundError, NTMMemoryError
from ntm_memory.operations.results import Action, BulkResult, LeftOut, Related
from ntm_memory.operations.validation import UNDECIDED, Numbered, from_json_lines
from ntm_memory.operations.write import Writer
from ntm_memory.privacy.secret_spans import MaybeSecret
from ntm_memory.privacy.trust import USUAL, checked_trust, lower

BATCH = 64
Progress = Callable[[int], None] | None


class BulkWriter(Writer):
    """Writes many tellings, too."""

    def memorize_many(
        self,
        records: Iterable[Numbered],
        progress: Progress = None,
        *,
        force_retracted: bool = False,
        trust: str | None = None,
        usual: str = USUAL,
    ) -> BulkResult:
        """Write many tellings, each with the number of its line, `BATCH` in a transaction; a bad one is left out.

        Args:
            records: what is told.
            progress: called with the number of records done.
            force_retracted: write also what was retracted.
            trust: who tells them, whatever they claim; a record may claim less. None: nothing was said, `usual` holds.
            usual: the level of this way in.
        """
        within = Within(None if trust is None else checked_trust(trust), usual)
        ids: list[str | None] = []
        failed = Failures()
        actions: list[Action] = []
        related: dict[str, tuple[Related, ...]] = {}
        secrets: dict[str, tuple[LeftOut, ...]] = {}
        maybe: dict[str, tuple[MaybeSecret, ...]] = {}
        lines = iter(records)
        while batch := list(itertools.islice(lines, BATCH)):
            done = self._write_batch(batch, failed, within, force_retracted)
            ids.extend(done[line].memory.id if line in done else None for line, _ in batch)
            actions.extend(written.action for written in done.values())
            related |= self._relate(list(done.values()))
            secrets |= {written.memory.id: written.secrets for written in done.values() if written.secrets}
            maybe |= {each.memory.id: each.maybe_secret for each in done.values() if each.maybe_secret}
            if progress is not None:
                progress(len(ids))
        created, unchanged, updated = (actions.count(action) for action in ("created", "unchanged", "updated"))
        told = (created, unchanged, updated, failed.by_line(), tuple(ids))
        return BulkResult(*told, related=related, secrets=secrets, hints=failed.hints(), maybe_secret=maybe)

    def memorize_lines(
        self,
        lines: Iterable[str],
        shared: Mapping[str, object],
        progress: Progress = None,
        *,
        force_retracted: bool = False,
    ) -> BulkResult:
        """The same from JSON lines; `shared` are fields of all lines that do not say otherwise."""
        trust = shared.get("trust")
        told = None if trust is None else checked_trust(trust)
        return self.memorize_many(from_json_lines(lines, shared), progress, force_retracted=force_retracted, trust=told)

    def _write_batch(
        self, batch: Sequence[Numbered], failed: Failures, within: Within, force: bool
    ) -> dict[int, Written]:
        checked: dict[int, tuple[Telling, Passed]] = {}
        done: dict[int, Written] = {}
        for line, record in batch:
            try:
                if isinstance(record, NTMMemoryError):
                    raise record
                telling = Telling.of(record, self._context.here).within(*within)
                passed = self.gate.glance(telling.memory)
                checked[line] = telling._replace(memory=passed.memory), passed
                if _claims_more(record, within):
                    failed.note_claim(within.most)
            except NTMMemoryError as error:
                self._note_failure(line, error, _namespace_of(record), failed)
        read = self._read(checked, failed, force)
        with self._store.transaction():
            for line, (telling, passed) in read.items():  # known or not: an earlier line may have changed what is known
                try:
                    with self._store.transaction():  # one that fails leaves nothing half-written
                        written = self._write(telling, passed.rows, in_bulk=True, force=force)
                        note_redaction(self._store, passed.secrets, written.memory.id, written.memory.namespace)
                        done[line] = written._replace(secrets=passed.secrets, maybe_secret=passed.maybe_secret)
                except (MemoryFullError, NotFoundError, BadValueError) as error:
                    self._note_failure(line, error, telling.memory.namespace, failed)
        return done

    def _note_failure(self, line: int, error: NTMMemoryError, namespace: object, failed: Failures) -> None:
        failed.add(line, error)
        note_refusal(self._store, error, namespace)

    def _read(
        self, checked: Mapping[int, tuple[Telling, Passed]], failed: Failures, force: bool
    ) -> dict[int, tuple[Telling, Passed]]:
        """The lines that may be written, with the keys of those not known; what is refused goes to `failed`."""
        read = dict(checked)
        new: list[int] = []
        for line, (telling, _) in checked.items():
            is_known = self._is_known(telling)
            try:
                again = None if is_known else told_again(self._store, telling, in_bulk=True)
                if again is None and not force:
                    refuse_retracted(self._store, telling.memory)
            except BadValueError as error:
                self._note_failure(line, error, telling.memory.namespace, failed)
                del read[line]
                continue
            if again is not None:
                read[line] = telling._replace(memory=replace(telling.memory, content=again.content)), checked[line][1]
            elif not is_known:
                new.append(line)
        found = self.gate.read_each([checked[line][1] for line in new]) if new else []
        for line, passed in zip(new, found, strict=True):
            if isinstance(passed, Passed):
                read[line] = checked[line][0]._replace(memory=passed.memory), passed
            else:
                self._note_failure(line, passed, checked[line][0].memory.namespace, failed)
                del read[line]
        return read

    def _is_known(self, telling: Telling) -> bool:
        return telling.decision == UNDECIDED and saying(self._store, telling.memory, in_bulk=True) is not None

    def _relate(self, batch: Sequence[Written]) -> dict[str, tuple[Related, ...]]:
        """What the new ones of a batch may concern; what was rewritten gives back its marks first."""
        self.relater.release([each.memory for each in batch if each.action == "updated"])
        new = {each.memory.id: each for each in batch if each.action != "unchanged"}
        return self.relater.relate(
            [each.memory for each in new.values()], {id: each.beside for id, each in new.items() if each.beside}
        )


def _namespace_of(record: object) -> object:
    """What a record that could not be checked says of its namespace."""
    return (record.get("namespace") or "default") if isinstance(record, Mapping) else None


def _claims_more(record: Mapping[str, object], within: Within) -> bool:
    """Whether a record claims more trust than its call has; what a file claims of itself goes without saying."""
    claimed = str(record.get("trust") or within.most)
    return within.usual == USUAL and lower(claimed, within.most) != claimed
