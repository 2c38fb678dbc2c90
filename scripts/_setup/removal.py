"""`install.py --uninstall`: all that an installation made goes, memories stay unless they are to go, too."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from _door import SKILL, read_marker

from _setup.lock import only_one
from _setup.report import SetupError, say
from ntm_memory.errors import ConfigError, StoreError
from ntm_memory.installation.claude_code import settings_file, take_back
from ntm_memory.installation.data_files import files_of_ours, remove_data
from ntm_memory.paths import bytecode_dir, data_home, environment_dir, host_folders, is_skill, user_config, weights_dir

REMOVED, KEPT = "removed", "kept"


@dataclass(frozen=True)
class Step:
    """One thing that an installation may have left.

    Args:
        what: in a word or two.
        path: where it is.
        action: `removed` or `kept`.
        why: for what is kept.
        files: names of what is removed for good, where that cannot be made again.
    """

    what: str
    path: str
    action: str
    why: str = ""
    files: tuple[str, ...] = ()


def uninstall(*, purge_data: bool, dry_run: bool) -> dict[str, Any]:
    """Remove copies of the skill, the environment, bytecode and allow rules; with `purge_data` the memories, too.

    Args:
        purge_data: remove the memories, their backups and the user's settings for good.
        dry_run: only say what would happen.

    Returns:
        the steps, in the order in which they are taken; what was removed cannot be run afterwards.

    Raises:
        SetupError: another installation is running, or something cannot be removed.
    """
    environment, home = environment_dir(), data_home()
    lock = _lock_of(environment)
    with only_one(lock) if lock.exists() and not dry_run else nullcontext():
        rules = _taken_back([*host_folders().values(), SKILL], dry_run=dry_run)
        steps = [*_of_rules(rules), *_of_programs(environment), *_of_data(home, purge_data)]
        if not dry_run:
            _carry_out(steps, home)
    if not dry_run:
        _remove_empty(lock, home)
    return {"dry_run": dry_run, "home": str(home), "steps": [asdict(step) for step in steps], "allow": rules}


def _taken_back(skills: list[Path], *, dry_run: bool) -> dict[str, Any]:
    """The allow rules taken out; settings that cannot be read keep theirs, and nothing else waits for that."""
    try:
        return take_back(skills, dry_run=dry_run)
    except (ConfigError, StoreError) as error:
        file = str(settings_file())
        return {"rules": [], "file": file, "changed": False, "backup": None, "left": error.message}


def _lock_of(environment: Path) -> Path:
    """What installers hold; it goes last."""
    return environment.with_name(environment.name + ".lock")


def _of_rules(rules: dict[str, Any]) -> Iterator[Step]:
    for rule in rules["rules"]:
        yield Step("allow rule", f"{rule} in {rules['file']}", REMOVED)
    if "left" in rules:
        yield Step("allow rules, if any", rules["file"], KEPT, f"{rules['left']}: take them out by hand")


def _of_programs(environment: Path) -> Iterator[Step]:
    for host, folder in host_folders().items():
        if os.path.lexists(folder):
            yield _of_copy(f"skill of {host}", folder)
    if environment.exists():
        ours = read_marker(environment) is not None
        why = "" if ours else "this installer did not make it"
        yield Step("Python environment", str(environment), REMOVED if ours else KEPT, why)
    if bytecode_dir(environment).exists():
        yield Step("bytecode", str(bytecode_dir(environment)), REMOVED)
    if weights_dir().exists():
        why = "`ntm-memory setup` of the Python package put them there"
        yield Step("weights", str(weights_dir()), KEPT, why)


def _of_copy(what: str, folder: Path) -> Step:
    if folder.is_symlink():
        ours = is_skill(folder) or not folder.exists()
        return Step(f"{what} (a link)", str(folder), REMOVED if ours else KEPT, "" if ours else "it leads elsewhere")
    if not is_skill(folder):
        return Step(what, str(folder), KEPT, "it is not this skill")
    if (folder / ".git").exists():
        return Step(what, str(folder), KEPT, "it is a checkout, not a copy: remove it yourself")
    return Step(what, str(folder), REMOVED)


def _of_data(home: Path, purge: bool) -> Iterator[Step]:
    action, why = (REMOVED, "") if purge else (KEPT, "--purge-data removes them for good")
    ours = files_of_ours(home)
    if ours:
        names = tuple(each.relative_to(home).as_posix() for each in ours)
        yield Step("memories and settings", str(home), action, why, names)
    if user_config().exists():
        yield Step("the data folder's place", str(user_config()), action, why)


def _carry_out(steps: list[Step], home: Path) -> None:
    for step in steps:
        if step.action != REMOVED or step.what == "allow rule":
            continue
        say(f"removing {step.path}")
        try:
            _remove_step(step, Path(step.path), home)
        except OSError as error:
            raise SetupError("uninstall_failed", f"{step.path}: {error}", "mend that, then run this again") from error


def _remove_empty(lock: Path, home: Path) -> None:
    """The lock, now that nobody holds it, and folders in which nothing is left."""
    with suppress(OSError):
        lock.unlink(missing_ok=True)
    for folder in (lock.parent, home, user_config().parent):
        with suppress(OSError):
            folder.rmdir()


def _remove_step(step: Step, path: Path, home: Path) -> None:
    if path == home:
        _, left = remove_data(home)
        environment = environment_dir()
        installed = {environment, bytecode_dir(environment), weights_dir(), _lock_of(environment)}
        for each in left:
            if each not in installed:
                say(f"{each} is not ours and stays")
    elif step.what == "bytecode":
        _remove_bytecode(path)
    elif path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _remove_bytecode(folder: Path) -> None:
    """The folder is known by its name alone, so nothing but bytecode goes."""
    for place, _, files in os.walk(folder, topdown=False):
        for name in files:
            if ".pyc" in name:
                (Path(place) / name).unlink()
        with suppress(OSError):
            os.rmdir(place)
