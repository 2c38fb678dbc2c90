"""Checks that need no environment: folders and whose they are, room on the disk, the two hosts and their settings."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ntm_memory import __version__
from ntm_memory.errors import SANDBOX
from ntm_memory.installation import claude_code
from ntm_memory.paths import APP, host_folders, is_skill

OK, WARN, FAIL = "ok", "warn", "fail"
LITTLE, LESS = 50 << 20, 1 << 30
"""Bytes free below which nothing goes on, and below which somebody should look."""
_QUIET = {"DISABLE_AUTOUPDATER": "1", "DISABLE_TELEMETRY": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}


@dataclass(frozen=True)
class Check:
    """One line of `doctor`.

    Args:
        name: what was looked at.
        state: `ok`, `warn` or `fail`.
        said: what was found.
        do: what to do about it; empty where it is ok.
    """

    name: str
    state: str
    said: str
    do: str = ""


def folder(name: str, path: Path, elsewhere: str, *, only_read: bool = False) -> Check:
    """Whether a folder is the user's own and can be written to; one that is not there, whether it can be made.

    Args:
        name: of the check.
        path: the folder.
        elsewhere: how to choose another one.
        only_read: once it is there, reading it will do.
    """
    there = path.is_dir()
    if path.exists() and not there:
        return Check(name, FAIL, f"{path} is no folder", elsewhere)
    nearest = path if there else next(parent for parent in path.parents if parent.exists())
    if not os.access(nearest, (os.R_OK if there and only_read else os.W_OK) | os.X_OK):
        made = "" if there else f" cannot be made: {nearest}"
        return Check(name, FAIL, f"{path}{made} cannot be written to{_why(nearest)}", f"{SANDBOX}; else {elsewhere}")
    if not there:
        return Check(name, OK, f"{path}, not made yet")
    if os.name == "posix":
        status = path.stat()
        if status.st_uid != os.geteuid():
            return Check(name, WARN, f"{path} belongs to user {status.st_uid}, you are {os.geteuid()}", elsewhere)
    return Check(name, OK, str(path))


def privacy(name: str, path: Path) -> Check | None:
    """Whether others may look into a folder; None where there is nothing to say."""
    if os.name != "posix" or not path.is_dir() or not path.stat().st_mode & 0o077:
        return None
    return Check(name, WARN, f"others may look into {path}", f"chmod -R go-rwx {path}")


def disk(path: Path) -> Check:
    """Whether there is room where memories go."""
    nearest = next(each for each in (path, *path.parents) if each.exists())
    free = shutil.disk_usage(nearest).free
    state = FAIL if free < LITTLE else WARN if free < LESS else OK
    return Check(
        "disk space", state, f"{free / (1 << 30):.1f} GiB free at {nearest}", "" if state == OK else "make room"
    )


def hosts(home: Path, project: Path, installer: str) -> Iterator[Check]:
    """What each host has of the skill, and what Claude Code's settings mean for it.

    A host that is not here is no fault: it is said, and nothing more.

    Args:
        home: the data folder.
        project: where the host is started.
        installer: the command that installs.
    """
    for host, place in host_folders().items():
        yield _copy(host, place, installer)
    skill = host_folders()["claude"]
    if is_skill(skill):
        yield _plugin(skill, project, installer)
        yield _rules(skill, project, installer)
    if skill.parent.parent.is_dir():
        yield _sandbox(home, project)


def _copy(host: str, place: Path, installer: str) -> Check:
    if not place.parent.parent.is_dir():
        return Check(host, OK, f"not here: there is no {place.parent.parent}")
    program = f"{host} {_program(host)}"
    if not is_skill(place):
        foreign = place.exists()
        said = f"{place} is not this skill" if foreign else f"the skill is not in {place}"
        do = "move it away, then run: " if foreign else "run: "
        return Check(host, WARN, f"{program}; {said}", f"{do}{installer} --target {host}")
    version = _version_of(place)
    if version != __version__:
        return Check(host, WARN, f"{program}; {place} is version {version}, this is {__version__}", f"run: {installer}")
    return Check(host, OK, f"{program}; the skill {version} is in {place}")


def _program(name: str) -> str:
    """Its version as it says it itself."""
    found = shutil.which(name)
    if found is None:
        return "(not on PATH)"
    try:
        done = subprocess.run(
            [found, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=20,
            env={**os.environ, **_QUIET},
        )
    except (OSError, subprocess.TimeoutExpired):
        return "(does not say its version)"
    number = re.search(r"\d+\.\d+\.\d+\S*", done.stdout.decode("utf-8", "replace"))
    return number[0] if number else "(does not say its version)"


def _version_of(skill: Path) -> str:
    """A copy's version, whose modules may stand in an archive (`scripts/_packed.py`)."""
    module, archive = Path("ntm_memory") / "__init__.py", skill / "ntm_memory" / "code.zip"
    try:
        text = _in_archive(archive, module) if archive.is_file() else (skill / module).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, KeyError, ValueError):
        return "unknown"
    found = re.search(r'^__version__ = "(.+?)"$', text, re.MULTILINE)
    return found[1] if found else "unknown"


def _in_archive(archive: Path, module: Path) -> str:
    """The text of a module.

    Raises:
        OSError, KeyError, ValueError: there is none, or it is no archive.
    """
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(archive) as opened:
            return opened.read(module.as_posix()).decode("utf-8")
    except BadZipFile as error:
        raise ValueError(str(error)) from error


def _plugin(skill: Path, project: Path, installer: str) -> Check:
    """Whether memory comes by itself."""
    settings = [found for _, found in claude_code.settings_in_force(project)]
    if any(found.get("disableAllHooks") for found in settings):
        said = "disableAllHooks is set in Claude Code's settings: nothing is recalled by itself"
        return Check("plugin, hooks", WARN, said, "take it out, or call the skill")
    if claude_code.has_plugin(skill):
        hooks = (skill / "hooks" / "hooks.json").is_file()
        lacks = "" if hooks else "hooks/hooks.json is missing: "
        return Check("plugin, hooks", OK if hooks else FAIL, f"{lacks}{skill}", "" if hooks else f"run: {installer}")
    enabled = (found.get("enabledPlugins") for found in settings)
    names = [name for each in enabled if isinstance(each, dict) for name, on in each.items() if on is True]
    ours = [name for name in names if name.partition("@")[0] == APP]
    if ours:
        return Check("plugin, hooks", OK, f"enabled: {', '.join(ours)}")
    return Check(
        "plugin, hooks",
        OK,
        f"none, memory is asked for; for one that comes by itself: {installer} --target claude-plugin",
    )


def _rules(skill: Path, project: Path, installer: str) -> Check:
    wanted = f"Bash(python3 {skill}/scripts/*)"
    allowed = [rule for _, found in claude_code.settings_in_force(project) for rule in claude_code.allowed(found)]
    if wanted in allowed and f"Skill({APP})" in allowed:
        return Check("allow rules", OK, f"the scripts in {skill} run unasked")
    if claude_code.has_plugin(skill):
        return Check("allow rules", OK, "none; the plugin's hook allows our own commands")
    said = "none: Claude Code asks before each call from the second message on"
    return Check("allow rules", WARN, said, f"run: {installer} --target claude --allow")


def _sandbox(home: Path, project: Path) -> Check:
    may = claude_code.may_write((found for _, found in claude_code.settings_in_force(project)), home)
    if may is None:
        return Check("sandbox", OK, "Claude Code's settings enable none")
    if may:
        return Check("sandbox", OK, f"enabled; {home} may be written to")
    do = f"put {home} into sandbox.filesystem.allowWrite in {claude_code.settings_file()}"
    return Check("sandbox", FAIL, f"enabled in Claude Code's settings, and {home} may not be written to", do)


def _why(path: Path) -> str:
    try:
        read_only = os.name == "posix" and os.statvfs(path).f_flag & os.ST_RDONLY
    except OSError:
        read_only = False
    return " (a read-only file system)" if read_only else ""
