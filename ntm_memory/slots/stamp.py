"""Which state of which database a matrix agrees with."""

from __future__ import annotations

import os
from dataclasses import dataclass

_NONE, _REMEMBERED = "none", 8


@dataclass(frozen=True)
class Stamp:
    """Which state of which database a matrix agrees with.

    Args:
        uuid: the database's identity.
        seq: its sequence number.
        purges: how often rows were removed from it; a matrix from before a purge is never used.
        dim: width of the keys.
        token: drawn anew each time a matrix is written, and put into database and file together with the last ones
            before it, of which it is made by `next_token`. Two databases with the same token have the written one as a
            common past; counters alone do not tell that, once a copy was put back.
    """

    uuid: str
    seq: int
    purges: int
    dim: int
    token: str = ""

    def may_become(self, now: Stamp) -> bool:
        """Whether a matrix of this state can be patched up to another."""
        return self.token == now.token and self.may_go_on(now)

    def may_go_on(self, now: Stamp) -> bool:
        """Whether what a process knows of this state can be: of a matrix that was written meanwhile it says no more."""
        same = (self.uuid, self.purges, self.dim) == (now.uuid, now.purges, now.dim)
        return same and self.seq <= now.seq and (self.token or _NONE).split()[0] in (now.token or _NONE).split()


def next_token(before: str) -> str:
    """The token of a matrix that is written, from the database's."""
    return " ".join([os.urandom(8).hex(), *(before or _NONE).split()[: _REMEMBERED - 1]])
