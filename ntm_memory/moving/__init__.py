"""A memory moves: from its file to a PostgreSQL server and back."""

from ntm_memory.moving.move import move

__all__ = ["move"]
