"""With which values an option is everyday work of an agent, which a host need not ask a person about.

Each option says so where it is declared: `CommandParser.add_everyday`, perhaps with one of these, or `add_asked`. Not
everyday is what destroys for good, lifts what a person refused, raises trust, keeps secrets, changes the store as a
whole, or reads or writes files of the caller's choice.
"""

from __future__ import annotations

from collections.abc import Callable

Fits = Callable[[str], bool]


def anything(value: str) -> bool:
    """Any value; of a switch: that it is there."""
    return True


def stdin(value: str) -> bool:
    """No file: what the command itself brings along, or its own output."""
    return value == "-"


def plain_name(value: str) -> bool:
    """A namespace that looks like a path is none of everyday."""
    return ".." not in value and not value.startswith(("/", "~"))


def one_of(*values: str) -> Fits:
    """These values alone."""
    return values.__contains__


harmless_secrets = one_of("redact", "refuse")
"""Of `--on-secret`."""
trusted_as_agents = one_of("agent", "import", "tool")
"""Of `--trust`: what an agent says is trusted so far at most."""
