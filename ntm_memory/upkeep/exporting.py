"""Whole stores out of the memory: export."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from ntm_memory.config import Settings
from ntm_memory.errors import (
    BadValueError,
    DiskFullError,
    NotFoundError,
    NTMMemoryError,
    StoreCorruptError,
    shown,
)
from ntm_memory.operations.validation import checked_name
from ntm_memory.persistence.atomic import replacing_text, see_folder
from ntm_memory.persistence.owned import refuse_owned
from ntm_memory.store.base import Store
from ntm_memory.store.lookup import STATES
from ntm_memory.store.records import Memory
from ntm_memory.upkeep import exchange

BATCH = 64
_NAMED = 5
Progress = Callable[[int], None] | None


class Exporter:
    """Writes whole stores.

    Args:
        store: the store.
        settings: what an export says about the store.
        home: the data folder.
    """

    def __init__(self, store: Store, settings: Settings, home: Path) -> None:
        self._store = store
        self._home = home
        self._settings = settings

    def export_file(self, path: Path, form: str | None = None, namespace: str | None = None) -> dict[str, Any]:
        """Write all memories to a file, whole or not at all.

        Args:
            path: the file; its folder is there, or below the data folder, where it is made.
            form: json, jsonl or markdown; None: by the file's ending, else json.
            namespace: only this one.

        Raises:
            BadValueError: unknown form, there is no such folder, the path is no regular file, is the memory's own
                or cannot be written.
            NotFoundError: no memory is in the namespace; a file that is there stays as it is.
            DiskFullError: there is no room for it.
        """
        chosen = checked_form(form or exchange.ENDINGS.get(path.suffix.lower(), "json"))
        refuse_owned(path, self._home)
        memories = self._memories(chosen, namespace)
        try:
            see_folder(path, self._home)
            with replacing_text(path) as out:
                out.writelines(self._written(chosen, memories))
                self._refuse_damaged()
        except (OSError, ValueError) as error:
            if isinstance(error, NTMMemoryError):
                raise
            if getattr(error, "errno", None) == errno.ENOSPC:
                raise DiskFullError(f"{path} was not written: the disk is full", "free some space") from error
            why = getattr(error, "strerror", None) or error
            raise BadValueError(f"{path} cannot be written: {why}", "choose another path") from error
        return {"path": str(path.resolve()), "count": memories.count, "form": chosen} | self._warning()

    def export_text(self, form: str = "json", namespace: str | None = None) -> dict[str, Any]:
        """All memories as `text` of the answer; see `export_file`."""
        memories = self._memories(checked_form(form), namespace)
        text = "".join(self._written(form, memories))
        self._refuse_damaged()
        return {"text": text, "count": memories.count, "form": form} | self._warning()

    def _refuse_damaged(self) -> None:
        """An export that says nothing of what it left out would be taken for all.

        Raises:
            StoreCorruptError: memories are damaged.
        """
        damaged = self._store.damaged()
        if damaged:
            named = "; ".join(damaged[:_NAMED]) + (
                f"; and {len(damaged) - _NAMED} more" if len(damaged) > _NAMED else ""
            )
            raise StoreCorruptError(
                f"nothing was exported: {named}",
                "export.py --salvage PATH writes all others; status.py --repair puts the damaged ones aside",
            )

    def _warning(self) -> dict[str, Any]:
        """What is to be said of an export of an encrypted memory."""
        told = "the export is not encrypted: whoever has it can read it"
        return {"warnings": [told]} if self._store.encrypted else {}

    def _memories(self, form: str, namespace: str | None) -> _Counted:
        states = STATES if form == "json" else ("live",)
        if namespace is not None:
            namespace = checked_name("namespace", namespace) or "default"
            if next(iter(self._store.memories(namespace, states=STATES)), None) is None and not self._store.damaged():
                hint = "check its spelling; status.py counts the memories of each namespace"
                raise NotFoundError(f"nothing was exported: no memory is in the namespace {shown(namespace)}", hint)
        return _Counted(self._store.memories(namespace, states=states))

    def _written(self, form: str, memories: _Counted) -> Iterator[str]:
        if form == "markdown":
            return exchange.write_markdown(memories)
        if form == "jsonl":
            return exchange.write_json_lines(memories)
        head: dict[str, Any] = {
            "memory_size": self._settings.memory_size,
            "memory_dim": self._store.dim,
            "embedder": self._store.embedder(),
        }
        tombstones = [each._asdict() for each in self._store.tombstones()]
        head |= {"tombstones": tombstones} if tombstones else {}
        return exchange.write_json(head, self._records(memories))

    def _records(self, memories: _Counted) -> Iterator[dict[str, Any]]:
        """Each memory with the keys and the history of the same moment: others may write, and purge, meanwhile."""
        store = self._store
        for each in memories:
            try:
                with store.snapshot():
                    record = exchange.to_record(store.get(each.id), store.keys_of(each.id), store.history(each.id))
            except NotFoundError:
                memories.count -= 1
                continue
            yield record


class _Counted:
    """Memories, and how many of them were taken."""

    def __init__(self, memories: Iterable[Memory]) -> None:
        self._memories = memories
        self.count = 0

    def __iter__(self) -> Iterator[Memory]:
        for memory in self._memories:
            self.count += 1
            yield memory


def checked_form(form: str) -> str:
    """A form by its name.

    Raises:
        BadValueError: there is no such form.
    """
    if form not in exchange.FORMS:
        raise BadValueError(f"unknown form {form!r}", f"forms are: {', '.join(exchange.FORMS)}")
    return form
