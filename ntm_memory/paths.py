"""Where things live: memories in the data folder, the Python environment apart from them, the skill itself."""

from __future__ import annotations

import errno
import json
import os
import shlex
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from ntm_memory.errors import BadValueError, ConfigError, StoreError, hint_of_writing, why_unread

APP = "ntm-memory-system"
HOSTS = {"claude": ".claude", "openclaw": ".openclaw"}
"""Host → its folder in the user's home."""
_NO_REGULAR = "no regular file"
_IN_THE_WAY = "move away what stands there: it is no folder"
PACKAGE = Path(__file__).resolve().parent


def is_skill(folder: Path) -> bool:
    """Whether a folder is this skill: its SKILL.md says our name."""
    try:
        return f"name: {APP}" in (folder / "SKILL.md").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False


def skill_dir(package: Path = PACKAGE) -> Path | None:
    """The skill's folder or checkout that this package runs from; None where it was installed among other packages."""
    return package.parent if is_skill(package.parent) else None


def host_folders() -> dict[str, Path]:
    """Host → where it looks for this skill."""
    return {host: Path.home() / folder / "skills" / APP for host, folder in HOSTS.items()}


def setup_hint(extra: str | None = None) -> str:
    """The command that completes an installation: the skill's installer, else the package's own.

    Args:
        extra: an optional part of the package.
    """
    skill = skill_dir()
    if skill is not None:
        installer = shlex.quote(str(skill / "scripts" / "install.py"))
        return f"run: python3 {installer}" + (f" --with {extra}" if extra else "")
    return f"run: pip install '{APP}[{extra}]'" if extra else "run: ntm-memory setup"


def expanded(path: str | Path) -> Path:
    """A path in which `~` and `~user` stand for a home folder.

    Raises:
        BadValueError: there is no such user.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        hint = "give the whole path; ./ before it where it begins with ~"
        raise BadValueError(f"{path} names no folder: there is no such user", hint) from error


def platform_data_dir() -> Path:
    """The platform's folder for application data."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")


def data_home(home: str | Path | None = None) -> Path:
    """The data folder: the argument, else $NTM_MEMORY_HOME, else `home` in the user's config, else the platform's.

    Raises:
        ConfigError: the user's config file cannot be read.
        BadValueError: it begins with the name of a user whom there is not.
    """
    chosen = home or os.environ.get("NTM_MEMORY_HOME") or _configured_home() or platform_data_dir() / APP
    return expanded(chosen).absolute()


def environment_dir() -> Path:
    """The skill's Python environment: $NTM_MEMORY_ENV, else beside the platform's data; one serves many homes."""
    chosen = os.environ.get("NTM_MEMORY_ENV") or platform_data_dir() / APP / "venv"
    return expanded(chosen).absolute()


def bytecode_dir(environment: Path) -> Path:
    """Where an environment's bytecode goes, beside it: the skill's folder stays as it was copied."""
    return environment.with_name(environment.name + "-pycache")


def weights_dir() -> Path:
    """Where `ntm-memory setup` puts the default embedder's weights: one serves all environments of a user."""
    return expanded(platform_data_dir() / APP / "weights").absolute()


def ensure_private_dir(path: Path, hint: str = "choose another folder with --home") -> Path:
    """Make a folder that only its owner can enter, unless it is there.

    Args:
        path: the folder.
        hint: what to try where it cannot be made.

    Raises:
        StoreError: it cannot be made.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        told = hint_of_writing(error.errno, hint if os.path.isdir(path) or not os.path.lexists(path) else _IN_THE_WAY)
        raise StoreError(f"{path} cannot be made: {error.strerror}", told) from error
    return path


def content_of(file: Path, most: int = -1) -> bytes:
    """A regular file, or its first bytes; see `opened_regular`."""
    with opened_regular(file) as opened:
        return opened.read(most)


@contextmanager
def opened_regular(file: Path) -> Iterator[BinaryIO]:
    """A regular file, open for reading; what is none is never waited for, as a pipe would be, and no device asked.

    Raises:
        OSError: it cannot be read, or is no regular file.
    """
    with os.fdopen(_regular(file, os.O_RDONLY), "rb") as opened:
        yield opened


@contextmanager
def opened_itself(file: Path, *, write: bool = False) -> Iterator[BinaryIO]:
    """A regular file in a folder in which others write, too: as `opened_regular`, but never through a link.

    Args:
        file: may be missing where it is written.
        write: open it for writing, too, and make it where there is none; what it holds stays.

    Raises:
        OSError: it cannot be opened, or is a link or no regular file.
    """
    if os.path.islink(file):  # where a link takes its place after this, O_NOFOLLOW refuses that
        raise OSError(errno.ELOOP, f"it is a link, {_NO_REGULAR}")
    flags = (os.O_RDWR | os.O_CREAT if write else os.O_RDONLY) | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(_regular(file, flags), "r+b" if write else "rb") as opened:
        yield opened


def _regular(file: Path, flags: int) -> int:
    handle = os.open(file, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0), 0o600)
    what = unusual(os.fstat(handle).st_mode)
    if what is not None:
        os.close(handle)
        raise OSError(errno.EINVAL, f"it is {what}, {_NO_REGULAR}")
    return handle


def on_disk(file: Path) -> int:
    """Bytes that a file takes: its holes take none."""
    told = file.stat()
    return min(told.st_size, getattr(told, "st_blocks", told.st_size) * 512)


def unusual(mode: int) -> str | None:
    """What stands somewhere, by `st_mode`, where a regular file belongs; None: a regular file."""
    if stat.S_ISREG(mode):
        return None
    if stat.S_ISLNK(mode):
        return "a link that leads nowhere"
    return "a folder" if stat.S_ISDIR(mode) else "a device, pipe or socket"


def user_config() -> Path:
    """The user's own config file, there or not; it is not in the data folder, which it names."""
    folder = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(folder) / APP / "config.json"


def read_user_config(file: Path) -> dict[str, Any]:
    """What the user's config file holds; nothing where there is none.

    Raises:
        ConfigError: it cannot be read, or holds no object.
    """
    hint = 'it holds {"home": "/path/of/the/data/folder"}'
    try:
        noted = json.loads(content_of(file).decode())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file} cannot be read: {why_unread(error)}", hint) from error
    if not isinstance(noted, dict):
        raise ConfigError(f"{file} holds no object", hint)
    return noted


def _configured_home() -> str | None:
    home = read_user_config(user_config()).get("home")
    return str(home) if home else None
