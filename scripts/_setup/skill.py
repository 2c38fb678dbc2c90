"""Copying the skill to where hosts look for it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from _setup.packing import pack
from _setup.report import SetupError, say
from ntm_memory.paths import APP as NAME
from ntm_memory.paths import is_skill

HOSTS = {"claude": ".claude", "openclaw": ".openclaw"}
CONTENTS = (
    "README.md",
    "README.zh.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "LICENSE",
    "config.json",
    "pyproject.toml",
    "bench/RESULTS.md",  # the documents link to it
    ".claude-plugin",
    "docs",
    "hooks",
    "ntm_memory",
    "openclaw",
    "openclaw.plugin.json",
    "package.json",
    "references",
    "scripts",
    "SKILL.md",  # last: a host that looks while we copy sees no half skill
)
PLUGIN_FILES = (".claude-plugin", "hooks", "openclaw", "openclaw.plugin.json", "package.json")
"""What makes the same folder a plugin of Claude Code and of OpenClaw."""
_LEFT_OUT = ("__pycache__", "*.pyc", ".*", "test")


def chosen_targets(choice: str) -> dict[str, Path]:
    """Host → folder to copy to.

    Args:
        choice: `claude`, `openclaw`, `both`, `none`, or `auto`: the hosts that this user has.
    """
    home = Path.home()
    folders = {host: home / folder / "skills" / NAME for host, folder in HOSTS.items()}
    if choice == "auto":
        return {host: folder for host, folder in folders.items() if (home / HOSTS[host]).is_dir()}
    names = {"both": list(HOSTS), "none": []}.get(choice, [choice])
    return {host: folders[host] for host in names}


def refuse_foreign(target: Path) -> None:
    """Make sure that nobody else's folder is replaced.

    Raises:
        SetupError: the target is there and is not this skill.
    """
    if os.path.lexists(target) and not _is_ours(target):
        hint = "move it away, then run this again"
        raise SetupError("foreign_folder", f"{target} is there already and is not this skill", hint)


def copy_skill(source: Path, target: Path, without: tuple[str, ...] = ()) -> str:
    """Put the skill into a host's folder in one step: what was there before is replaced whole.

    Args:
        source: the skill's folder, or a checkout of its repository.
        target: the folder, named like the skill.
        without: what of CONTENTS is left out.

    Returns:
        `installed`, `replaced`, or `in_place` where source and target are the same.

    Raises:
        SetupError: it cannot be written.
    """
    if target.exists() and os.path.samefile(source, target):
        return "in_place"
    there = os.path.lexists(target)
    say(f"copying the skill to {target}")
    new, old = (target.with_name(f".{NAME}.{which}") for which in ("new", "old"))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove(new)
        _remove(old)
        _copy(source, new, without)
        if HOSTS["openclaw"] in target.parts:
            pack(new / "ntm_memory")
        if there:
            os.replace(target, old)
        os.replace(new, target)
        _remove(old)
    except OSError as error:
        raise SetupError("copy_failed", f"{target}: {error}", "mend that, then run this again") from error
    return "replaced" if there else "installed"


def _is_ours(target: Path) -> bool:
    empty = target.is_dir() and not any(target.iterdir())
    return is_skill(target) or empty or (target.is_symlink() and not (target / "SKILL.md").is_file())


def _copy(source: Path, new: Path, without: tuple[str, ...]) -> None:
    new.mkdir()
    ignored = shutil.ignore_patterns(*_LEFT_OUT)
    for name in (each for each in CONTENTS if each not in without):
        if (source / name).is_dir():
            shutil.copytree(source / name, new / name, ignore=ignored, copy_function=shutil.copyfile)
        elif (source / name).exists():
            (new / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(source / name, new / name)


def _remove(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
