"""Who told a memory: how far its text may be relied on is settled by the way it came, never by what it says of itself.

Four levels, in the order in which language models are taught to weigh what they read (the instruction hierarchy: the
user above the model's own words above what tools and strangers return):

    tool      a tool's answer, a web page, a hook that keeps whatever is said: anyone may have written it
    import    a file that was read in: chosen by someone, written by who knows whom
    agent     an agent that speaks for its user: what the scripts take for granted
    person    a person's own command, or what a person told the agent in so many words
"""

from __future__ import annotations

from typing import Any

from ntm_memory.errors import one_of

TRUST_LEVELS = ("tool", "import", "agent", "person")
LOWEST, IMPORTED, USUAL = TRUST_LEVELS[0], "import", "agent"


def checked_trust(value: Any, field: str = "trust") -> str:
    """One of the levels; None means the usual one.

    Raises:
        BadValueError: there is no such level.
    """
    if value is None:
        return USUAL
    one_of(field, value if isinstance(value, str) else str(value), TRUST_LEVELS)
    return str(value)


def lower(one: str, other: str) -> str:
    """The lower of two levels."""
    return min(one, other, key=TRUST_LEVELS.index)


def at_least(level: str) -> tuple[str, ...]:
    """This level and those above it."""
    return TRUST_LEVELS[TRUST_LEVELS.index(level) :]
