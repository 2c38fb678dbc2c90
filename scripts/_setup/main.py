"""`install.py`: arguments in, one environment, copies of the skill, a proof, one JSON object out."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from _door import SKILL

from _setup.clawhub import export
from _setup.demo import demonstrate
from _setup.environment import Environment, find_environment, provide_environment
from _setup.lock import only_one
from _setup.process import run
from _setup.proof import prove
from _setup.report import SetupError
from _setup.requirements import TORCH, known_extras, read_requirements, read_weights_requirement
from _setup.skill import chosen_targets, copy_skill, refuse_foreign
from _setup.weights import provide_weights
from ntm_memory.errors import NTMMemoryError
from ntm_memory.paths import data_home, ensure_private_dir, environment_dir
from ntm_memory.persistence.user_config import remember_home

PYPROJECT = SKILL / "pyproject.toml"
EXAMPLE = """example: python3 install.py --target claude

exit codes: 0 ok, 2 usage, 3 the set-up could not be completed: run it again when what the message names is mended"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SetupError("usage", message, "install.py --help")


def main(argv: Sequence[str]) -> int:
    """Set the skill up.

    Args:
        argv: the script's arguments.

    Returns:
        the exit code.
    """
    start = time.perf_counter()
    try:
        arguments = _parser().parse_args(argv)
        answer = export(SKILL, *arguments.export) if arguments.export else _set_up(arguments)
        answer["took_seconds"] = round(time.perf_counter() - start, 1)
        if arguments.demo and not arguments.export:
            _show_demo(answer)
        else:
            print(json.dumps({"ok": True, **answer}, ensure_ascii=False, indent=2))
    except (SetupError, NTMMemoryError) as error:
        return _fail(error)
    except OSError as error:
        return _fail(SetupError("install_failed", str(error), "mend that, then run this again"))
    return 0


def _parser() -> _Parser:
    parser = _Parser(
        prog="install.py",
        description="Set the skill up: Python environment, embedder, a copy for each host, a proof that it works.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--target",
        choices=("auto", "claude", "openclaw", "both", "none"),
        default="auto",
        help="copy the skill to ~/.claude/skills, ~/.openclaw/skills; auto (default): to those of the two that exist",
    )
    parser.add_argument(
        "--with",
        dest="extras",
        action="append",
        default=[],
        choices=known_extras(PYPROJECT),
        help="also install this; may be repeated",
    )
    parser.add_argument(
        "--torch-index",
        metavar="URL",
        help="with sentence-transformers: take PyTorch from here, e.g. its CPU index, instead of PyPI's CUDA build",
    )
    parser.add_argument("--home", metavar="DIR", help="keep memories in this folder from now on")
    parser.add_argument(
        "--export", nargs=2, metavar=("clawhub", "DIR"), help="only write the skill as a folder to publish, into DIR"
    )
    parser.add_argument("--demo", action="store_true", help="then show it at work, for people")
    return parser


def _set_up(arguments: argparse.Namespace) -> dict[str, Any]:
    if arguments.home:
        remember_home(arguments.home)
    targets = chosen_targets(arguments.target)
    for target in targets.values():
        refuse_foreign(target)
    folder = environment_dir()
    ensure_private_dir(folder.parent)
    with only_one(folder.with_name(folder.name + ".lock")):
        environment = _provide(folder, arguments)
        weights = provide_weights(environment, SKILL, read_weights_requirement(PYPROJECT))
        replace(environment, complete=True).write_marker()
        actions = {host: copy_skill(SKILL, target) for host, target in targets.items()}
        for skill in (SKILL, *targets.values()):
            _compile(environment, skill)
    usable = next(iter(targets.values()), SKILL)
    return {
        "home": str(data_home()),
        "environment": str(folder),
        "made_by": environment.made_by,
        "python": environment.python,
        "extras": list(environment.extras),
        "embedder": {"backend": "e5", "weights": str(weights)},
        "skill": str(usable),
        "targets": {host: {"path": str(targets[host]), "action": action} for host, action in actions.items()},
        "proof": prove(usable, folder),
    }


def _provide(folder: Path, arguments: argparse.Namespace) -> Environment:
    found = find_environment(folder)
    extras = sorted({*arguments.extras, *(found.extras if found else ())} & set(known_extras(PYPROJECT)))
    requirements = read_requirements(PYPROJECT, extras)
    if "sentence-transformers" in extras:
        requirements.insert(0, TORCH)
    return provide_environment(folder, requirements, extras, torch_index=arguments.torch_index)


def _compile(environment: Environment, skill: Path) -> None:
    """Bytecode into its own folder, beside the environment; without it a script only starts more slowly."""
    folders = [str(skill / "ntm_memory"), str(skill / "scripts")]
    run([environment.python, "-m", "compileall", "-q", *folders], environment.variables(), quiet=True)


def _show_demo(answer: dict[str, Any]) -> None:
    print(f"set up in {answer['took_seconds']} s: {answer['environment']}")
    for host, target in answer["targets"].items():
        print(f"{host}: {target['action']} {target['path']}")
    print()
    for line in demonstrate(Path(answer["skill"]), Path(answer["environment"])):
        print(line, flush=True)


def _fail(error: SetupError | NTMMemoryError) -> int:
    told = {"code": error.code, "message": error.message, "hint": error.hint}
    print(json.dumps({"ok": False, "error": told}, ensure_ascii=False))
    return 2 if error.code == "usage" else 3
