"""`move`: everything that a memory holds, to a server or back into a file, compared before anything else changes."""

from __future__ import annotations

import json
import os
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from ntm_memory.codes.files import drop_derived
from ntm_memory.config import ROOT, SHIPPED, Settings, load_settings, zone_named
from ntm_memory.errors import BadValueError, NotFoundError, StoreCorruptError
from ntm_memory.paths import content_of, data_home, ensure_private_dir
from ntm_memory.persistence.atomic import replacing
from ntm_memory.postgres import open_server_store, require_client
from ntm_memory.postgres.address import address_of
from ntm_memory.recovery.backups import FOLDER
from ntm_memory.recovery.files import drafts_beside, stamp
from ntm_memory.store import open_store
from ntm_memory.store.sqlite import SQLiteStore

_FILE = "memory.db"
_LEFT_THERE = "the tables on the server are as they were; when nobody needs them any more: DROP SCHEMA {} CASCADE"
_BESIDE = (
    "to bring that file to the server: --to the URL of store.url, where nothing was told yet; to go on with the file: "
    "take store.url out of config.json; else move the file away first"
)
_OTHERS = "other machines that use the server go on with it until their config.json is changed"


def move(home: str | Path | None, to: str, *, dry_run: bool = False) -> dict[str, Any]:
    """Move the memory of a data folder; ids, positions, versions, links, feedback, tombstones and audit stay.

    Nobody writes meanwhile. What arrived is read back and compared, a count of rows and one digest, before config.json
    is changed; whatever goes wrong before that leaves all as it was. The file is kept as a backup, the tables stay.

    Args:
        home: the data folder.
        to: `postgresql://…`, where nothing may have been told yet; or the data folder, for its file. A file that is
            beside `store.url`, since that was set without a move, goes to that URL.
        dry_run: say what would be moved.

    Returns:
        from, to, rows of each table, digest, dry_run; what is left behind.

    Raises:
        BadValueError: it is there already, the place is not empty, or the memory is encrypted by a key of ours.
        NotFoundError: there is no memory.
        StoreCorruptError: rows are damaged, or what arrived is not what was sent.
        StoreError: or one of its kinds: the server does not answer, or a file cannot be written.
    """
    require_client()
    folder = data_home(home)
    settings = load_settings(SHIPPED, folder / "config.json")
    if "://" in to or to.startswith(("postgres:", "postgresql:")):
        if settings.store.url is not None:
            _refuse_another(folder, settings.store.url, to)
        return _to_server(folder, settings, to, dry_run=dry_run)
    if not to.strip():
        raise BadValueError("no place is named", f"write: --to postgresql://… for a server, --to {folder} for a file")
    if Path(to).absolute() not in (folder.absolute(), (folder / _FILE).absolute()):
        raise BadValueError(
            f"a file stands in the data folder, not at {to}",
            f"write: --to {folder}; or move that whole folder, and name it as --home or $NTM_MEMORY_HOME",
        )
    if settings.store.url is None:
        raise BadValueError("the memory is there already", "give the other place: postgresql://…")
    return _to_file(folder, settings, dry_run=dry_run)


def _refuse_another(home: Path, url: str, to: str) -> None:
    """Where `store.url` is set, only a file that is left beside it goes to a server, to that one.

    Raises:
        BadValueError: there is no file, or another server is named.
    """
    if not (home / _FILE).is_file():
        raise BadValueError(
            "the memory is on a server already", "give the other place: the data folder, for a file in it"
        )
    if address_of(url).label != address_of(to).label:
        raise BadValueError(
            "the memory is on a server already", f"{home / _FILE} beside it can be moved to the URL of store.url alone"
        )


def _to_server(home: Path, settings: Settings, url: str, *, dry_run: bool) -> dict[str, Any]:
    from ntm_memory.postgres import transfer

    address = address_of(url)
    file = home / _FILE
    if not file.is_file():
        raise NotFoundError(f"there is no memory at {file}", "set store.url in config.json: a new one begins there")
    seconds = settings.store.lock_seconds
    with closing(open_store(file, lock_seconds=seconds, create=False, zone=zone_named(settings.time_zone))) as store:
        assert isinstance(store, SQLiteStore)
        if store.encrypted:
            raise BadValueError(
                "the memory is encrypted by a key of ours, which no server has",
                "status.py --decrypt first; a server encrypts its own disk",
            )
        _refuse_damaged(store)
        with transfer.locked(store):
            with store.snapshot():
                read = transfer.reader_of(store)
                sent = transfer.what_it_holds(read)
                answer = {"from": str(file), "to": address.label, "rows": sent[0], "digest": sent[1]}
                if dry_run:
                    transfer.see_empty(url, home, seconds)
                    return answer | {"dry_run": True}
                transfer.fill_server(url, home, read, transfer.last_row(store), seconds, sent)
            transfer.settled(store)
            _set_url(home, url)
            # those who have it open must not write into it any more
            kept = _put_aside(home) if os.name == "posix" else None
    return answer | {"dry_run": False, "kept": kept or _put_aside(home)}


def _to_file(home: Path, settings: Settings, *, dry_run: bool) -> dict[str, Any]:
    from ntm_memory.postgres import transfer

    file, url = home / _FILE, settings.store.url or ""
    if os.path.lexists(file):
        raise BadValueError(f"{file} is there already, and a memory is never put over another", _BESIDE)
    seconds, zone = settings.store.lock_seconds, zone_named(settings.time_zone)
    address = address_of(url)
    with closing(open_server_store(url, home, lock_seconds=seconds, create=False, zone=zone)) as there:
        assert isinstance(there, SQLiteStore)
        _refuse_damaged(there)
        with transfer.locked(there), there.snapshot():
            read = transfer.reader_of(there)
            sent = transfer.what_it_holds(read)
            answer = {"from": address.label, "to": str(file), "rows": sent[0], "digest": sent[1], "dry_run": dry_run}
            if dry_run:
                return answer
            with drafts_beside(file) as drafts:
                with closing(open_store(drafts / _FILE, lock_seconds=seconds, zone=zone)) as new:
                    assert isinstance(new, SQLiteStore)
                    transfer.fill_file(new, read, transfer.last_row(there), sent)
                _take(drafts, home)
            _set_url(home, None)
    return answer | {"kept": _LEFT_THERE.format(address.quoted), "others": _OTHERS}


def _take(drafts: Path, home: Path) -> None:
    """The finished file and its counters; of the old place no derived file stays."""
    drop_derived(home)
    for name in ("usage.db", _FILE):
        if (drafts / name).exists():
            os.replace(drafts / name, home / name)


def _refuse_damaged(store: SQLiteStore) -> None:
    damaged = store.damage()
    if damaged:
        raise StoreCorruptError(f"nothing was moved: {damaged[0]}", "run: status.py --repair")


def _put_aside(home: Path) -> str:
    """The file as a backup: a lost config.json begins no new memory in its place."""
    folder = ensure_private_dir(home / FOLDER)
    target = folder / f"memory-{stamp(time.time())}-moved.db"
    os.replace(home / _FILE, target)
    drop_derived(home, "usage.db")
    return f"{FOLDER}/{target.name}"


def _set_url(home: Path, url: str | None) -> None:
    """Write `store.url` into the folder's config.json, and nothing else."""
    file = home / "config.json"
    told: dict[str, Any] = {ROOT: {}}
    with suppress(FileNotFoundError):
        told = json.loads(content_of(file).decode("utf-8-sig"))
    store = told[ROOT].setdefault("store", {})
    store.pop("url", None)
    if url is not None:
        store["url"] = url
    elif not store:
        del told[ROOT]["store"]
    with replacing(file) as out:
        out.write(json.dumps(told, ensure_ascii=False, indent=2).encode() + b"\n")
