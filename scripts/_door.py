"""What every script does first: find the environment, enter it, hand over to the command line.

Parses and runs on Python 3.7 or newer, so that an older one can be told what it lacks.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, Callable, Dict  # noqa: UP035 - Python 3.7 reads this file

SKILL = Path(__file__).resolve().parent.parent
MARKER = "ntm-memory-environment.json"
ENTERED = "NTM_MEMORY_ENTERED"
NOT_SET_UP = 3
Error = Dict[str, str]  # noqa: UP006
Refusal = Callable[[Error], int]


if (SKILL / "ntm_memory" / "code.zip").exists():  # `_packed.ARCHIVE`; most copies have none
    from _packed import Finder

    sys.meta_path.insert(0, Finder(SKILL / "ntm_memory"))


def run(command: str, refuse: Refusal | None = None, *, anywhere: bool = False) -> int:
    """Run one script's command in the environment and return its exit code.

    Args:
        command: which script, e.g. `recall`.
        refuse: told what is missing where nothing is set up, and returns the exit code; None: it is printed.
        anywhere: it works outside of the environment, and where there is none.
    """
    sys.path[0] = str(SKILL)  # instead of scripts/, whose file names could be taken for libraries
    from ntm_memory.operations.process import carried_out

    return carried_out(lambda: _run(command, refuse or _print, anywhere))


def _run(command: str, refuse: Refusal, anywhere: bool) -> int:
    from ntm_memory.operations.process import settle_threads, speak_utf8
    from ntm_memory.paths import bytecode_dir, environment_dir

    speak_utf8()
    settle_threads()
    environment = environment_dir()
    sys.pycache_prefix = str(bytecode_dir(environment))
    entered = os.environ.pop(ENTERED, None) is not None
    if anywhere:
        sys.dont_write_bytecode = not environment.exists()
    elif _inside(environment):
        sys.dont_write_bytecode = False
    elif entered:
        return refuse(_not_set_up(f"the environment {environment} is damaged"))
    elif not _asks_for_help(sys.argv[1:]):
        return _enter(environment, refuse)
    if sys.version_info < (3, 10):  # noqa: UP036 - the machine's own Python may be older
        return refuse(_not_set_up("Python 3.10 or newer is needed, this is " + sys.version.split()[0]))
    from ntm_memory.cli import main

    return main(command, sys.argv[1:])


def read_marker(environment: Path) -> dict[str, Any] | None:
    """What the installer noted in an environment; None where it made none."""
    try:
        marker = json.loads((environment / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return marker if isinstance(marker, dict) else None


def child_variables(environment: Path, packages: str | None) -> dict[str, str]:
    """Environment variables for a Python of the environment; the caller's own Python settings could break it."""
    from ntm_memory.paths import bytecode_dir

    left_out = ("PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "__PYVENV_LAUNCHER__")
    variables = {name: value for name, value in os.environ.items() if name not in left_out}
    if packages:
        variables["PYTHONPATH"] = packages
    ours = {"PYTHONUTF8": "1", "PYTHONNOUSERSITE": "1", "PYTHONPYCACHEPREFIX": str(bytecode_dir(environment))}
    return {**variables, **ours}


def is_set_up() -> bool:
    """Whether there is an environment to enter by now."""
    from ntm_memory.paths import environment_dir

    marker = read_marker(environment_dir())
    return bool(marker and marker.get("complete"))


def _enter(environment: Path, refuse: Refusal) -> int:
    marker = read_marker(environment)
    if marker is None:
        return refuse(_not_set_up("the skill is not set up yet"))
    if not marker.get("complete"):
        return refuse(_not_set_up("the set-up was interrupted half-way"))
    python = str(marker["python"])
    arguments = [python, *sys.argv]
    variables = {**child_variables(environment, marker.get("packages")), ENTERED: "1"}
    try:
        if os.name == "nt":  # its exec returns to the shell before the new process is done
            import subprocess

            return subprocess.call(arguments, env=variables)
        os.execve(python, arguments, variables)
    except OSError as error:
        return refuse(_not_set_up(f"the environment's Python {python} does not start: {error.strerror}"))


def _inside(environment: Path) -> bool:
    try:
        if os.path.samefile(sys.prefix, environment):
            return True
    except OSError:
        return False
    return str(environment / "packages") in sys.path


def _asks_for_help(arguments: list[str]) -> bool:
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "-h" in options or "--help" in options


def _not_set_up(message: str) -> Error:
    import shlex

    hint = "run: python3 " + shlex.quote(str(SKILL / "scripts" / "install.py"))
    return {"code": "not_set_up", "message": message, "hint": hint}


def _print(error: Error) -> int:
    from ntm_memory.operations.process import asked_form, error_text

    if asked_form(sys.argv[1:]) == "json":
        print(json.dumps({"ok": False, "error": error}, ensure_ascii=False))
    else:
        print(error_text(error["code"], error["message"], error["hint"]), file=sys.stderr)
    return NOT_SET_UP
