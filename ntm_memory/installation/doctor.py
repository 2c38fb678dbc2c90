"""`doctor`: one line for each thing that a report of a fault would be asked for; no memory's text, no secret.

It runs with any Python, also where nothing is set up; what the Python environment knows is asked of it as a child.
"""

from __future__ import annotations

import json
import os
import platform
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ntm_memory import __version__, paths
from ntm_memory.config import SHIPPED, load_settings
from ntm_memory.errors import NTMMemoryError
from ntm_memory.installation import surroundings
from ntm_memory.installation.calls import Commands
from ntm_memory.installation.inside import NEEDED
from ntm_memory.installation.surroundings import FAIL, OK, WARN, Check
from ntm_memory.persistence.hook_runs import last_runs
from ntm_memory.persistence.pending import waiting

INSIDE = "--inside"
TEXT, QUESTION = "The spare key is under the blue flower pot", "Where is the spare key?"
_OFTEN = 2
_BESIDE = "or take store.url out of config.json, to go on with the file"
_SHOWN = ("NTM_MEMORY_HOME", "NTM_MEMORY_ENV")


def examine(home: str | None, *, by_console: bool, project: Path) -> dict[str, Any]:
    """Look at everything.

    Args:
        home: the data folder, as it was told.
        by_console: the console command is what was entered.
        project: where a host would be started.

    Returns:
        `healthy`: nothing fails; `checks` with name, state, what was found and what to do.
    """
    checks = list(_checks(home, by_console, project))
    return {
        "healthy": all(check.state != FAIL for check in checks),
        "checks": [asdict(check) for check in checks],
    }


def _checks(home: str | None, by_console: bool, project: Path) -> Iterator[Check]:
    installer = _installer(by_console)
    yield Check("package", OK, f"ntm-memory-system {__version__} in {paths.skill_dir() or paths.PACKAGE.parent}")
    yield Check("python", OK, f"{platform.python_version()} at {sys.executable}, {platform.platform()}")
    variables = [f"{name}={os.environ[name]}" if name in _SHOWN else f"{name} is set" for name in _ours_set()]
    yield Check("variables", OK, ", ".join(variables) or "none of ours is set")
    try:
        folder = paths.data_home(home)
    except NTMMemoryError as error:
        yield Check("user's config", FAIL, error.message, error.hint)
        return
    yield from _guarded("config.json", lambda: _config(folder))
    yield from _guarded("folders", lambda: _folders(folder, by_console))
    yield from _guarded("environment", lambda: _environment(folder, by_console))
    yield from _guarded("hosts", lambda: surroundings.hosts(folder, project, installer))


def _installer(by_console: bool) -> str:
    """What installs the skill; whoever has the package alone has to fetch the skill's folder first."""
    skill = None if by_console else paths.skill_dir()
    return "the skill's installer" if skill is None else f"python3 {shlex.quote(str(skill / 'scripts' / 'install.py'))}"


def _ours_set() -> list[str]:
    return sorted(name for name in os.environ if name.startswith("NTM_MEMORY_"))


def _guarded(name: str, look: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    """What cannot be looked at is a fault of its own; the rest is looked at all the same."""
    try:
        yield from look()
    except Exception as error:  # noqa: BLE001 - a doctor that falls ill helps nobody
        yield Check(name, FAIL, f"could not be looked at: {type(error).__name__}: {error}", "please report this")


def _config(home: Path) -> Iterator[Check]:
    """What is wrong with the user's settings, by its own name: whatever reads them fails for it."""
    try:
        load_settings(SHIPPED, home / "config.json")
    except NTMMemoryError as error:
        yield _of_error("config.json", {"message": error.message, "hint": error.hint})


def _folders(home: Path, by_console: bool) -> Iterator[Check]:
    yield surroundings.folder("data folder", home, "set NTM_MEMORY_HOME to a folder that can be written to")
    others = surroundings.privacy("data folder", home)
    if others is not None:
        yield others
    if not by_console:
        hint = "set NTM_MEMORY_ENV to a folder that can be written to, then run install.py"
        yield surroundings.folder("environment", paths.environment_dir(), hint, only_read=True)
    yield surroundings.disk(home)
    yield from _hooks(home)


def _hooks(home: Path) -> Iterator[Check]:
    """What the last runs of the hooks say, and what they noted that is not in memory yet."""
    runs = last_runs(home)
    files = {str(run["not_understood"]) for run in runs if "not_understood" in run}
    for file in sorted(each for each in files if os.path.lexists(each)):
        said = f"{file} is not understood: the hooks put in and keep nothing there"
        yield Check(".ntm-memory", WARN, said, "write capture = off, inject = off or nothing into it")
    prompts = [run for run in runs if run.get("event") == "UserPromptSubmit"]
    late = sum(run.get("decided") == "late" for run in prompts)
    if late >= _OFTEN and late * 2 >= len(prompts):
        said = f"memory came too late for {late} of the last {len(prompts)} prompts: it was put in with a later event"
        yield Check("hooks", WARN, said, 'let prompts wait longer: "hosts": {"patience": 1.0} in config.json')
    number = len(waiting(home))
    if number:
        said = f"{number} that a session told to keep are not in memory yet"
        yield Check("waiting", WARN, said, "status.py writes them; if they stay, it says what stands in the way")


def _environment(home: Path, by_console: bool) -> Iterator[Check]:
    """What is inside the environment; where it cannot be entered that is the one fault to tell."""
    found, _ = Commands(by_console, home).answer("doctor", [INSIDE])
    if "error" in found:
        yield _of_error("packages", found["error"])
        return
    packages = found["packages"]
    missing = [name for name in NEEDED if name not in packages]  # nulls are not printed
    versions = ", ".join(f"{name} {version}" for name, version in packages.items() if version)
    told = f"Python {found['python']} in {found['prefix']}: {versions}"
    yield (
        Check("packages", OK, told)
        if not missing
        else Check("packages", FAIL, f"{', '.join(missing)} missing; {told}", paths.setup_hint())
    )
    yield _weights(found["embedder"])
    if "error" not in found["training"]:
        yield _training(found["training"]["kernel"])
    yield _memory(found["memory"], found["sqlite"])
    if not missing and "error" not in found["embedder"]:
        yield _round_trip(home, by_console)


def _of_error(name: str, error: dict[str, str]) -> Check:
    return Check(name, FAIL, error["message"], error["hint"])


def _weights(found: dict[str, Any]) -> Check:
    if "error" in found:
        return _of_error("weights", found["error"])
    if found["backend"] != "e5":
        return Check("weights", OK, f"the embedder is {found['backend']} {found.get('model', '')}".rstrip())
    return Check("weights", OK, f"{found['weights']}, {found['bytes'] >> 20} MiB, SHA-256 as expected")


def _training(kernel: bool) -> Check:
    """Nothing needs the compiled kernel: that it is not there is no fault."""
    said = "train.py computes with the compiled kernel" if kernel else "train.py computes with NumPy"
    return Check("training", OK, said if kernel else f"{said}; {paths.setup_hint('kernel')} compiles a kernel for it")


def _memory(found: dict[str, Any], sqlite: str) -> Check:
    """The real memory: how many, how big, whether sound."""
    if "error" in found:
        return _of_error("memory", found["error"])
    if not found["there"]:
        return Check("memory", OK, f"none yet; SQLite {sqlite}")
    if "newest_schema" in found:
        said = f"schema {found['schema']} of an older version, now it is {found['newest_schema']}"
        return Check("memory", WARN, said, "nothing: the next command backs it up and brings it up to date")
    counts = ", ".join(f"{count} {state}" for state, count in found.get("memories", {}).items())
    backups = found["backups"]
    kept_by = found.get("server") or f"SQLite {sqlite}"
    told = f"{counts or 'not readable'}; {found['bytes'] >> 10} KiB, schema {found['schema']}, {kept_by}"
    told += ", encrypted" if found["encrypted"] else ""
    told += f"; {_counted(len(backups), 'backup')}" + (f", the newest {max(backups)}" if backups else "")
    if found["damaged"]:
        return Check(
            "memory",
            FAIL,
            f"{_counted(found['faults'], 'fault')}; {told}",
            "status.py --check names them, --repair mends",
        )
    if found.get("beside"):
        return Check("memory", WARN, f"{told}; {found['beside']}", _BESIDE)
    if found["faults"] or found["warnings"]:
        said = (
            f"{_counted(found['faults'], 'fault')} beside the memory, {_counted(found['warnings'], 'warning')}; {told}"
        )
        return Check("memory", WARN, said, "status.py --check names them")
    return Check("memory", OK, told)


def _counted(number: int, name: str) -> str:
    return f"{number} {name}" + ("" if number == 1 else "s")


def _round_trip(home: Path, by_console: bool) -> Check:
    """One memory told, asked for and purged in a folder of its own, by whole processes as an agent starts them."""
    with tempfile.TemporaryDirectory(prefix="ntm-memory-doctor-") as folder:
        (Path(folder) / "config.json").write_text(json.dumps(_plain_config(home)), encoding="utf-8")
        commands, took = Commands(by_console, Path(folder)), []
        id = ""
        for name in ("memorize", "recall", "erase"):
            told = {"memorize": [TEXT], "recall": [QUESTION, "--all"], "erase": [id, "--purge"]}
            answer, seconds = commands.answer(name, told[name])
            if "error" in answer:
                return _of_error("round trip", {**answer["error"], "message": f"{name}: {answer['error']['message']}"})
            if name == "memorize":
                id = answer["memory"]["id"]
            if name == "recall" and [memory["id"] for memory in answer["memories"]] != [id]:
                return Check("round trip", FAIL, "recall did not find what was memorized", "please report this")
            took.append(f"{name} {seconds:.1f} s")
    return Check("round trip", OK, f"{', '.join(took)}, whole processes")


def _plain_config(home: Path) -> dict[str, Any]:
    """The user's embedder, and no setting that decides what is answered: quality is what `verify` looks at."""
    try:
        embedder = asdict(load_settings(SHIPPED, home / "config.json").embedder)
    except NTMMemoryError:
        embedder = {}
    return {"ntm_memory": {"embedder": embedder, "recall": {"confidence_floor": 0.0}, "store": {"backups": 0}}}
