"""The memories that hosts keep themselves, read on request: Claude Code's auto memory, OpenClaw's Markdown.

Each file is read again only when it has changed. What comes in is trusted as an import is and passes the same gate.
A line that a file does not say any more is told, never erased: the caller decides.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ntm_memory.errors import BadValueError, NTMMemoryError, RetractedError
from ntm_memory.hosts.own_files import MIRROR, Telling, files_of, place_of, short_name, workspace_of
from ntm_memory.hosts.projects import USER
from ntm_memory.hosts.telling import Ask
from ntm_memory.importers.items import Item
from ntm_memory.importers.omissions import Omitted, gathered
from ntm_memory.paths import data_home
from ntm_memory.persistence.host_notes import read_note, write_note

HOSTS = ("claude", "openclaw")
MIRRORED = (USER, "default")
_SEEN = "read.json"
_PAGE = 100
_PASSED = ("home", "trust", "on_secret", "force_retracted", "dry_run")
_LEFT_OUT = "[secret: "
"""In the place of a secret: such a memory does not say all that its line does."""
_RETRACTED = "this was retracted, or holds what was, in a namespace that is looked in together with this one"


def read_host(request: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Bring in what a host's own memory says.

    Args:
        request: `host`, and perhaps `project` (a folder; default: the working folder, OpenClaw's workspace), `trust`,
            `on_secret`, `force_retracted`, `dry_run`, `home`.
        ask: puts a request to memory.

    Returns:
        as an import answers; `failed` and `omitted`, by file and line, of all files each time; `files`: how many were
        read; `as_before`: how many had not changed; `gone`: memories whose line is not there any more, each time.

    Raises:
        BadValueError: there is no such folder.
    """
    home, dry_run = data_home(request.get("home")), bool(request.get("dry_run"))
    seen = _seen(home)
    found = list(files_of(request["host"], request.get("project"), home, map(Path, seen)))
    now = {str(each.file): hashlib.sha256(each.content).hexdigest() for each in found}
    changed = [each for each in found if seen.get(str(each.file)) != now[str(each.file)]]
    items = [(each.file, item) for each in found for item in each.items()]
    unread = {file for file, item in items if isinstance(item.telling, NTMMemoryError)}
    folders = {each.file.parent for each in found}
    missing = [Path(name) for name in seen if name not in now and Path(name).parent in folders]
    read = [each.file for each in found if each.file not in unread]
    before = _before([*read, *missing] if seen or changed else [], ask, request.get("home"))
    said = [item.telling for _, item in items if isinstance(item.telling, dict)]
    anew = {each.file for each in changed}
    news = [item.telling for file, item in items if file in anew and isinstance(item.telling, dict)]
    places = list(dict.fromkeys((*(each.namespace for each in found), *MIRRORED)))
    done = _with_parts(_taken(news, before, places, request, ask), items)
    gone = _gone(before, said)
    if not dry_run:
        _move(before, said, ask, request.get("home"))
        failed = {bad["at"].rpartition(":")[0] for bad in done["failed"]}  # these are told again
        kept = {name: mark for name, mark in now.items() if short_name(Path(name)) not in failed}
        over = {str(each): "" for each in missing}  # known to have been there; it is read when it comes back
        _note_seen(home, {name: mark for name, mark in seen.items() if name not in now} | over | kept)
    return {**done, "files": len(changed), "as_before": len(found) - len(changed), "gone": gone}


def _move(before: Sequence[Mapping[str, Any]], said: Sequence[Telling], ask: Ask, home: Any) -> None:
    """Name the file that says a memory now, where the one that did is gone or says it no more."""
    at: dict[tuple[str, str], list[str]] = {}
    for each in said:
        at.setdefault(_which(each), []).append(each["source"])
    for memory in before:
        now = at.get(_which(memory), [])
        if now and memory["source"].rpartition(":")[0] not in {place.rpartition(":")[0] for place in now}:
            change = {"id_or_key": memory["id"], "namespace": memory["namespace"], "source": now[0]}
            ask({"command": "update", "home": home, **change})


def _taken(
    said: Sequence[Telling],
    before: Sequence[Mapping[str, Any]],
    places: list[str],
    request: Mapping[str, Any],
    ask: Ask,
) -> dict[str, Any]:
    """Bring in what is new of what files say; what fails is named by file and line."""
    known = {_which(each) for each in before}  # a line that only moved is no news
    tellings = [each for each in said if "key" in each or _which(each) not in known]
    refused = set() if request.get("force_retracted") else _retracted(tellings, places, ask, request.get("home"))
    taken = [each for number, each in enumerate(tellings) if number not in refused]
    passed = {name: request[name] for name in _PASSED if name in request}
    text = "\n".join(json.dumps(each, ensure_ascii=False) for each in taken)
    done = dict(ask({"command": "import", "text": text, "form": "jsonl", **passed}))
    failed = [(taken[bad["line"] - 1]["source"], bad["code"], bad["message"]) for bad in done["failed"]]
    failed += [(tellings[number]["source"], RetractedError.code, _RETRACTED) for number in sorted(refused)]
    done["failed"] = [_failure(*each) for each in failed]
    done["unchanged"] += len(said) - len(tellings)
    return done


def _with_parts(done: dict[str, Any], items: Sequence[tuple[Path, Item]]) -> dict[str, Any]:
    """An answer with the files that cannot be read, and what of the others became no memory."""
    bad = [(file, item.line, item.telling) for file, item in items if isinstance(item.telling, NTMMemoryError)]
    failed = [_failure(place_of(file, line), error.code, error.message) for file, line, error in bad]
    hints = dict.fromkeys([*done.get("hints", ()), *(error.hint for _, _, error in bad if error.hint)])
    left = [(item.line, short_name(file), item.telling) for file, item in items if isinstance(item.telling, Omitted)]
    more = {"hints": list(hints), "omitted": [asdict(each) for each in gathered(left)]}
    return {**done, "failed": [*done["failed"], *failed], **{name: each for name, each in more.items() if each}}


def _retracted(tellings: Sequence[Telling], places: list[str], ask: Ask, home: Any) -> set[int]:
    """Which of them, from 0, say something that was retracted wherever they would be looked for."""
    about = {"command": "retracted", "namespaces": places, "home": home}
    texts = [each["content"] for each in tellings]
    if not ask({**about, "texts": texts})["retracted"]:
        return set()
    return {number for number, text in enumerate(texts) if ask({**about, "texts": [text]})["retracted"]}


def _failure(at: str, code: str, message: str) -> dict[str, Any]:
    """What failed, by the line of its file; `at` ends with it."""
    return {"line": int(at.rpartition(":")[2]), "code": code, "message": message, "at": at}


def mirror_request(request: Mapping[str, Any]) -> dict[str, Any]:
    """The request that writes the mirror of our memories into a host's folder.

    Raises:
        BadValueError: the host reads no Markdown, or there is no such folder.
    """
    if request["host"] != "openclaw":
        raise BadValueError("only OpenClaw reads a folder of Markdown", "export.py --host openclaw")
    file = workspace_of(request.get("project")) / "memory" / MIRROR
    return {"command": "export", "mirror": str(file), "namespaces": list(MIRRORED)} | (
        {"home": request["home"]} if request.get("home") else {}
    )


def _before(files: Sequence[Path], ask: Ask, home: Any) -> list[Mapping[str, Any]]:
    """The memories that came from these files."""
    begins = tuple(place_of(file, 0)[:-1] for file in files)
    places = ask({"command": "status", "namespaces": True, "home": home})["namespaces"] if files else ()
    return [memory for place in places for memory in _live(place["namespace"], begins, ask, home)]


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


def _live(namespace: str, sources: Sequence[str], ask: Ask, home: Any) -> Iterator[Mapping[str, Any]]:
    cursor = None
    asked = {"command": "list", "namespace": namespace, "sources": sources, "limit": _PAGE, "home": home}
    while True:
        page = ask({**asked, "cursor": cursor})
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
