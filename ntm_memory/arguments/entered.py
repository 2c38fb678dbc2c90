"""By which door the command line was entered; what the rooms below say of scripts is said in its words.

Everything below the doors calls commands by their scripts (`recall.py`, `install.py`). Whoever types `ntm-memory` has
no scripts: for them the same sentence names `ntm-memory recall` and `ntm-memory setup`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

CONSOLE = "ntm-memory"
SCRIPTS = (
    "memorize",
    "recall",
    "reason",
    "update",
    "erase",
    "list",
    "status",
    "export",
    "import",
    "feedback",
    "tune",
    "reembed",
    "sync",
    "move",
    "grant",
    "doctor",
    "verify",
    "train",
    "mcp",
    "hook",
)
"""In the order in which people need them."""
_by_console: ContextVar[bool] = ContextVar("by_console", default=False)
_PATH = r"(?:python3 )?(?:'[^'\n]*/|(?<!\S)\S*/)?"
_EXTRA = re.compile(rf"{_PATH}\binstall\.py'? --with ([\w-]+)")
_INSTALL = re.compile(rf"{_PATH}\binstall\.py\b'?")
_TIME = re.compile(r"\A(occurred_at|after|before|on|between|as_of)(?= is )")
_OPTIONS = {"occurred_at": "when", "as_of": "as-of"}
_SCRIPT = re.compile(rf"{_PATH}\b({'|'.join(SCRIPTS)})\.py\b'?")


@contextmanager
def by_console() -> Iterator[None]:
    """What is inside was entered by `ntm-memory`."""
    token = _by_console.set(True)
    try:
        yield
    finally:
        _by_console.reset(token)


def is_by_console() -> bool:
    """Whether it was `ntm-memory`."""
    return _by_console.get()


def as_typed(message: str) -> str:
    """An error of a time that was typed, under the name of its option: `--when`, not `occurred_at`.

    Args:
        message: of the error; what it says of lines of a file is of fields, and stays.
    """
    return _TIME.sub(lambda name: f"--{_OPTIONS.get(name[1], name[1])}", message)


def spoken(text: str) -> str:
    """A sentence of ours in the words of the door.

    Args:
        text: ours throughout: a memory that names a script would be changed, too.
    """
    if not is_by_console():
        return text
    text = _EXTRA.sub(r"pip install 'ntm-memory-system[\1]'", text)
    text = _INSTALL.sub(f"{CONSOLE} setup", text)
    return _SCRIPT.sub(rf"{CONSOLE} \1", text)
