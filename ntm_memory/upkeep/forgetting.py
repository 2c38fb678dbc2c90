"""The manager's verbs of forgetting: erase, restore, and which memories a question means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ntm_memory.errors import BadValueError, NotFoundError, StoreError

if TYPE_CHECKING:
    from ntm_memory.config import Settings
    from ntm_memory.operations.results import EraseResult
    from ntm_memory.operations.services import Services
    from ntm_memory.recovery.copies import InCopies
    from ntm_memory.store.base import Store
    from ntm_memory.store.records import Memory

_WHERE = ("backups_purged", "backups_holding", "damaged_purged", "damaged_holding")


class ForgettingVerbs:
    """Verbs of `NTMMemoryManager`."""

    home: Path
    settings: Settings
    store: Store
    _verbs: Services

    def erase(
        self,
        ids_or_key: str | Sequence[str],
        *,
        strength: float = 1.0,
        purge: bool = False,
        retract: bool = False,
        version: int | None = None,
        dry_run: bool = False,
        namespace: str | None = "default",
        may_be_none: bool = False,
    ) -> EraseResult:
        """Erase memories: with strength 1 they are never recalled again, with less their weight shrinks by that share.

        Args:
            ids_or_key: ids, or one key.
            strength: the erase vector's value, 0–1 (paper, equation 3: M(i) ← M(i)(1 − e)).
            purge: remove them for good, history and copies included, also where only copies have them by now.
            retract: erase them and what says the same, and refuse it when it is told again in the namespace.
            version: with `purge`: remove this older version of one memory alone.
            dry_run: say what would happen.
            namespace: of the memories; None: ids of any namespace.
            may_be_none: there may be no id, as where `meant` found nothing: then nothing is erased.

        Raises:
            BadValueError: nothing is named, or what is told does not go together.
            NotFoundError: an id or key is unknown; then nothing is erased.
            StoreError: or one of its kinds; `committed`: all is removed, but traces may be left; it says where.

        >>> memory.erase("mia-drink", strength=0.5).erased[0].retention_after
        0.5
        """
        if not ids_or_key and not may_be_none:
            raise BadValueError("ids_or_key is empty", 'name at least one memory, e.g. ["m_8k2f7q1xab"]')
        if version is not None and (not purge or retract or strength != 1):
            raise BadValueError("only purge goes with version", "give purge alone, or leave version out")
        how: dict[str, Any] = {"retract": retract, "dry_run": dry_run, "namespace": namespace}
        done = partial(self._purged, version=version) if purge else self._weakened
        return done(ids_or_key, strength, **how)

    def _weakened(self, ids_or_key: str | Sequence[str], strength: float, **how: Any) -> EraseResult:
        done = self._verbs.eraser.erase(ids_or_key, strength, purge=False, **how)
        return self._mirrors_too(done, purge=False) if strength == 1 else done

    def _purged(
        self,
        ids_or_key: str | Sequence[str],
        strength: float,
        *,
        version: int | None,
        retract: bool,
        namespace: str | None,
        dry_run: bool,
    ) -> EraseResult:
        """Removed for good, wherever a copy of it is."""
        verbs = self._verbs.eraser
        gone: Mapping[str, InCopies] = {}
        if version is not None:
            erase = partial(verbs.purge_version, ids_or_key, version, namespace=namespace)
            return self._everywhere(erase, gone, dry_run=dry_run)
        if not retract:
            ids_or_key, gone = self._only_in_copies(ids_or_key, namespace)
        erase = partial(verbs.erase, ids_or_key, strength, purge=True, retract=retract, namespace=namespace)
        return self._everywhere(erase, gone, dry_run=dry_run)

    def retire(self, namespace: str, most: int) -> int:
        """Archive what is used least in a namespace, down to `most` live memories; returns how many were."""
        from ntm_memory.operations.room import retire_least_used

        return retire_least_used(self.store, self._verbs.now(), namespace, most)

    def mirror(self, path: str | Path, namespaces: Sequence[str]) -> dict[str, Any]:
        """Live memories as Markdown for a host to read; what is erased leaves it, see `upkeep.mirror.write`."""
        from ntm_memory.upkeep import mirror

        return mirror.write(self.home, self.store, Path(path), namespaces)

    def retracted(self, texts: Sequence[str], namespaces: Sequence[str], *, quoted: bool = False) -> bool:
        """Whether one of these texts is, or holds, what was retracted in one of these namespaces.

        Args:
            texts: each by itself.
            namespaces: where it may have been retracted.
            quoted: it counts also where it stands within a sentence of the text.
        """
        looks = [self.store.retracted_in, *([self.store.quotes_retracted] if quoted else [])]
        return any(look(namespace, text) for look in looks for namespace in namespaces for text in texts)

    def meant(self, query: str, *, restore: bool = False, yes: bool = False, **options: Any) -> dict[str, float]:
        """Id → chance of the memories that a question surely means, or among those to `restore`; see `erase.meant_by`.

        Args:
            query: the question.
            restore: look among what is erased, archived or weakened.
            yes: take what is found also where it is not likely to be meant.
            options: as of `recall`.
        """
        from ntm_memory.operations.erase import meant_by

        request = self._verbs.request(query, {"top_k": 1, **options, "all": True})
        recaller = self._verbs.recaller
        return meant_by(recaller.recall_restorable(request) if restore else recaller.recall(request), unsure=yes)

    def id_of_key(self, key: str, namespace: str | None = "default", *, live: bool = True) -> str:
        """The id of the memory that has a key; see `store.lookup.id_of_key`."""
        from ntm_memory.store.lookup import id_of_key

        return id_of_key(self.store, key, namespace, live=live)

    def restore(self, id_or_key: str, namespace: str | None = "default", *, dry_run: bool = False) -> Memory:
        """Bring an erased, archived or weakened memory back to full retention.

        >>> memory.restore("mia-drink").retention
        1.0
        """
        return self._verbs.eraser.restore(id_or_key, namespace, dry_run=dry_run)

    def restore_all(
        self, ids_or_keys: Sequence[str], namespace: str | None = "default", *, dry_run: bool = False
    ) -> list[Memory]:
        """Restore all of these memories or none; see `restore`."""
        from contextlib import nullcontext

        from ntm_memory.entry.refusals import noting_refusals

        # what one restore notes of a refusal is taken back with the others
        with noting_refusals(self.store, namespace), nullcontext() if dry_run else self.store.transaction():
            return [self.restore(name, namespace, dry_run=dry_run) for name in ids_or_keys]

    def _everywhere(
        self, erase: Callable[..., EraseResult], gone: Mapping[str, InCopies], *, dry_run: bool
    ) -> EraseResult:
        done, unfinished = self._copies_too(erase, gone, dry_run=dry_run)
        done = self._mirrors_too(done, purge=True)
        if unfinished is not None:
            raise _told_whole(unfinished, done)
        return done

    def _mirrors_too(self, done: EraseResult, *, purge: bool) -> EraseResult:
        """What hosts read of these memories, last: a mirror is made anew by one command, a memory is not."""
        from ntm_memory.upkeep.mirror import without

        purged, holding = without(self.home, [each.id for each in done.erased], dry_run=done.dry_run)
        done = replace(done, mirrors_purged=purged, mirrors_holding=holding)
        return self._logs_too(done) if purge and not done.dry_run else done

    def _logs_too(self, done: EraseResult) -> EraseResult:
        """The logs of this machine in the synced folder; what cannot be reached now is mended by the next sync."""
        from ntm_memory.errors import NTMMemoryError
        from ntm_memory.persistence.wiping import wipe

        if self.settings.sync.folder is None:
            wipe(self.home / "sync.db")  # of a memory that was synced once; it is made anew from the logs
            return done
        try:
            self._verbs.syncer().run(by_git=False)
        except NTMMemoryError as error:
            named = f"logs in {self.settings.sync.folder} ({error.message})"
            return replace(done, files_holding=(*done.files_holding, named))
        return done

    def _only_in_copies(
        self, ids_or_key: str | Sequence[str], namespace: str | None
    ) -> tuple[str | Sequence[str], dict[str, InCopies]]:
        """(what is named but for the ids of which only copies of the memory tell, these)."""
        from ntm_memory.recovery.copies import told_in_copies
        from ntm_memory.store.lookup import STATES, find

        found: dict[str, InCopies] = {}
        names = [ids_or_key] if isinstance(ids_or_key, str) else ids_or_key
        for name in (name for name in names if isinstance(name, str)):
            try:
                find(self.store, name, namespace, STATES)
            except NotFoundError:
                told = told_in_copies(self.home, name)
                if told is not None and (namespace is None or not told.namespaces or namespace in told.namespaces):
                    found[name] = told
        return ([name for name in names if name not in found] if found else ids_or_key), found

    def _copies_too(
        self, erase: Callable[..., EraseResult], gone: Mapping[str, InCopies], *, dry_run: bool
    ) -> tuple[EraseResult, StoreError | None]:
        """(what was removed, what went wrong once it was).

        Copies come first: what is not in the memory any more could not be asked for once more.
        """
        from ntm_memory.upkeep.backup_purge import (
            FOLDER,
            Wanted,
            others_holding,
            purged_in_backups,
            refuse_unreachable,
            unreachable,
        )
        from ntm_memory.upkeep.damaged_purge import purged_in_damaged
        from ntm_memory.upkeep.mirror import unreadable

        if not dry_run:
            refuse_unreachable([*unreachable(self.home), *unreadable(self.home)])
        foreseen = replace(erase(dry_run=True), dry_run=dry_run)
        texts = [each.content for each in foreseen.erased]
        if foreseen.version is None:
            texts += [old.content for each in foreseen.erased for old in self.store.history(each.id)]
        said = [text.encode() for text in texts if text] + [text for told in gone.values() for text in told.texts]
        wanted = _with(foreseen, gone)
        ids = [each.id for each in wanted.erased]
        meant = Wanted(ids, foreseen.version, said, self.store.uuid, self._still_said(foreseen))
        copies = purged_in_damaged(self.home, purged_in_backups(self.home / FOLDER, wanted, meant), meant)
        done, unfinished = _finished(erase, foreseen, dry_run=dry_run)
        done = _with(done, gone)
        for id in () if dry_run else gone:  # so that no export and no backup brings it back
            self.store.note("purged", id, next(iter(gone[id].namespaces), None))
        others = others_holding(self.home, said)
        return replace(done, **{name: getattr(copies, name) for name in _WHERE}, files_holding=others), unfinished

    def _still_said(self, foreseen: EraseResult) -> list[bytes]:
        """What a memory of which one version is purged says in its others."""
        if foreseen.version is None:
            return []
        id = foreseen.erased[0].id
        others = [old.content for old in self.store.history(id) if old.version != foreseen.version]
        return [text.encode() for text in (self.store.get(id).content, *others)]


def _finished(
    erase: Callable[..., EraseResult], foreseen: EraseResult, *, dry_run: bool
) -> tuple[EraseResult, StoreError | None]:
    """What an erase did, and the error that came when it was committed already.

    Raises:
        StoreError: or one of its kinds: nothing was committed.
    """
    try:
        return erase(dry_run=dry_run), None
    except StoreError as error:
        if not error.committed:
            raise
        return foreseen, error


def _told_whole(unfinished: StoreError, done: EraseResult) -> StoreError:
    """An error of what was committed, which names the files where the memories still are, too."""
    where = [
        *(f"backups/{name}" for name in done.backups_holding),
        *(f"damaged/{name}" for name in done.damaged_holding),
        *done.mirrors_holding,
        *done.files_holding,
    ]
    if where:
        message = f"{unfinished.message}; {', '.join(where)} still hold them"
        unfinished = type(unfinished)(message, f"{unfinished.hint}, and purge again by id")
        unfinished.committed = True
    return unfinished


def _with(result: EraseResult, gone: Mapping[str, InCopies]) -> EraseResult:
    """A purge, and what it removes from copies alone."""
    from ntm_memory.operations.results import Erased

    texts = {id: min(told.texts, default=b"").decode("utf-8", "replace") for id, told in gone.items()}
    return replace(result, erased=(*result.erased, *(Erased(id, text, 0.0, 0.0) for id, text in texts.items())))
