"""What all command lines have in common: one parser, its errors, options that several have."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from ntm_memory.arguments.entered import spoken
from ntm_memory.arguments.everyday import Fits, anything, harmless_secrets, plain_name

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
    """Names itself as its user called it, and raises what is wrong instead of leaving the process.

    Args:
        prog: the script's name.
        is_everyday: whether the command is ever everyday work of an agent.
        options: as argparse has them.
    """

    def __init__(self, prog: str, *, is_everyday: bool = False, **options: Any) -> None:
        self._is_everyday = is_everyday
        self._fits: dict[argparse.Action, Fits | None] = {}
        super().__init__(prog=spoken(prog), **options)
        self.register("action", None, Once)
        self._negative_number_matcher = _NO_OPTION  # of what is no option despite its dash; it has no public name

    def add_everyday(self, *names: str, fits: Fits = anything, group: Any = None, **options: Any) -> None:
        """Declare an option that is everyday work of an agent.

        Args:
            names: as `add_argument` has them, and so the rest.
            fits: with which values.
            group: of the help, where it stands.
            options: as argparse has them.
        """
        self._fits[(group or self).add_argument(*names, **options)] = fits

    def add_asked(self, *names: str, **options: Any) -> None:
        """Declare an option about which a host asks a person first; arguments as those of `add_argument`."""
        self._fits[self.add_argument(*names, **options)] = None

    def undecided(self) -> list[str]:
        """Names of the options of which nothing says whether they are everyday: those are asked about."""
        return [action.dest for action in self._actions if action not in self._fits and action.dest != "help"]

    def are_everyday(self, words: Sequence[str]) -> bool:
        """Whether arguments, read as the command itself reads them, are everyday work of an agent."""
        if not self._is_everyday:
            return False
        if any(word.startswith("-h") or word == "--help" for word in words):  # it would be printed here
            return len(words) == 1
        try:
            told = vars(self.parse_args(list(words)))
        except UsageError:
            return False
        return all(self._is_usual(action, told.get(action.dest)) for action in self._actions)

    def is_everyday(self, name: str, value: object) -> bool:
        """Whether one argument with a value is; it is named as its option is, or as what is parsed of it."""
        option = self._option_string_actions.get(f"--{name.replace('_', '-')}")
        action = option or next((each for each in self._actions if each.dest == name), None)
        return self._is_everyday and action is not None and self._is_usual(action, value)

    def _is_usual(self, action: argparse.Action, value: object) -> bool:
        if value in (None, action.default):
            return True
        fits = self._fits.get(action)
        return fits is not None and all(fits(str(each)) for each in (value if isinstance(value, list) else [value]))

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
    """An option that takes one value: given twice it is refused, where otherwise the last one would hold."""

    _filled: argparse.Namespace | None = None

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        """Take the value of an option, or of an argument without a name.

        Raises:
            UsageError: it was given before.
        """
        if option is not None and self._filled is namespace:
            parser.error(f"{option} is given twice, it takes one value")
        self._filled = namespace
        setattr(namespace, self.dest, values)


Arguments = dict[str, Any]
Parsers = dict[str, tuple[Callable[[], CommandParser], Callable[[Arguments], Arguments]]]
"""Command → its parser, and what makes a plain request of what was parsed."""


def command_parser(
    command: str, about: str, example: str, formats: tuple[str, ...] = ("text", "json"), *, is_everyday: bool = True
) -> CommandParser:
    """A parser with what every command has: one example, the exit codes, `--format` and `--home`."""
    parser = CommandParser(
        prog=f"{command}.py",
        is_everyday=is_everyday,
        description=about,
        epilog=f"example: python3 {command}.py {example}\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_format(parser, formats)
    parser.add_asked("--home", metavar="DIR", help="data folder (default: $NTM_MEMORY_HOME, else the platform's)")
    return parser


def add_format(parser: CommandParser, formats: tuple[str, ...] = ("text", "json")) -> None:
    """How the answer is printed: text unless something else is asked for."""
    about = "text (default): a line a memory; json: the whole answer, for programs"
    about += "; context: a fenced block for a prompt" if "context" in formats else ""
    parser.add_everyday("--format", choices=formats, default="text", help=about)


def add_on_secret(parser: CommandParser) -> None:
    """What is done with a secret that is told."""
    choices = ("redact", "refuse", "allow")
    parser.add_everyday(
        "--on-secret",
        choices=choices,
        help="leave secrets out (default), refuse them, or keep them",
        fits=harmless_secrets,
    )


def add_namespace(parser: CommandParser) -> None:
    """The wall around what is named by an id, and the door in it."""
    parser.add_everyday("--namespace", help="of what is asked or named (default: default)", fits=plain_name)
    parser.add_everyday("--any-namespace", action="store_true", help="an ID may be of any namespace")
