"""Arguments of the scripts that look at the installation itself: doctor, verify. They touch no memory of the user's."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from ntm_memory.arguments.command_parser import CommandParser, command_parser

_DOCTOR = """exit codes: 0 ok: nothing fails, 1 something fails, 2 usage"""


def doctor_parser() -> CommandParser:
    """The arguments of `doctor`."""
    about = "Check everything that a report of a fault would be asked for; shows no memory's text."
    parser = command_parser("doctor", about, "--format text")
    parser.epilog = f"{str(parser.epilog).partition('exit codes:')[0]}{_DOCTOR}"
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.set_defaults(format="text")
    return parser


def verify_parser() -> CommandParser:
    """The arguments of `verify`."""
    about = "Tell twenty facts in a folder of their own, ask thirty questions, and count: figures of this machine."
    parser = command_parser("verify", about, "--format text")
    parser.set_defaults(format="text")
    return parser


def move_parser() -> CommandParser:
    """The arguments of `move`."""
    about = "Move the whole memory to a PostgreSQL server, or back into a file."
    parser = command_parser("move", about, "--to postgresql://agent@db.example.org/memory --dry-run")
    parser.add_asked("--to", required=True, metavar="URL|HOME", help="an empty place on a server, or the data folder")
    parser.add_asked("--dry-run", action="store_true", help="only say what would be moved")
    return parser


def grant_parser() -> CommandParser:
    """The arguments of `grant`."""
    about = "Print the SQL by which a role of the PostgreSQL server may read some namespaces, and nothing else."
    parser = command_parser("grant", about, "reader --namespace shared")
    parser.add_asked("role", metavar="ROLE", help="its name; CREATE ROLE … LOGIN makes one")
    parser.add_asked(
        "--namespace", action="append", required=True, dest="namespaces", metavar="NAME", help="may be repeated"
    )
    return parser


SELF_PARSERS: dict[str, Callable[[], CommandParser]] = {"doctor": doctor_parser, "verify": verify_parser}
