"""`install.py`: arguments in, one environment, copies of the skill, a proof; three sentences or one JSON object out."""

from __future__ import annotations

import argparse
import itertools
import json
import shlex
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from _door import SKILL

from _setup.clawhub import export, told_of_export, with_export
from _setup.demo import demonstrate
from _setup.ending import ending, told_of_removal
from _setup.environment import Environment, find_environment, provide_environment
from _setup.kernel import EXTRA as KERNEL
from _setup.kernel import build_kernel
from _setup.lock import only_one
from _setup.process import run
from _setup.proof import prove
from _setup.removal import uninstall
from _setup.report import SetupError, say
from _setup.requirements import TORCH, known_extras, read_requirements, read_weights_requirement
from _setup.skill import PLUGIN, TARGETS, chosen_targets, copy_skill, refuse_foreign, refuse_without_plugin
from _setup.weights import provide_weights
from ntm_memory.errors import BadValueError, NTMMemoryError, StoreError, hint_of_writing
from ntm_memory.installation.claude_code import allow, check_allow, rules
from ntm_memory.operations.process import print_out
from ntm_memory.paths import data_home, ensure_private_dir, environment_dir
from ntm_memory.persistence.user_config import remember_home

PYPROJECT = SKILL / "pyproject.toml"
EXAMPLE = """example: python3 install.py --target claude --allow

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
    as_json = _wants_json(argv)
    try:
        arguments = _parser().parse_args(argv)
        _refuse_mixed(arguments)
        if arguments.export:
            answer = export(SKILL, *arguments.export)
            said = told_of_export(answer)
        elif arguments.uninstall:
            answer = uninstall(purge_data=arguments.purge_data, dry_run=arguments.dry_run)
            said = told_of_removal(answer, SKILL / "scripts" / "install.py")
        else:
            answer = _set_up(arguments)
            answer["took_seconds"] = round(time.perf_counter() - start, 1)
            if arguments.demo:
                _show_demo(answer)
                return 0
            said = ending(answer, looked_for_hosts=arguments.target == "auto")
        printed = json.dumps({"ok": True, **answer}, ensure_ascii=False, indent=2) if as_json else said
        return print_out(printed + "\n")
    except (SetupError, NTMMemoryError) as error:
        return _fail(error, as_json)
    except BrokenPipeError:  # whoever read has seen enough
        return 0
    except OSError as error:
        hint = hint_of_writing(error.errno, "mend that, then run this again")
        return _fail(SetupError("install_failed", str(error), hint), as_json)


def _wants_json(argv: Sequence[str]) -> bool:
    """Known before the arguments are read: an error in them is told in the form that was asked for."""
    return "--format=json" in argv or any(pair == ("--format", "json") for pair in itertools.pairwise(argv))


def _refuse_mixed(arguments: argparse.Namespace) -> None:
    """Options that only mean something together, or exclude each other."""
    if not arguments.uninstall:
        for name in ("purge_data", "dry_run"):
            if getattr(arguments, name):
                raise SetupError("usage", f"--{name.replace('_', '-')} goes with --uninstall", "install.py --help")
        return
    others = {"--target": arguments.target != "auto", "--with": arguments.extras, "--home": arguments.home}
    others |= {"--allow": arguments.allow, "--demo": arguments.demo}
    for name, given in others.items():
        if given:
            raise SetupError("usage", f"{name} and --uninstall exclude each other", "leave one of them out")


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
        choices=TARGETS,
        default="auto",
        help="copy the skill to ~/.claude/skills, ~/.openclaw/skills; auto (default): to those of the two that exist;"
        " claude-plugin: with the plugin that recalls by itself",
    )
    parser.add_argument(
        "--allow",
        action="store_true",
        help="let Claude Code run the scripts unasked: two rules in ~/.claude/settings.json",
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
    parser.add_argument("--demo", action="store_true", help="then show it at work, for people")
    parser.add_argument("--uninstall", action="store_true", help="remove all of that again, but not the memories")
    parser.add_argument("--purge-data", action="store_true", help="with --uninstall: the memories and backups, too")
    parser.add_argument("--dry-run", action="store_true", help="with --uninstall: only say what would be removed")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="text (default); json for programs")
    return with_export(parser)


def _set_up(arguments: argparse.Namespace) -> dict[str, Any]:
    targets = chosen_targets(arguments.target)
    for target in targets.values():
        refuse_foreign(target)
    if PLUGIN in targets:
        refuse_without_plugin(SKILL)
    rules_for, left_out = _place_of_rules(targets, arguments.target) if arguments.allow else (None, "")
    if arguments.home:
        _remember(arguments.home)
    folder = environment_dir()
    ensure_private_dir(folder.parent, _elsewhere())
    with only_one(folder.with_name(folder.name + ".lock")):
        environment = _provide(folder, arguments)
        weights = provide_weights(environment, SKILL, read_weights_requirement(PYPROJECT))
        replace(environment, complete=True).write_marker()
        kernel = build_kernel(environment, SKILL) if KERNEL in environment.extras else None
        actions = {host: copy_skill(SKILL, target, plugin=host == PLUGIN) for host, target in targets.items()}
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
        **({"kernel": kernel} if kernel else {}),
        **({"allow": allow(rules_for)} if rules_for else {}),
        **({"allow_left_out": left_out} if left_out else {}),
        "proof": prove(usable, folder),
    }


def _place_of_rules(targets: dict[str, Path], choice: str) -> tuple[Path | None, str]:
    """The copy that the rules are for; what would keep them from being written is told before anything is made.

    Where no rule can name it, none is written, and why stands second.

    Raises:
        SetupError: Claude Code is not among the hosts.
        ConfigError: its settings are not what they should be.
    """
    place = targets.get(PLUGIN, targets.get("claude", SKILL if choice == "none" else None))
    if place is None:
        hint = "name it with --target claude, or leave --allow out"
        raise SetupError("usage", "--allow is for Claude Code, which is not among the hosts here", hint)
    try:
        rules(place)
    except BadValueError as error:
        return None, f"{error.message}; {error.hint}"
    check_allow(place)
    return place, ""


def _remember(home: str) -> None:
    try:
        remember_home(home)
    except StoreError as error:
        raise SetupError(error.code, error.message, _elsewhere()) from error


def _elsewhere() -> str:
    """What works where the user's own folders cannot be written to: `--home` alone would note itself there."""
    installer = shlex.quote(str(SKILL / "scripts" / "install.py"))
    return (
        "name folders that can be written to, here and for every later call:"
        f" NTM_MEMORY_HOME=DIR NTM_MEMORY_ENV=DIR/venv python3 {installer}"
    )


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


def _fail(error: SetupError | NTMMemoryError, as_json: bool) -> int:
    told = {"code": error.code, "message": error.message, "hint": error.hint}
    if as_json:
        print(json.dumps({"ok": False, "error": told}, ensure_ascii=False))
    else:
        say(f"error {error.code}: {error.message}\nhint: {error.hint}")
    return 2 if error.code == "usage" else 3
