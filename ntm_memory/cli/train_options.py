"""What training, showing and measuring take on the command line, whichever network it is."""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ntm_memory.arguments.command_parser import EXIT_CODES, CommandParser, add_format
from ntm_memory.config import SHIPPED, Settings, load_settings
from ntm_memory.errors import BadValueError, NotSetUpError, whole_number, why_unread
from ntm_memory.paths import data_home, expanded, setup_hint


def parser(what: str, usage: str, description: str, epilog: str) -> CommandParser:
    """A parser of [show|eval] and `what`, with the options of both kinds of network."""
    parser = CommandParser(
        prog="train.py",
        usage=f"train.py [show|eval] {what} {usage}",
        description=description,
        epilog=f"{epilog}\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("words", nargs="+", metavar=f"[show|eval] {what}")
    add_format(parser)
    parser.add_argument("--home", metavar="DIR", help="data folder (default: $NTM_MEMORY_HOME, else the platform's)")
    parser.add_argument("--seed", type=int, help="of the run, or of what is shown or measured (default 0)")
    parser.add_argument("--config", metavar="FILE", help="JSON object of training settings: see references/training.md")
    parser.add_argument("--out", metavar="DIR", help=f"where it goes (default: training/{what} in the data folder)")
    parser.add_argument("--checkpoint", metavar="FILE", help="show or measure this file, not what ships")
    return parser


def action_of(arguments: argparse.Namespace, what: str, training: Sequence[str], reading: Sequence[str]) -> str | None:
    """`show`, `eval`, or None to train.

    Args:
        arguments: as parsed.
        what: the task, as an example.
        training: names of options for training only.
        reading: names of options for show and eval only.

    Raises:
        BadValueError: another word, an option of the other kind, or a negative seed.
        NotSetUpError: NumPy is not there.
    """
    action = tuple(arguments.words[:-1])
    if action not in ((), ("show",), ("eval",)):
        hint = f"train.py {what}, train.py show {what} or train.py eval {what}"
        raise BadValueError(f"{' '.join(arguments.words)!r} is not understood", hint)
    for name in training if action else reading:
        if getattr(arguments, name) not in (None, False):
            where = "training" if action else "show and eval"
            raise BadValueError(f"--{name.replace('_', '-')} is for {where} only", "train.py --help")
    if arguments.seed is not None:
        whole_number("--seed", arguments.seed, 0)
    try:
        import numpy  # noqa: F401 - is it there?
    except ModuleNotFoundError as error:
        raise NotSetUpError(f"the environment lacks {error.name}", setup_hint()) from error
    return action[0] if action else None


def training_folder(arguments: argparse.Namespace, *names: str) -> Path:
    """Where a run goes: --out, else these names within `training` in the data folder."""
    return expanded(arguments.out) if arguments.out else data_home(arguments.home).joinpath("training", *names)


def settings_in(file: str | None) -> dict[str, Any]:
    """The settings of --config.

    Raises:
        BadValueError: it is no JSON object.
    """
    if file is None:
        return {}
    try:
        values = json.loads(expanded(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadValueError(
            f"{file} cannot be read as JSON: {why_unread(error)}", "give a JSON object of settings"
        ) from error
    if not isinstance(values, dict):
        raise BadValueError(f"{file} must hold a JSON object", "see references/training.md")
    return values


def configured(home: str | None) -> dict[str, Any]:
    """What config.json, the skill's or the data folder's, says of training other than it says by default.

    Raises:
        ConfigError: one of them is not usable.
    """
    settings, usual = load_settings(SHIPPED, data_home(home) / SHIPPED.name), Settings()
    changes: dict[str, Any] = {}
    if settings.learning_rate != usual.learning_rate:
        changes["learning_rate"] = settings.learning_rate
    machine: dict[str, Any] = {}
    if settings.initialization != usual.initialization:
        machine["memory_start"] = settings.initialization
    if settings.num_write_heads != usual.num_write_heads:
        machine["write_heads"] = settings.num_write_heads
    if machine:
        changes["machine"] = machine
    return changes


def named_sizes(sizes: Mapping[str, int]) -> str:
    """A sequence's sizes for people: `length 20, repeats 10`."""
    return ", ".join(f"{name} {size}" for name, size in sizes.items())


def recorded(words: Sequence[str], arguments: argparse.Namespace, options: Sequence[str]) -> str:
    """The command that makes the same network again, without the places of this machine."""
    told = ["train.py", *words]
    for option in options:
        value = getattr(arguments, option)
        if value is not None:
            told += [f"--{option}", Path(value).name if option == "config" else str(value)]
    return shlex.join(told)
