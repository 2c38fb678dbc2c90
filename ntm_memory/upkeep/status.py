"""What `status` tells about a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ntm_memory.config import Settings
from ntm_memory.errors import CheckpointError, whole_number
from ntm_memory.operations.context import tuned_parameters
from ntm_memory.paths import content_of
from ntm_memory.persistence.hook_runs import last_runs
from ntm_memory.persistence.pending import waiting
from ntm_memory.postgres.only_files import refuse_on_server
from ntm_memory.recall.corpus import ended
from ntm_memory.recovery.backups import FOLDER, described, unusable
from ntm_memory.recovery.daily import FAILED, left_beside
from ntm_memory.recovery.damaged import files_kept
from ntm_memory.store.base import RecordReader, Store
from ntm_memory.store.lookup import STATES, find
from ntm_memory.store.records import Memory, Version
from ntm_memory.sync.standing import standing
from ntm_memory.upkeep.encrypted_files import PLAIN, files_of

MOST_AUDIT = 100_000
LOOKED_AT = 2_000
"""So many memories are looked at whenever it is asked how they are; of more it takes seconds, and is asked for."""
UNSEEN = "not looked at (status.py --check looks at each memory)"


def answer(
    store: Store,
    settings: Settings,
    home: Path,
    secrets_stored: Callable[..., dict[str, Any]],
    *,
    history: str | None = None,
    namespace: str | None = "default",
    repair: bool = False,
    check: bool = False,
    audit: int | None = None,
    id: str | None = None,
    encryption: str | None = None,
    dry_run: bool = False,
    secrets: bool = False,
    redact: bool = False,
    namespaces: bool = False,
) -> dict[str, Any]:
    """How a store is: counts, integrity, backups, warnings; five options answer something else instead.

    `namespaces` tells each, see `spaces`; `history` a memory by id or key, see `one_memory`; `audit` how many lines of
    what was done last, with `id` of one memory; `secrets` which memories hold any, as `secrets_stored` finds them, and
    with `redact` they are left out; `encryption` one of `upkeep.encryption.ACTIONS`, which closes the store, or with
    `dry_run` says what it would do. `repair` mends the memory file first, `check` looks at all files of the folder.

    Raises:
        StoreKeyError: a key is missing, wrong or cannot be kept.
    """
    if audit is not None:
        return last_done(store, audit, id)
    if namespaces:
        return {"namespaces": spaces(store)}
    if secrets:
        return secrets_stored(redact=redact)
    if history is not None:
        return one_memory(store, history, namespace)
    if encryption is not None:
        store.close()
        return changed_encryption(home, settings, encryption, dry_run=dry_run)
    return survey(store, settings, home, repair=repair, check=check)


def survey(
    store: Store, settings: Settings, home: Path, *, repair: bool = False, check: bool = False
) -> dict[str, Any]:
    """Counts, size, usage, embedder, integrity, backups and warnings.

    Args:
        store: the store.
        settings: of the memory system.
        home: the data folder.
        repair: mend the memory file first.
        check: look at all files of the folder, too, and at every memory, which else is done of few alone.
    """
    is_file = settings.store.url is None
    repaired = {"repaired": mended(home, settings) if is_file else store.repair()} if repair else {}
    counts = {state: store.count(state=state) for state in STATES}
    looks = check or repair or sum(counts.values()) <= LOOKED_AT
    faults = store.check() if looks else []
    info = store.info()
    files = checked(home, faults) if check else {}
    warnings = [*_warnings(counts["live"], settings, home), *_warnings_of_privacy(store, settings, home)]
    return {
        "home": str(home),
        "memories": counts,
        "namespaces": store.namespaces(),
        "memory_size": settings.memory_size,
        "when_full": settings.capacity.when_full,
        "usage": round(counts["live"] / settings.memory_size, 4),
        "embedder": store.embedder(),
        "integrity": faults or ("ok" if looks else UNSEEN),
        **files,
        "warnings": [*info.pop("warnings", ()), *warnings],
        "hooks": last_runs(home),
        "waiting": len(waiting(home)),
        **standing(home, settings),
        "encryption": files_of(home) if store.encrypted else "off",
        "backups": [backup["name"] for backup in described(home)],
        "store": info,
        **repaired,
    }


def spaces(store: RecordReader) -> list[dict[str, Any]]:
    """Each namespace with its number of live memories and when the last one was told or changed, last used first."""
    found = sorted(store.last_written().items(), key=lambda each: each[1][1], reverse=True)
    return [{"namespace": name, "memories": count, "last": last} for name, (count, last) in found]


def changed_encryption(home: Path, settings: Settings, action: str, *, dry_run: bool) -> dict[str, Any]:
    """What was done about the encryption of a memory that is not open; one on a server is refused."""
    refuse_on_server(settings.store.url, "encryption")
    from ntm_memory.upkeep.encryption import carry_out

    told = carry_out(home / "memory.db", action, settings.store.lock_seconds, dry_run=dry_run)
    return {"home": str(home)} | told


def mended(home: Path, settings: Settings) -> list[str]:
    """What was done to mend the memory file; it need not be one that can be opened."""
    from ntm_memory.recovery.rescue import repair

    return repair(home, settings)


def checked(home: Path, faults: list[str]) -> dict[str, Any]:
    """One line for each file of the folder that there is anything to say of, and whether none of it is damage."""
    from ntm_memory.recovery import check

    found = check.faults_of_home(home, faults)
    return {"files": [*found, *check.worth_a_look(home)] or "ok", "sound": not found}


def one_memory(store: RecordReader, id_or_key: str, namespace: str | None = "default") -> dict[str, Any]:
    """One memory, whatever its state, and its older versions, oldest first.

    Each has `since` when and `until` when it was so: by when it happened where that was told, else by when it was told.
    """
    memory = find(store, id_or_key, namespace, STATES)
    versions = store.history(memory.id)
    following: list[Memory | Version] = [*versions[1:], memory] if versions else []
    history = [
        asdict(old) | {"since": old.occurred_at or old.valid_from, "until": ended(old, after, store.zone)}
        for old, after in zip(versions, following, strict=True)
    ]
    return {"memory": asdict(memory), "history": history}


def last_done(store: RecordReader, count: int, id: str | None = None) -> dict[str, Any]:
    """What was done last, newest first; with an id to that memory, which may be gone."""
    return {"audit": [asdict(entry) for entry in store.audit(whole_number("audit", count, 1, MOST_AUDIT), id)]}


def _warnings(live: int, settings: Settings, home: Path) -> Iterator[str]:
    try:
        tuned_parameters(home)
    except CheckpointError as error:
        yield f"{error.message}: the shipped parameters hold; tune.py --revert removes it, tune.py learns it anew"
    if beside := left_beside(settings.store.url, home):
        yield beside
    wrong = unusable(home)
    if wrong is not None:
        yield f"{wrong}: no backup can be made, and none that is there is counted"
    with suppress(OSError, UnicodeDecodeError):
        why = content_of(home / FOLDER / FAILED).decode()
        yield f"today's backup could not be made: {why}"
    kept = files_kept(home)
    if kept:
        yield f"damaged/ holds {len(kept)} files that repairs put aside: tell again what is worth it, then remove them"
    size, when_full = settings.memory_size, settings.capacity.when_full
    if live >= size:
        then = {"grow": "it grows on", "evict": "each new memory archives the least used one"}
        yield f"all {size:,} slots (memory_size) are taken: {then.get(when_full, 'new memories are refused')}"


def _warnings_of_privacy(store: Store, settings: Settings, home: Path) -> Iterator[str]:
    if store.encrypted:
        plain = [name for name, state in files_of(home).items() if state == PLAIN]
        if plain:
            yield f"this memory is encrypted, and these files in its folder are not: {', '.join(plain)}"
    elif settings.privacy.encrypt != "off":
        yield "config.json asks for encryption, and this memory was there before: run status.py --encrypt"
