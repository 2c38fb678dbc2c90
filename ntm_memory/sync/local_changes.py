"""What changed in a memory here, found and told: memories, what was purged, what was retracted."""

from __future__ import annotations

from typing import Any

from ntm_memory.errors import NotFoundError, StoreCorruptError
from ntm_memory.store.base import Store
from ntm_memory.sync.applying import latest_of
from ntm_memory.sync.collecting import LocalMemory, RemovedTexts, changed_part, first_part, presumed_seen
from ntm_memory.sync.merging import Merging
from ntm_memory.sync.merging_writer import Changes, MergingWriter
from ntm_memory.sync.registers import State, top
from ntm_memory.text.iso_time import unix_seconds


def collect(store: Store, writer: MergingWriter, merging: Merging) -> None:
    """Find what changed in a memory since it was last looked at, and have it written into the log.

    Args:
        store: the memory.
        writer: tells what was written in it.
        merging: what is known.
    """
    state = merging.state
    seq, line = state.number("seq"), state.number("line")
    changes = writer.changes(seq, line)
    if (changes.seq, changes.line) == (seq, line) and seq:
        return
    done: dict[str, list[Any]] = {}
    for each in changes.done:
        done.setdefault(each.id, []).append(each)
    _collect_purged(writer, merging, changes)
    for id in changes.ids:
        try:
            local = LocalMemory(store.get(id), store.history(id), writer.links(id), done.get(id, ()))
        except (NotFoundError, StoreCorruptError):  # gone meanwhile, or told by `status`
            continue
        _collect_one(merging, local)
    _collect_tombstones(store, merging)
    for name, value in (("seq", changes.seq), ("line", changes.line), ("mark", changes.mark)):
        state.set_meta(name, value)


def _collect_one(merging: Merging, local: LocalMemory) -> None:
    state, clock, id = merging.state, merging.clock, local.memory.id
    known = state.known(id)
    if "purged" in known:
        state.mark_due(id)  # a copy brought it back
        return
    told = merging.projected(id, known)
    seen = state.seen(id)
    if told is None:
        part, stamps = first_part(local, clock, state.last_birth(local.memory.namespace))
    elif local.says(told):
        stamps, part = {text.version: text.stamp for text in told.texts}, State()
    else:
        seen = presumed_seen(local, known, told) if seen is None else seen
        removed = RemovedTexts([known, *merging.parts(id)], told)
        part, stamps = changed_part(local, seen, told, clock, removed)
    merging.tell(id, part)
    now = merging.projected(id)
    known_here = [*stamps.values(), *(seen["known"] if seen else ())]
    latest = max(top(part), seen["top"] if seen else "")
    if now is not None and local.says(now):
        known_here, latest = [*now.known], latest_of(merging, id)
    is_settled = now is not None and local.says(now)
    state.note_seen(id, local.as_seen(stamps, sorted({*known_here}), latest), settled=is_settled)
    if not is_settled:
        state.mark_due(id)


def _collect_purged(writer: MergingWriter, merging: Merging, changes: Changes) -> None:
    state, here = merging.state, writer.ids()
    for each in changes.done:
        told = "purged" in state.known(each.id) or each.id in merging.emptied
        if each.verb == "purged" and each.id not in here and not told:
            merging.tell(each.id, {"purged": [merging.clock.stamp(int(unix_seconds(each.at) * 1000))]})
            state.note_seen(each.id, None, settled=True)


def _collect_tombstones(store: Store, merging: Merging) -> None:
    here = {
        "/".join((each.salt, each.space, each.value, each.id)): {
            "key": each.key,
            "parts": each.parts,
            "purged": each.purged,
            "at": each.at,
        }
        for each in store.tombstones()
    }
    known, due = merging.state.tombstones(), merging.state.tombstones(due=True)
    for name, value in here.items():
        if name not in due and (name not in known or known[name][1] != value):
            after = known[name][0] if name in known else ""
            merging.take_tombstone(name, [merging.clock.stamp(after=after), value], ours=True)
    for name, register in known.items():
        if name not in here and name not in due and register[1] is not None:
            merging.take_tombstone(name, [merging.clock.stamp(after=register[0]), None], ours=True)
