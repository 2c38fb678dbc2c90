"""A memory moves: from its file to a PostgreSQL server and back; who may read it there."""

from ntm_memory.moving.grants import grant
from ntm_memory.moving.moves import move

__all__ = ["grant", "move"]
