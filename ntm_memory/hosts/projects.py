"""A working folder → the project it belongs to, and the namespaces of its memories.

A project is the root of a git repository (of the main one, for a worktree), else the folder itself. Its namespace is
the root's name and six digits that tell it from another of the same name. A file `.ntm-memory` at the root may name
another namespace, and may switch off what the hooks do there:

    namespace = team-notes
    capture = off
    inject = off
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ntm_memory.hosts.small_files import read_small

FILE = ".ntm-memory"
USER = "shared"
"""What holds for the user everywhere."""
USUAL = "default"
"""Where is what was told without naming a namespace."""
EPISODES = "/episodes"
CAPTURES = ("off", "told", "episodes")
_DIGITS = 6
_MOST_OF_NAME = 60
_OFF = ("off", "no", "false")


@dataclass(frozen=True)
class Project:
    """Where memories of a working folder are, and what its file allows.

    Args:
        namespace: of the project's memories.
        capture: the most that may be kept of its turns, one of `CAPTURES`.
        inject: whether memories may be put into its prompts.
    """

    namespace: str
    capture: str = CAPTURES[-1]
    inject: bool = True

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Where to look: the project's own, then what holds for the user."""
        return tuple(dict.fromkeys((self.namespace, USER, USUAL)))

    @property
    def episodes(self) -> str:
        """Where its turns are kept: apart from what was told, so that no talk stands among the facts."""
        return self.namespace + EPISODES


def project_of(cwd: str) -> Project:
    """The project that a working folder belongs to.

    Args:
        cwd: the folder, there or not; empty: none, which is the user's own place, as the home folder is.
    """
    folder = Path(cwd).absolute() if cwd else Path.home()
    root = _root_of(folder)
    if root in (Path.home(), Path(root.anchor)):
        return Project(USER)
    told = _told(root / FILE)
    capture = told.get("capture", CAPTURES[-1]).lower()
    return Project(
        namespace=_checked(told.get("namespace", "")) or _own_name(root),
        capture="off" if capture in _OFF else capture if capture in CAPTURES else CAPTURES[-1],
        inject=told.get("inject", "on").lower() not in _OFF,
    )


def least_capture(one: str, other: str) -> str:
    """The one of two that keeps less."""
    return min(one, other, key=CAPTURES.index)


def _root_of(folder: Path) -> Path:
    for each in (folder, *folder.parents):
        mark = each / ".git"
        with suppress(OSError):
            if mark.is_dir():
                return each
            if mark.is_file():
                return _main_root(mark) or each
    return next((each for each in (folder, *folder.parents) if _has_file(each)), folder)


def _has_file(folder: Path) -> bool:
    with suppress(OSError):
        return (folder / FILE).is_file()
    return False


def _main_root(mark: Path) -> Path | None:
    """Of a worktree's `.git` file: the root of the repository that it is a worktree of; None for a submodule's."""
    with suppress(OSError, ValueError, RuntimeError):  # RuntimeError: links that lead to each other
        named = read_small(mark).decode("utf-8").removeprefix("gitdir:").strip()
        git = (mark.parent / named).resolve()
        common = (git / read_small(git / "commondir").decode("utf-8").strip()).resolve()
        if common.name == ".git":
            return common.parent
    return None


def _told(file: Path) -> Mapping[str, str]:
    """What a project's file says; what cannot be read says nothing."""
    with suppress(OSError, UnicodeDecodeError):
        return dict(_lines(read_small(file).decode("utf-8-sig")))
    return {}


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, equals, value = line.partition("#")[0].partition("=")
        if equals:
            yield name.strip().lower(), value.strip().strip("'\"")


def _checked(name: str) -> str | None:
    """A namespace that a project's file may name: a file of strangers cannot name another project's, or the user's."""
    plain = _plain(name)
    tail = plain.rpartition("-")[2]
    is_like_ours = len(tail) == _DIGITS and all(each in "0123456789abcdef" for each in tail)
    return plain if plain == name and plain and plain not in (USER, USUAL) and not is_like_ours else None


def _own_name(root: Path) -> str:
    digits = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()[:_DIGITS]
    return f"{_plain(root.name) or 'project'}-{digits}"


def _plain(name: str) -> str:
    """A name that needs no quotes in a command line."""
    return "".join(each if each.isalnum() or each in "._-" else "-" for each in name).strip("-.")[:_MOST_OF_NAME]
