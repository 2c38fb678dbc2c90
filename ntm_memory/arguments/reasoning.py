"""What reason.py can be told: a question with its hops, or a memory with what it builds on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ntm_memory.arguments.command_parser import CommandParser
from ntm_memory.arguments.everyday import plain_name, trusted_as_agents
from ntm_memory.errors import BadValueError

_ASKING = ("hops", "top_k", "max_chars", "after", "before", "on", "between", "as_of", "min_trust", "explain")
_TELLING = {
    "builds_on": "builds-on",
    "kind": "type",
    "key": "key",
    "importance": "importance",
    "source": "source",
    "trust": "trust",
    "occurred_at": "when",
}


def add_arguments(parser: CommandParser) -> None:
    """The options of both ways to call it."""
    parser.add_everyday("query", nargs="?", metavar="QUERY|-", help="the question; - reads it from stdin")
    parser.add_everyday("--hops", type=int, metavar="N", help="at most so many reads in a row, 1 to 8 (default 3)")
    parser.add_everyday("--top-k", type=int, metavar="N", help="at most so many memories (default 6)")
    parser.add_everyday("--max-chars", type=int, metavar="N", help="at most so many characters (default 1500)")
    tag = "read only memories with this tag; with --store: a tag of the new one"
    parser.add_everyday("--tag", action="append", default=[], dest="tags", metavar="TAG", help=tag)
    add_times(parser, "read only")
    parser.add_everyday("--min-trust", metavar="LEVEL", help="read only what such or better trusted ones told")
    parser.add_everyday("--explain", action="store_true", help="show what each feature added to a memory's score")
    parser.add_everyday("--namespace", help="default: default", fits=plain_name)
    parser.add_everyday("--session", help="go on from what this session recalled last; with --store: its conversation")
    parser.add_everyday("--store", metavar="CONTENT|-", help="instead of QUERY: memorize, and link")
    telling = parser.add_argument_group("with --store")
    parser.add_everyday(
        "--builds-on", action="append", default=[], metavar="ID", help="it builds on this one besides", group=telling
    )
    parser.add_everyday("--type", dest="kind", help="e.g. fact, episode, association", group=telling)
    parser.add_everyday("--key", help="short name; the same key with other content makes a new version", group=telling)
    parser.add_everyday("--importance", type=float, metavar="0..1", help="default 0.5", group=telling)
    parser.add_everyday("--source", help="where it comes from, e.g. a message id", group=telling)
    parser.add_everyday(
        "--trust",
        metavar="LEVEL",
        help="who says it: person, agent (default), import, tool",
        group=telling,
        fits=trusted_as_agents,
    )
    parser.add_everyday(
        "--when",
        dest="occurred_at",
        metavar="TIME",
        help="when it happened: yesterday, 2026-05-08, 2026-05",
        group=telling,
    )


def add_times(parser: CommandParser, only: str) -> None:
    """The options that say when what is looked for happened, and as of when it is looked for."""
    add_when(parser, only)
    parser.add_everyday("--as-of", metavar="TIME", help="answer from what had been told by then, whenever it happened")


def add_around(parser: CommandParser) -> None:
    """The option that names a memory by whose place it is read."""
    about = "this memory with up to so many before and after it in its session, in the order of writing"
    parser.add_everyday("--around", nargs=2, metavar=("ID", "N"), help=about)


def whole(name: str, told: str) -> int:
    """A number that stands behind an ID.

    Raises:
        BadValueError: it is none.
    """
    try:
        return int(told)
    except ValueError as error:
        raise BadValueError(f"--{name} ends in {told!r}, expected a whole number", "e.g. m_caqmgjxs4z 3") from error


def add_when(parser: CommandParser, only: str) -> None:
    """The options that say when what is looked for happened."""
    parser.add_everyday("--after", metavar="TIME", help=f"{only} what happened then or later: 'last March', 2026-05")
    parser.add_everyday("--before", metavar="TIME", help=f"{only} what happened earlier")
    parser.add_everyday("--on", metavar="TIME", help=f"{only} what happened in it: yesterday, a week, a month, a year")
    between = f"{only} what happened from the start of one to the end of the other"
    parser.add_everyday("--between", nargs=2, metavar=("TIME", "TIME"), help=between)


def refuse_mixed(query: str | None, content: str | None, given: Mapping[str, Any]) -> None:
    """A question and a memory are told apart, and each has its own options.

    Raises:
        BadValueError: both are given, or an option of the other one.
    """
    if content is None:
        extra = [option for name, option in _TELLING.items() if name in given]
        if extra:
            raise BadValueError(f"--{extra[0]} needs --store", "give --store CONTENT, or leave it out")
        return
    if query is not None:
        raise BadValueError("QUERY and --store exclude each other", "give one of them")
    extra = [name.replace("_", "-") for name in _ASKING if name in given]
    if extra:
        raise BadValueError(f"--{extra[0]} has no effect with --store", "leave it out")
