"""The memories that hosts keep themselves, read on request: Claude Code's auto memory, OpenClaw's Markdown.

Each file is read again only when it has changed. What comes in is trusted as an import is and passes the same gate.
A line that a file does not say any more is told, never erased: the caller decides.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ntm_memory.errors import BadValueError, NTMMemoryError, RetractedError
from ntm_memory.hosts.projects import USER, project_here
from ntm_memory.hosts.telling import Ask
from ntm_memory.importers import markdown
from ntm_memory.importers.front_matter import head_of
from ntm_memory.paths import data_home
from ntm_memory.persistence.host_notes import read_note, write_note

HOSTS = ("claude", "openclaw")
MIRROR = "ntm-memory.md"
MIRRORED = (USER, "default")
_SEEN = "read.json"
_MOST_OF_FILE = 4_000_000
_PAGE = 100
_OF_USER = ("user", "feedback")
"""Types of Claude Code's memories that hold for the user everywhere."""
_LEFT_OUT = "[secret: "
"""In the place of a secret: such a memory does not say all that its line does."""
Telling = dict[str, Any]


def read_host(request: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Bring in what a host's own memory says.

    Args:
        request: `host`, and perhaps `project` (a folder; default: the working folder, OpenClaw's workspace), `trust`,
            `on_secret`, `force_retracted`, `dry_run`, `home`.
        ask: puts a request to memory.

    Returns:
        as an import answers, `failed` by file and line; `files`: how many were read; `as_before`: how many had not
        changed; `gone`: memories whose line is not there any more.

    Raises:
        BadValueError: there is no such folder.
    """
    home = data_home(request.get("home"))
    found = list(_files(request["host"], request.get("project"), home))
    seen = _seen(home)
    now = {str(file): hashlib.sha256(content).hexdigest() for file, _, content in found}
    changed = [(file, where, content) for file, where, content in found if seen.get(str(file)) != now[str(file)]]
    folders = {file.parent for file, _, _ in found}
    missing = [Path(name) for name in seen if name not in now and Path(name).parent in folders]
    before = _before([*(file for file, _, _ in changed), *missing], ask, request.get("home"))
    said = [each for file, where, content in changed for each in _tellings(file, where, content)]
    known = {_which(each) for each in before}  # a line that only moved is no news
    tellings = [each for each in said if "key" in each or _which(each) not in known]
    places = list(dict.fromkeys((*(where for _, where, _ in found), *MIRRORED)))
    refused = set() if request.get("force_retracted") else _retracted(tellings, places, ask, request.get("home"))
    taken = [each for number, each in enumerate(tellings) if number not in refused]
    passed = {name: request[name] for name in ("home", "trust", "on_secret", "force_retracted") if name in request}
    text = "\n".join(json.dumps(each, ensure_ascii=False) for each in taken)
    dry_run = bool(request.get("dry_run"))
    done = dict(ask({"command": "import", "text": text, "form": "jsonl", "dry_run": dry_run, **passed}))
    done["failed"] = [{**bad, "at": taken[bad["line"] - 1]["source"]} for bad in done["failed"]]
    done["failed"] += [_failure(number + 1, tellings[number]) for number in sorted(refused)]
    done["unchanged"] += len(said) - len(tellings)
    if not dry_run:
        _note_seen(home, {name: mark for name, mark in seen.items() if Path(name) not in missing} | now)
    return {**done, "files": len(changed), "as_before": len(found) - len(changed), "gone": _gone(before, said)}


def _retracted(tellings: Sequence[Telling], places: list[str], ask: Ask, home: Any) -> set[int]:
    """Which of them, from 0, say something that was retracted wherever they would be looked for."""
    about = {"command": "retracted", "namespaces": places, "home": home}
    texts = [each["content"] for each in tellings]
    if not ask({**about, "texts": texts})["retracted"]:
        return set()
    return {number for number, text in enumerate(texts) if ask({**about, "texts": [text]})["retracted"]}


def _failure(line: int, telling: Telling) -> dict[str, Any]:
    said = "this was retracted, or holds what was, in a namespace that is looked in together with this one"
    return {"line": line, "code": RetractedError.code, "message": said, "at": telling["source"]}


def mirror_request(request: Mapping[str, Any]) -> dict[str, Any]:
    """The request that writes the mirror of our memories into a host's folder.

    Raises:
        BadValueError: the host reads no Markdown, or there is no such folder.
    """
    if request["host"] != "openclaw":
        raise BadValueError("only OpenClaw reads a folder of Markdown", "export.py --host openclaw")
    file = _workspace(request.get("project")) / "memory" / MIRROR
    return {"command": "export", "mirror": str(file), "namespaces": list(MIRRORED)} | (
        {"home": request["home"]} if request.get("home") else {}
    )


def _files(host: str, project: str | None, home: Path) -> Iterator[tuple[Path, str, bytes]]:
    """(file, namespace, content) of each file that a host keeps its memory in."""
    if host == "claude":
        folder = Path(project or Path.cwd()).expanduser().absolute()
        where = Path.home() / ".claude" / "projects" / re.sub(r"[^A-Za-z0-9]", "-", str(folder)) / "memory"
        if not where.is_dir():
            raise BadValueError(f"Claude Code has no memory of {folder}: no {where}", "give the project by --project")
        files, namespace = sorted(where.glob("*.md")), project_here(str(folder), home).namespace
    else:
        where, namespace = _workspace(project), USER
        files = [where / "MEMORY.md", where / "USER.md", *sorted((where / "memory").rglob("*.md"))]
    for file in files:
        if file.name != MIRROR and file.is_file() and file.stat().st_size <= _MOST_OF_FILE:
            yield file, namespace, file.read_bytes()


def _workspace(project: str | None) -> Path:
    folder = Path(project).expanduser().absolute() if project else Path.home() / ".openclaw" / "workspace"
    if not folder.is_dir():
        raise BadValueError(f"there is no OpenClaw workspace {folder}", "give it by --project")
    return folder


def _tellings(file: Path, namespace: str, content: bytes) -> Iterator[Telling]:
    text = content.decode("utf-8-sig", "replace")
    fields, below, first = head_of(text)
    name = str(fields.get("name") or "")
    if name:
        about = fields.get("metadata")
        kind = str(about.get("type") or "") if isinstance(about, dict) else ""
        said = " ".join(below.split()) or str(fields.get("description") or "")
        where = USER if kind in _OF_USER else namespace
        head = {"key": f"claude-{name}", "kind": kind} if kind else {"key": f"claude-{name}"}
        yield {"content": said or name, "source": _at(file, first), "namespace": where, **head}
        return
    with suppress(BadValueError):  # nothing in it is a note
        for line, telling, _ in markdown.items_in(text, file.name):
            if isinstance(telling, Mapping):
                yield {**telling, "source": _at(file, line), "namespace": namespace}


def _at(file: Path, line: int) -> str:
    """Where a note stands, without the user's name."""
    with suppress(ValueError):
        return f"~/{file.relative_to(Path.home()).as_posix()}:{line}"
    return f"{file.as_posix()}:{line}"


def _before(files: Sequence[Path], ask: Ask, home: Any) -> list[Mapping[str, Any]]:
    """The memories that came from these files."""
    begins = tuple(_at(file, 0)[:-1] for file in files)
    places = ask({"command": "status", "home": home})["namespaces"] if files else ()
    return [
        memory for place in places for memory in _live(place, ask, home) if (memory["source"] or "").startswith(begins)
    ]


def _gone(before: Sequence[Mapping[str, Any]], said: Sequence[Telling]) -> list[dict[str, str]]:
    """Those that no line says any more."""
    texts, lines = {_which(each) for each in said}, {each["source"] for each in said}
    keys = {each["key"] for each in said if "key" in each}  # these have a new version
    return [
        {name: memory[name] for name in ("id", "source", "content")}
        for memory in before
        if _which(memory) not in texts
        and memory.get("key") not in keys
        and not (_LEFT_OUT in memory["content"] and memory["source"] in lines)
    ]


def _which(each: Mapping[str, Any]) -> tuple[str, str]:
    """What tells a note from another: where it is, and its words."""
    return each["namespace"], " ".join(str(each["content"]).split())


def _live(namespace: str, ask: Ask, home: Any) -> Iterator[Mapping[str, Any]]:
    cursor = None
    while True:
        page = ask({"command": "list", "namespace": namespace, "limit": _PAGE, "cursor": cursor, "home": home})
        yield from page["memories"]
        cursor = page.get("next")
        if not cursor:
            return


def _seen(home: Path) -> dict[str, str]:
    """File → hash of what it said when it was read; empty if nothing is known."""
    seen = read_note(home, _SEEN)
    return {str(name): str(mark) for name, mark in seen.items()} if isinstance(seen, dict) else {}


def _note_seen(home: Path, seen: Mapping[str, str]) -> None:
    with suppress(OSError, NTMMemoryError):  # then the files are read once more, which changes nothing
        write_note(home, _SEEN, seen)
