"""The files in which hosts keep their own memory, and what each of them tells."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ntm_memory.errors import BadValueError
from ntm_memory.hosts.projects import USER, project_here
from ntm_memory.importers import markdown
from ntm_memory.importers.decoding import decoded
from ntm_memory.importers.front_matter import head_of
from ntm_memory.importers.items import Item
from ntm_memory.importers.omissions import Omitted
from ntm_memory.paths import expanded

MIRROR = "ntm-memory.md"
_INDEX = "MEMORY.md"
_MOST_OF_FILE = 4_000_000
_MOST_OF_NAME = 40
_OF_USER = ("user", "feedback")
"""Types of Claude Code's memories that hold for the user everywhere."""
_OWN_FIELDS = ("name", "description", "metadata", "type")
"""Of a head that Claude Code writes."""
_KIND = "metadata.type"
_SECRET_ALONE = Omitted("line that is a secret alone")
_ALONE = re.compile(r"[^:：=\0]{0,40}[:：=]?\s{0,9}\0[\0\s.,;。，；]*")
"""A name, and what was left out."""
Telling = dict[str, Any]


@dataclass(frozen=True)
class HostFile:
    """A file of a host's memory.

    Args:
        file: where it is.
        namespace: where what it tells belongs.
        content: its bytes.
        beside: names of the files that its index points at; each of them is read, or was.
        leads_out: it is not really in the host's folder: a link leads elsewhere, and nothing of it was read.
    """

    file: Path
    namespace: str
    content: bytes
    beside: frozenset[str] = frozenset()
    leads_out: bool = False

    def items(self) -> Iterator[Item]:
        """What it tells, what of it is left out, or why it cannot be read."""
        try:
            if self.leads_out:
                raise BadValueError("a link leads out of the folder to it", "put the file itself there, if it is yours")
            if len(self.content) > _MOST_OF_FILE:
                raise BadValueError(f"it has more than {_MOST_OF_FILE:,} bytes", "split it: hosts do not read so much")
            text = decoded(self.content, self.file.name).replace("\r\n", "\n").replace("\r", "\n")
            fields, below, first = head_of(text)
            if fields.get("name"):
                yield from self._one_memory(fields, below, first)
                return
            for item in markdown.items_of(text, self.file.name, self.beside if self.file.name == _INDEX else ()):
                is_told = isinstance(item.telling, Mapping)
                yield item._replace(telling=self._told(item)) if is_told else item
        except BadValueError as error:
            yield Item(1, error)

    def _one_memory(self, fields: Mapping[str, Any], below: str, first: int) -> Iterator[Item]:
        """A file of Claude Code: a head with a name, and one memory."""
        name, about, purpose = str(fields["name"]), fields.get("metadata"), str(fields.get("description") or "")
        inner = about if isinstance(about, dict) else {}
        kind, body = str(inner.get("type") or fields.get("type") or ""), " ".join(below.split())
        head = {"key": f"claude-{name}", "kind": kind} if kind else {"key": f"claude-{name}"}
        telling = self._placed({"content": body or purpose or name, **head}, first)
        yield Item(first, telling | {"namespace": USER} if kind in _OF_USER else telling)
        others = [*(each for each in fields if each not in _OWN_FIELDS), *(f"metadata.{each}" for each in inner)]
        if body and purpose not in body:
            others.append("description")
        yield from (Item(1, Omitted(f"field {each[:_MOST_OF_NAME]}")) for each in map(str, others) if each != _KIND)

    def _told(self, item: Item) -> Telling | Omitted:
        """What an item tells, placed; nothing where a secret and its name are all there is."""
        telling: Any = item.telling
        return _SECRET_ALONE if _is_secret_alone(telling["content"]) else self._placed(telling, item.line)

    def _placed(self, telling: Any, line: int) -> Telling:
        return {**telling, "source": place_of(self.file, line), "namespace": self.namespace}


def _is_secret_alone(text: str) -> bool:
    """Whether nothing is left of a text but what its secret is called."""
    from ntm_memory.privacy.secrets import find_secrets

    found = find_secrets(text).secrets
    if not found:
        return False
    without = "".join(f"{text[one:two]}\0" for one, two in _between([(each.start, each.end) for each in found]))
    return _ALONE.fullmatch(f"{without}{text[found[-1].end :]}".strip()) is not None


def _between(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Where the text before each span begins and ends."""
    at = 0
    for start, end in spans:
        yield at, start
        at = end


def files_of(host: str, project: str | None, home: Path, read_before: Iterable[Path] = ()) -> Iterator[HostFile]:
    """Each file that a host keeps its memory in.

    Args:
        host: `claude` or `openclaw`.
        project: a folder; None: the working folder, or OpenClaw's workspace.
        home: our data folder.
        read_before: files that were read some time; what an index says of one that is gone is no note.

    Raises:
        BadValueError: there is no such folder.
    """
    if host == "claude":
        folder = expanded(project or Path.cwd()).absolute()
        where = Path.home() / ".claude" / "projects" / re.sub(r"[^A-Za-z0-9]", "-", str(folder)) / "memory"
        if not os.path.isdir(where):
            raise BadValueError(f"Claude Code has no memory of {folder}: no {where}", "give the project by --project")
        files, namespace = sorted(where.glob("*.md")), project_here(str(folder), home).namespace
    else:
        where, namespace = workspace_of(project), USER
        files = [where / "MEMORY.md", where / "USER.md", *sorted((where / "memory").rglob("*.md"))]
    known = [*files, *(file for file in read_before if file.parent == where)]
    beside = frozenset(file.name for file in known) if host == "claude" else frozenset[str]()
    for file in files:
        if file.name == MIRROR or not os.path.isfile(file):
            continue
        if not file.resolve().is_relative_to(where.resolve()):
            yield HostFile(file, namespace, b"", leads_out=True)
        else:
            with file.open("rb") as opened:
                yield HostFile(file, namespace, opened.read(_MOST_OF_FILE + 1), beside)


def workspace_of(project: str | None) -> Path:
    """OpenClaw's workspace.

    Raises:
        BadValueError: there is no such folder.
    """
    folder = expanded(project).absolute() if project else Path.home() / ".openclaw" / "workspace"
    if not os.path.isdir(folder):
        raise BadValueError(f"there is no OpenClaw workspace {folder}", "give it by --project")
    return folder


def short_name(file: Path) -> str:
    """A file without the user's name."""
    return place_of(file, 0).removesuffix(":0")


def place_of(file: Path, line: int) -> str:
    """Where a note stands, without the user's name."""
    with suppress(ValueError):
        return f"~/{file.relative_to(Path.home()).as_posix()}:{line}"
    return f"{file.as_posix()}:{line}"
