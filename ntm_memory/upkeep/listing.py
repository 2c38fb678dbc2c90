"""What is in a namespace, or what of it is about somebody, of a kind or of a time: in an order, page by page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, cast, get_args

from ntm_memory.entry.told_times import NOWHERE, Here, checked_range
from ntm_memory.errors import BadValueError, one_of, shown, whole_number
from ntm_memory.operations import validation
from ntm_memory.operations.requests import checked_around
from ntm_memory.recall.corpus import around_place
from ntm_memory.recall.mentioned import telling_of_filter
from ntm_memory.store.base import StoreReader
from ntm_memory.store.lookup import STATES, find
from ntm_memory.store.records import About, Memory, Page, Place, Selection, Sort
from ntm_memory.text.excerpts import MARK
from ntm_memory.text.folding import spaced_key, word_for_word
from ntm_memory.text.iso_time import unix_seconds
from ntm_memory.text.words import index_words

MOST = 100
LONGEST = 500
"""Characters of one memory that a list shows."""
SORTS = get_args(Sort)
_SECONDS = re.compile(r"-?\d{1,12}\.\d{1,9}")


def page(
    store: StoreReader, *, limit: int = 20, sort: str | None = None, cursor: str | None = None, **told: Any
) -> dict[str, Any]:
    """One page of the live memories of a namespace.

    Args:
        store: where they are.
        limit: at most so many, 1–100.
        sort: `newest` (the last written first; the default), `oldest`, `importance`, or `happened` (the latest first).
        cursor: `next` of the page before, which also says how that one was sorted; None: the first page.
        told: which memories, see `selection`, and `sources`, with which theirs begin; the same on every page.

    Returns:
        `memories`, each with its content cut at `LONGEST` characters; those that say the same are one, as in recall,
        where the first of them stands: `told` counts all of them that are asked for, on whatever page they would be.
        `first` and `last`, their places among all; `total`, how many are asked for; `more`, how many follow; `next`,
        the cursor of the page that follows, None after the last; `stored`, how many the namespace has; `namespaces`,
        where that is none: those that have some.

    Raises:
        BadValueError: an option is not usable.
    """
    what, count = _asked_for(**told), whole_number("limit", limit, 1, MOST)
    order, after = _place(cursor, sort)
    with store.snapshot():
        found, once = _once(store, _with_telling(store, what), order, count, after)
        of_each = _stored(store, what, found.total)
        last = found.total - found.left
        return {
            "namespace": what.namespace,
            "sort": order,
            "memories": [_shown(memory) for memory in once],
            "first": last - len(found.memories) - found.damaged + 1,
            "last": last,
            "total": found.total,
            "more": found.left,
            "stored": of_each.get(what.namespace, 0),
            "namespaces": None if what.namespace in of_each else sorted(of_each),
            "next": _cursor(order, found.end) if found.left and found.end is not None else None,
        }


def around(store: StoreReader, told: Sequence[Any], *, namespace: str | None = None, **rest: Any) -> dict[str, Any]:
    """A memory with so many before and after it in its session, in the order of writing, as a page.

    Args:
        store: where they are.
        told: its id, and how many on each side.
        namespace: of the memory; None: `default`.
        rest: nothing more can be asked for.

    Returns:
        As `page` has it; `first`, `last` and `total` are of the session.

    Raises:
        NotFoundError: no memory of the namespace has this id.
        BadValueError: an option is not usable.
    """
    if any(value for value in rest.values()):
        raise BadValueError(f"around goes alone: {', '.join(rest)} has no effect", "leave it out")
    if isinstance(told, str) or len(told) != 2:
        raise BadValueError(f"around is {shown(told)}, expected an id and a number", "e.g. m_caqmgjxs4z 3")
    id, count = str(told[0]), checked_around(told[1])
    name = validation.checked_name("namespace", namespace) or "default"
    with store.snapshot():
        find(store, id, name, STATES)
        _, found, first, total = around_place(store, id, count)
        return {
            "namespace": name,
            "sort": "told",
            "memories": [_shown(asdict(memory) | {"told": 1, "last_told": None, "also": []}) for memory in found],
            "first": first,
            "last": first + len(found) - 1,
            "total": total,
            "more": total - len(found),
            "stored": store.namespaces().get(name, 0),
            "next": None,
        }


def selection(
    *,
    namespace: str | None = None,
    about: str | None = None,
    tags: Sequence[str] = (),
    kind: str | None = None,
    session: str | None = None,
    on: str | None = None,
    after: str | None = None,
    before: str | None = None,
    between: Sequence[str] | None = None,
    here: Here = NOWHERE,
) -> Selection:
    """Which memories are asked for, checked.

    Args:
        namespace: of which; None: `default`.
        about: a name: memories that hold all its words, as recall counts words, or have it in their key or a tag.
        tags: with all of these.
        kind: of this kind.
        session: told in this session.
        on: what happened at that time.
        after: what happened then or later.
        before: what happened earlier.
        between: what happened from the start of one time to the end of another.
        here: when and where it is asked.

    Raises:
        BadValueError: an option is not usable.
    """
    since, until = checked_range({"on": on, "after": after, "before": before, "between": between}, here)
    return Selection(
        namespace=validation.checked_name("namespace", namespace) or "default",
        about=_about(about),
        tags=validation.checked_tags(tags),
        kind=validation.checked_name("kind", kind),
        session=validation.checked_name("session", session),
        since=since,
        until=until,
    )


def _asked_for(sources: Sequence[str] = (), **told: Any) -> Selection:
    return replace(selection(**told), sources=tuple(validation.cleaned(str(each)) for each in sources))


def _stored(store: StoreReader, what: Selection, total: int) -> dict[str, int]:
    """How many live memories namespaces have; where all of one are listed, this one alone is told."""
    is_all = total > 0 and what == Selection(what.namespace)
    return {what.namespace: total} if is_all else store.namespaces()


def _with_telling(store: StoreReader, what: Selection) -> Selection:
    """A selection with the memories that tell of its time, as recall's filters have them."""
    if what.since is None or what.until is None:
        return what
    slots = store.memory_matrix(what.namespace)
    tells = telling_of_filter(slots, unix_seconds(what.since), unix_seconds(what.until), store.zone)
    return replace(what, telling=tuple(slots.address[tells].tolist()))


def _about(told: str | None) -> About | None:
    name = validation.checked_name("about", told)
    if name is None and told is not None:
        raise BadValueError("about is empty", "give a name")
    return None if name is None else About(index_words(name), spaced_key(name))


def _once(
    store: StoreReader, what: Selection, sort: Sort, count: int, after: Place | None
) -> tuple[Page, list[dict[str, Any]]]:
    """A page that shows as many memories as it may, and these: those that say the same as one, in place of the first.

    What was shown for it on a page before is passed over.
    """
    found = store.selected(what, sort, count, after)
    told = _first_tellings(store, what, sort, found.memories)
    while found.left and len(told) < count:
        more = store.selected(what, sort, count - len(told), found.end)
        told += _first_tellings(store, what, sort, more.memories)
        found = more._replace(memories=[*found.memories, *more.memories], damaged=found.damaged + more.damaged)
    return found, told


def _first_tellings(
    store: StoreReader, what: Selection, sort: Sort, memories: Sequence[Memory]
) -> list[dict[str, Any]]:
    """Of some memories of a selection those that say first, in its order, what they say, and who says the same."""
    groups: dict[str, list[Memory]] = {}
    for memory in store.alike(what, sort, [memory.id for memory in memories]):
        groups.setdefault(word_for_word(memory.content), []).append(memory)
    told = []
    for memory in memories:
        first, *others = groups.get(word_for_word(memory.content)) or [memory]
        if first.id == memory.id:
            last = max(each.occurred_at or each.updated_at for each in (first, *others))
            also = [other.id for other in others]
            told.append(asdict(memory) | {"told": len(also) + 1, "last_told": last if also else None, "also": also})
    return told


def _shown(memory: dict[str, Any]) -> dict[str, Any]:
    content = memory["content"]
    is_long = len(content) > LONGEST
    return memory | {"content": content[: LONGEST - len(MARK)] + MARK if is_long else content, "truncated": is_long}


def _cursor(sort: Sort, place: Place) -> str:
    """A place as a text that names its order."""
    value = "" if sort in ("newest", "oldest") else f":{place.value}"
    return f"{sort}{value}:{place.position}"


def _place(cursor: str | None, sort: str | None) -> tuple[Sort, Place | None]:
    """The order and the place that a cursor names; without one the order that is told, and its beginning.

    Raises:
        BadValueError: there is no such order, no list gave this cursor, or it is one of another order.
    """
    if sort is not None:
        one_of("sort", sort, SORTS)
    if cursor is None:
        return cast("Sort", sort or "newest"), None
    named, _, rest = cursor.partition(":") if isinstance(cursor, str) else ("", "", "")
    value, _, position = rest.rpartition(":")
    if named not in SORTS or not _is_number(position) or not _fits(named, value):
        raise BadValueError(f"cursor is {shown(cursor)}, which no list gave", "give the one that the page before names")
    if sort not in (None, named):
        raise BadValueError(f"cursor is one of sort {named}, not {sort}", "leave sort out, or begin without a cursor")
    by = float(value) if value else int(position)
    return cast("Sort", named), Place(by, int(position))


def _fits(sort: str, value: str) -> bool:
    """Whether a text is what memories are sorted by."""
    if sort == "importance":
        return re.fullmatch(r"\d(?:\.\d{1,20})?(?:e-\d{1,3})?", value) is not None
    return _SECONDS.fullmatch(value) is not None if sort == "happened" else not value


def _is_number(text: str) -> bool:
    return text.isdecimal() and text.isascii() and len(text) <= 18
