"""A working folder → the project it belongs to, and the namespaces of its memories.

A project is the root of a git repository (of the main one, for a worktree), else the folder itself. Its namespace is
the root's name and six digits that tell it from another of the same name, or what the user's config.json names for
this folder (`hosts.projects`). A file `.ntm-memory` at the root may switch off what the hooks do there, no more, as
anybody may have written it:

    capture = off
    inject = off

What stands there and cannot be understood switches both off: somebody wanted something.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ntm_memory.config import SHIPPED, load_settings
from ntm_memory.hosts.small_files import read_small
from ntm_memory.paths import data_home

FILE = ".ntm-memory"
USER = "shared"
"""What holds for the user everywhere."""
USUAL = "default"
"""Where is what was told without naming a namespace."""
EPISODES = "/episodes"
CAPTURES = ("off", "told", "episodes")
_DIGITS = 6
_MOST_OF_NAME = 60
_OFF, _ON = ("off", "no", "false"), ("on", "yes", "true")


@dataclass(frozen=True)
class Project:
    """Where memories of a working folder are, and what its file allows.

    Args:
        namespace: of the project's memories.
        capture: the most that may be kept of its turns, one of `CAPTURES`.
        inject: whether memories may be put into its prompts.
        not_understood: its file, where that switches off what it may, as nobody knows what it says.
    """

    namespace: str
    capture: str = CAPTURES[-1]
    inject: bool = True
    not_understood: str = ""

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Where to look: the project's own, then what holds for the user."""
        return tuple(dict.fromkeys((self.namespace, USER, USUAL)))

    @property
    def episodes(self) -> str:
        """Where its turns are kept: apart from what was told, so that no talk stands among the facts."""
        return self.namespace + EPISODES


def project_of(cwd: str, named: Mapping[str, str] | None = None) -> Project:
    """The project that a working folder belongs to.

    Args:
        cwd: the folder, there or not; empty: none, which is the user's own place, as the home folder is.
        named: root of a project → its namespace, as the user's settings have it.
    """
    folder = Path(cwd).absolute() if cwd else Path.home()
    checkout, root = _roots_of(folder)
    project = Project(_named(root, named or {}) or _usual(root))
    for each in dict.fromkeys((checkout, root)):
        project = stricter(project, _allowed(each / FILE))
    return project


def project_here(cwd: str, home: str | Path | None) -> Project:
    """The same by the settings of a data folder."""
    return project_of(cwd, load_settings(SHIPPED, data_home(home) / "config.json").hosts.projects)


def least_capture(one: str, other: str) -> str:
    """The one of two that keeps less."""
    return min(one, other, key=CAPTURES.index)


def stricter(project: Project, other: Project) -> Project:
    """A project with only what another allows, too."""
    return Project(
        namespace=project.namespace,
        capture=least_capture(project.capture, other.capture),
        inject=project.inject and other.inject,
        not_understood=project.not_understood or other.not_understood,
    )


def _named(root: Path, named: Mapping[str, str]) -> str | None:
    """The namespace that the user gave to a folder."""
    real = os.path.realpath(root)
    found = (name for folder, name in named.items() if os.path.realpath(os.path.expanduser(folder)) == real)
    return next(found, None)


def _usual(root: Path) -> str:
    return USER if root in (Path.home(), Path(root.anchor)) else _own_name(root)


def _roots_of(folder: Path) -> tuple[Path, Path]:
    """(root of what is checked out here, root of the project): two where it is a worktree."""
    for each in (folder, *folder.parents):
        mark = each / ".git"
        with suppress(OSError, ValueError):
            if mark.is_dir():
                return each, each
            if mark.is_file():
                return each, _main_root(mark) or each
    root = next((each for each in (folder, *folder.parents) if _has_file(each)), folder)
    return root, root


def _has_file(folder: Path) -> bool:
    with suppress(OSError, ValueError):
        return os.path.lexists(folder / FILE)
    return False


def _main_root(mark: Path) -> Path | None:
    """Of a worktree's `.git` file: the root of the repository that it is a worktree of; None for anything else.

    Anybody may write such a file into a folder: the repository has to know the worktree, too.
    """
    with suppress(OSError, ValueError, RuntimeError):  # RuntimeError: links that lead to each other
        git = _path_in(mark, "gitdir:")
        common = _path_in(git / "commondir")
        is_known = git.parent == common / "worktrees" and _path_in(git / "gitdir") == mark.resolve()
        if common.name == ".git" and is_known:
            return common.parent
    return None


def _path_in(file: Path, before: str = "") -> Path:
    """The path that a file of git names, relative to its folder or not."""
    return (file.parent / read_small(file).decode("utf-8").removeprefix(before).strip()).resolve()


def _allowed(file: Path) -> Project:
    """What a project's file allows: what is no plain file, or says something else, allows nothing."""
    try:
        told = _understood(read_small(file).decode("utf-8-sig"))
    except FileNotFoundError:
        told = {}
    except (OSError, ValueError):
        told = None
    if told is None:
        return Project("", CAPTURES[0], inject=False, not_understood=str(file))
    return Project("", told.get("capture", CAPTURES[-1]), told.get("inject", "on") == "on")


def _understood(text: str) -> dict[str, str] | None:
    """What the lines of a project's file say; None if one of them says nothing that is known, or says it twice."""
    told: dict[str, str] = {}
    for line in filter(None, (each.partition("#")[0].strip() for each in text.splitlines())):
        name, equals, value = (each.strip().lower().strip("'\"") for each in line.partition("="))
        value = "off" if value in _OFF else "on" if value in _ON else value
        known = {"capture": CAPTURES, "inject": ("on", "off"), "namespace": (value,)}.get(name, ())
        if not equals or name in told or value not in known:
            return None
        told[name] = value
    return told


def _own_name(root: Path) -> str:
    digits = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()[:_DIGITS]
    return f"{_plain(root.name) or 'project'}-{digits}"


def _plain(name: str) -> str:
    """A name that needs no quotes in a command line."""
    return "".join(each if each.isalnum() or each in "._-" else "-" for each in name).strip("-.")[:_MOST_OF_NAME]
