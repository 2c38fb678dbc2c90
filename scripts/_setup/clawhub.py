"""`install.py --export clawhub DIR`: the skill as a folder that the ClawHub command line publishes.

ClawHub takes a folder with a SKILL.md and any other files, of at most 10 MiB each and 50 MiB in all; it passes over
names that begin with a dot, and refuses a folder that is a plugin. So what makes ours one stays out; the code stays
readable.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any, TypeVar

from _setup.report import SetupError
from _setup.skill import copy_skill
from ntm_memory import __version__
from ntm_memory.paths import APP

REGISTRIES = ("clawhub",)


Parser = TypeVar("Parser", bound=argparse.ArgumentParser)


def with_export(parser: Parser) -> Parser:
    """The parser, with the option that asks for it."""
    about = "only write the skill as a folder to publish, into DIR"
    parser.add_argument("--export", nargs=2, metavar=("clawhub", "DIR"), help=about)
    return parser


def export(source: Path, where: str, folder: str) -> dict[str, Any]:
    """Write the skill for a registry.

    Args:
        source: the skill's folder, or a checkout of its repository.
        where: which registry, one of REGISTRIES.
        folder: in it a folder named like the skill is made; it must not be there.

    Raises:
        SetupError: the registry is unknown, or the folder is there or cannot be written.
    """
    if where not in REGISTRIES:
        raise SetupError("usage", f"--export knows {', '.join(REGISTRIES)}, not {where}", "install.py --help")
    target = Path(folder).expanduser().absolute() / APP
    if target.exists():
        raise SetupError("usage", f"{target} is there already", "name a folder that has none, or remove it")
    if (source / "ntm_memory" / "code.zip").exists():
        raise SetupError(
            "usage", "this copy has its code in an archive", "run it in the repository, or in another host's copy"
        )
    copy_skill(source, target)
    _tell_version(target / "SKILL.md")
    files = [path for path in target.rglob("*") if path.is_file()]
    return {
        "skill": str(target),
        "version": __version__,
        "files": len(files),
        "bytes": sum(path.stat().st_size for path in files),
        "publish": f"clawhub skill publish {target} --version {__version__}",
    }


def told_of_export(answer: dict[str, Any]) -> str:
    """What was written, in two sentences."""
    size = f"{answer['files']} files, {answer['bytes'] / 1e6:.1f} MB"
    return f"{answer['skill']} is the skill at version {answer['version']}: {size}. Publish it by: {answer['publish']}"


def _tell_version(skill: Path) -> None:
    """Put the version where ClawHub reads it: into the head of SKILL.md."""
    text = skill.read_text(encoding="utf-8")
    told, count = re.subn(r"^(name: .*)$", rf"\1\nversion: {__version__}", text, count=1, flags=re.MULTILINE)
    if not count:
        raise SetupError("export_failed", f"{skill} has no name in its head", "report it")
    skill.write_text(told, encoding="utf-8")
