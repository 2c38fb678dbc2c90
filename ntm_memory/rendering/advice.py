"""What an answer advises to do next, in the words of whoever reads it."""

from __future__ import annotations

from typing import NamedTuple


class Advice(NamedTuple):
    """How a client says what an answer advises; as it stands here, by options of a command line.

    Args:
        whole: how a memory that was cut is seen whole.
        decide: what says how a new memory stands to an older one.
        undo: what brings back what was erased.
        onward: what goes before the place where the next page begins.
        about: what goes before a name of which all is to be seen.
    """

    whole: str = "--from ID --max-chars 20000"
    decide: str = "--replaces ID, --same-as ID or --beside ID"
    undo: str = "--restore"
    onward: str = "--cursor"
    about: str = "list --about"


BY_OPTIONS = Advice()
