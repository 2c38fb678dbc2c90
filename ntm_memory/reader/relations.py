"""What a newer memory seems to be to an older one, by what the pair reader makes of the two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from ntm_memory.embedding.base import Vectors
from ntm_memory.store.records import Memory
from ntm_memory.text.occurrence import kept

RELATIONS = ("revises", "beside", "same", "unrelated")
"""What a newer memory may be to an older one: a newer value of the same thing, something that holds beside it, the same
told again, nothing to do with it."""
RELATED = 0.1
"""The least chance that a pair is not unrelated at which the older memory is named to the caller."""
SURE = 0.97
"""The least chance of a revision at which the older memory is marked."""

AS_READ = 1000
"""Characters of a memory that may be read together with another: the reader takes no more."""
EPISODE = "episode"
"""The kind of what happened: that is no state, and nothing revises it."""

RelationName = Literal["revises", "beside", "same", "unknown"]
_NAMES: tuple[RelationName, ...] = ("revises", "beside", "same")


class Relation(NamedTuple):
    """What a newer memory seems to be to an older one.

    Args:
        name: the likeliest but unrelated; `unknown` where nothing has read them together.
        chance: 0–1 of that it revises the older one or tells it again.
        revises: 0–1 of that it revises it.
    """

    name: RelationName
    chance: float
    revises: float = 0.0


SAME = Relation("same", 1.0)
"""Of a memory that says the same in the same words: nothing needs to read that."""


def may_revise(new: Memory, old: Memory) -> bool:
    """Whether one memory may tell a newer state of another at all.

    What happened is no state, of what happened at two times the earlier revises nothing, whenever it is told, and two
    keys were given by someone who knows better.
    """
    keyed = new.key is not None and old.key is not None
    later = new.position > old.position
    if new.occurred_at is not None and old.occurred_at is not None:
        later = (kept(new.occurred_at).start, new.position) > (kept(old.occurred_at).start, old.position)
    return later and not keyed and EPISODE not in (new.kind, old.kind)


def relations_of(shares: Vectors) -> list[Relation | None]:
    """What each pair seems to be, None where it is plainly unrelated.

    Args:
        shares: (n, 4) of `RELATIONS`, as `PairReader.relations` gives them.
    """
    return [_relation([float(share) for share in row]) for row in shares]


def _relation(shares: Sequence[float]) -> Relation | None:
    revises, beside, same, unrelated = shares
    if 1 - unrelated < RELATED:
        return None
    likeliest = max(zip((revises, beside, same), _NAMES, strict=True))[1]
    return Relation(likeliest, min(revises + same, 1.0), revises)
