"""What reason.py can be told: a question with its hops, or a memory with what it builds on."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of both ways to call it."""
    parser.add_argument("query", nargs="?", metavar="QUERY|-", help="the question; - reads it from stdin")
    parser.add_argument("--hops", type=int, metavar="N", help="at most so many reads in a row, 1 to 8 (default 3)")
    parser.add_argument("--top-k", type=int, metavar="N", help="at most so many memories (default 6)")
    parser.add_argument("--max-chars", type=int, metavar="N", help="at most so many characters (default 1500)")
    tag = "read only memories with this tag; with --store: a tag of the new one"
    parser.add_argument("--tag", action="append", default=[], dest="tags", metavar="TAG", help=tag)
    add_times(parser, "read only")
    parser.add_argument("--min-trust", metavar="LEVEL", help="read only what such or better trusted ones told")
    parser.add_argument("--explain", action="store_true", help="show what each feature added to a memory's score")
    parser.add_argument("--namespace", help="default: default")
    parser.add_argument("--session", help="go on from what this session recalled last; with --store: its conversation")
    parser.add_argument("--store", metavar="CONTENT|-", help="instead of QUERY: memorize, and link")
    telling = parser.add_argument_group("with --store")
    telling.add_argument("--builds-on", action="append", default=[], metavar="ID", help="it builds on this one besides")
    telling.add_argument("--type", dest="kind", help="e.g. fact, episode, association")
    telling.add_argument("--key", help="short name; the same key with other content makes a new version")
    telling.add_argument("--importance", type=float, metavar="0..1", help="default 0.5")
    telling.add_argument("--source", help="where it comes from, e.g. a message id")
    telling.add_argument("--trust", metavar="LEVEL", help="who says it: person, agent (default), import, tool")
    telling.add_argument(
        "--when", dest="occurred_at", metavar="TIME", help="when it happened: yesterday, 2026-05-08, 2026-05"
    )


def add_times(parser: argparse.ArgumentParser, only: str) -> None:
    """The options that say when what is looked for happened, and as of when it is looked for."""
    add_when(parser, only)
    parser.add_argument("--as-of", metavar="TIME", help="answer from what was known then")


def add_when(parser: argparse.ArgumentParser, only: str) -> None:
    """The options that say when what is looked for happened."""
    parser.add_argument("--after", metavar="TIME", help=f"{only} what happened then or later: 'last March', 2026-05")
    parser.add_argument("--before", metavar="TIME", help=f"{only} what happened earlier")
    parser.add_argument("--on", metavar="TIME", help=f"{only} what happened in it: yesterday, a week, a month, a year")
    between = f"{only} what happened from the start of one to the end of the other"
    parser.add_argument("--between", nargs=2, metavar=("TIME", "TIME"), help=between)


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
