"""What all command lines have in common: one parser, its errors, options that several have."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from typing import Any, NoReturn

from ntm_memory.cli.entered import spoken

EXIT_CODES = """exit codes: 0 ok (finding nothing is ok), 1 bug, 2 usage or bad value, 3 not set up, 4 not found,
5 store locked, unreadable or corrupt, 6 embedder unavailable or mismatched, 130 interrupted"""


class UsageError(Exception):
    """The command line is not usable."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


_NO_OPTION = re.compile(r"-\d|-[^-].")
"""A number below zero, and what people ask for that begins with a dash: "-rf". A single letter stays a wrong option."""


class CommandParser(argparse.ArgumentParser):
    """Names itself as its user called it, and raises what is wrong instead of leaving the process."""

    def __init__(self, prog: str, **options: Any) -> None:
        super().__init__(prog=spoken(prog), **options)
        self._negative_number_matcher = (
            _NO_OPTION  # argparse has no public name for what is no option though it has a dash
        )

    def format_help(self) -> str:
        """The help, in the spelling of the door that was entered."""
        return spoken(super().format_help())

    def error(self, message: str) -> NoReturn:
        """Refuse the command line.

        Raises:
            UsageError: always.
        """
        raise UsageError(message, f"{self.prog} --help")


class Once(argparse.Action):
    """An option that names one thing: given twice it is refused, where otherwise the last one would hold."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        """Take the value of an option.

        Raises:
            UsageError: it was given before.
        """
        if getattr(namespace, self.dest) is not None:
            parser.error(f"{option} is given twice, it names one memory")
        setattr(namespace, self.dest, values)


Arguments = dict[str, Any]
Parsers = dict[str, tuple[Callable[[], CommandParser], Callable[[Arguments], Arguments]]]
"""Command → its parser, and what makes a plain request of what was parsed."""


def command_parser(
    command: str, about: str, example: str, formats: tuple[str, ...] = ("text", "json")
) -> CommandParser:
    """A parser with what every command has: one example, the exit codes, `--format` and `--home`."""
    parser = CommandParser(
        prog=f"{command}.py",
        description=about,
        epilog=f"example: python3 {command}.py {example}\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_format(parser, formats)
    parser.add_argument("--home", metavar="DIR", help="data folder (default: $NTM_MEMORY_HOME, else the platform's)")
    return parser


def add_format(parser: CommandParser, formats: tuple[str, ...] = ("text", "json")) -> None:
    """How the answer is printed: text unless something else is asked for."""
    about = "text (default): a line a memory; json: the whole answer, for programs"
    about += "; context: a fenced block for a prompt" if "context" in formats else ""
    parser.add_argument("--format", choices=formats, default="text", help=about)


def add_on_secret(parser: CommandParser) -> None:
    """What is done with a secret that is told."""
    choices = ("redact", "refuse", "allow")
    parser.add_argument("--on-secret", choices=choices, help="leave secrets out (default), refuse them, or keep them")


def add_namespace(parser: CommandParser) -> None:
    """The wall around what is named by an id, and the door in it."""
    parser.add_argument("--namespace", help="of what is asked or named (default: default)")
    parser.add_argument("--any-namespace", action="store_true", help="an ID may be of any namespace")
