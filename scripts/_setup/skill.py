"""Copying the skill to where hosts look for it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from _setup.packing import pack
from _setup.report import SetupError, say
from ntm_memory.installation.claude_code import has_plugin
from ntm_memory.paths import APP as NAME
from ntm_memory.paths import HOSTS, host_folders, is_skill

PLUGIN = "claude-plugin"
TARGETS = ("auto", "claude", PLUGIN, "openclaw", "both", "none")
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
    "docs",
    "ntm_memory",
    "references",
    "scripts",
    "SKILL.md",  # last: a host that looks while we copy sees no half skill
)
PLUGIN_CONTENTS = (".claude-plugin", ".mcp.json", "hooks")
"""What makes the same folder a plugin: Claude Code loads it as one from ~/.claude/skills."""
OPENCLAW_CONTENTS = ("openclaw", "openclaw.plugin.json", "package.json")
"""What makes the folder a plugin of OpenClaw, where it is installed as one."""
_LEFT_OUT = ("__pycache__", "*.pyc", ".*", "test")


def chosen_targets(choice: str) -> dict[str, Path]:
    """Host → folder to copy to.

    Args:
        choice: one of TARGETS; `auto`: the hosts that this user has. Where the plugin is installed, it stays a plugin
            unless `claude` is asked for by name.
    """
    home, folders = Path.home(), host_folders()
    if choice == "auto":
        names = [host for host in HOSTS if (home / HOSTS[host]).is_dir()]
    else:
        names = {"both": list(HOSTS), "none": []}.get(choice, [choice])
    if choice != "claude" and has_plugin(folders["claude"]):
        names = [PLUGIN if name == "claude" else name for name in names]
    return {name: folders["claude" if name == PLUGIN else name] for name in names}


def refuse_foreign(target: Path) -> None:
    """Make sure that nobody else's folder is replaced.

    Raises:
        SetupError: the target is there and is not this skill.
    """
    if os.path.lexists(target) and not _is_ours(target):
        hint = "move it away, then run this again"
        raise SetupError("foreign_folder", f"{target} is there already and is not this skill", hint)


def refuse_without_plugin(source: Path) -> None:
    """Make sure that there is a plugin to install.

    Raises:
        SetupError: this copy of the skill has none.
    """
    if not has_plugin(source):
        hint = "run install.py of the skill's repository, or leave --target claude-plugin out"
        raise SetupError("no_plugin", f"{source} has no plugin: .claude-plugin/plugin.json is not in it", hint)


def copy_skill(source: Path, target: Path, *, plugin: bool = False) -> str:
    """Put the skill into a host's folder in one step: what was there before is replaced whole.

    Args:
        source: the skill's folder, or a checkout of its repository.
        target: the folder, named like the skill.
        plugin: copy what makes it a plugin, too.

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
        remove(new)
        remove(old)
        for_openclaw = HOSTS["openclaw"] in target.parts
        more = (*(PLUGIN_CONTENTS if plugin else ()), *(OPENCLAW_CONTENTS if for_openclaw else ()))
        _copy(source, new, (*more, *CONTENTS))
        if for_openclaw:
            pack(new / "ntm_memory")
        if there:
            os.replace(target, old)
        os.replace(new, target)
        remove(old)
    except OSError as error:
        raise SetupError("copy_failed", f"{target}: {error}", "mend that, then run this again") from error
    return "replaced" if there else "installed"


def _is_ours(target: Path) -> bool:
    empty = target.is_dir() and not any(target.iterdir())
    return is_skill(target) or empty or (target.is_symlink() and not (target / "SKILL.md").is_file())


def _copy(source: Path, new: Path, contents: tuple[str, ...] = CONTENTS) -> None:
    new.mkdir()
    ignored = shutil.ignore_patterns(*_LEFT_OUT)
    for name in contents:
        if (source / name).is_dir():
            shutil.copytree(source / name, new / name, ignore=ignored, copy_function=shutil.copyfile)
        elif (source / name).exists():
            (new / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(source / name, new / name)


def remove(path: Path) -> None:
    """Remove a folder with all that is in it; of a link to one the link alone."""
    if path.is_symlink():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
