"""`run(request) -> response`: the one door to the manager, the same from a script, a hook or another process.

A request is a plain dict {"command": …, arguments}; the response is a plain dict, ready for JSON, without `ok`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ntm_memory.errors import BadValueError, NTMMemoryError
from ntm_memory.manager import NTMMemoryManager
from ntm_memory.telling import from_json_lines

Request = dict[str, Any]
Response = dict[str, Any]


def run(request: Mapping[str, Any], *, progress: Callable[[int], None] | None = None) -> Response:
    """Carry out one request.

    Args:
        request: `command` (memorize, recall, update, erase, status, export, import, reembed), optional `home` and `config`,
            and the command's arguments as the scripts have them, dashes as underscores.
        progress: called with the number of records done by bulk commands.

    Raises:
        NTMMemoryError: what went wrong, with its exit code.
    """
    arguments = dict(request)
    command = arguments.pop("command", None)
    handler = _HANDLERS.get(command) if isinstance(command, str) else None
    if handler is None:
        raise BadValueError(f"unknown command {command!r}", f"commands are: {', '.join(_HANDLERS)}")
    home, config = arguments.pop("home", None), arguments.pop("config", None)
    with NTMMemoryManager(home, config=config) as manager:
        return handler(manager, arguments, progress)


def _memorize(manager: NTMMemoryManager, arguments: Request, progress: Callable[[int], None] | None) -> Response:
    lines = arguments.pop("lines", None)
    if lines is None:
        return asdict(manager.memorize(**arguments))
    records = _with_defaults(from_json_lines(lines), arguments)
    return asdict(manager.memorize_many(records, progress=progress))


def _with_defaults(
    records: Iterable[Mapping[str, Any] | NTMMemoryError], shared: Mapping[str, Any]
) -> Iterator[Mapping[str, Any] | NTMMemoryError]:
    for record in records:
        yield record if isinstance(record, NTMMemoryError) else {**shared, **record}


def _recall(manager: NTMMemoryManager, arguments: Request, progress: object) -> Response:
    start = time.perf_counter()
    anchor = arguments.pop("anchor", None)
    if anchor is not None:
        result = manager.recall_from(anchor, arguments.get("shift") or 0, max_chars=arguments.get("max_chars"))
    else:
        result = manager.recall(**arguments)
    answer = asdict(result)
    if not arguments.get("explain"):
        answer.pop("explanation")
        for memory in answer["memories"]:
            memory.pop("steps")
    return answer | {"took_ms": round((time.perf_counter() - start) * 1000, 1)}


def _update(manager: NTMMemoryManager, arguments: Request, progress: object) -> Response:
    return asdict(manager.update(arguments.pop("id_or_key"), **arguments))


def _erase(manager: NTMMemoryManager, arguments: Request, progress: object) -> Response:
    restore = arguments.pop("restore", False)
    query, top_k = arguments.pop("query", None), arguments.pop("top_k", None)
    names = arguments.pop("ids_or_key", None) or []
    namespace = arguments.get("namespace", "default")
    if query is not None:
        found = manager.recall(query, namespace=namespace, top_k=top_k or 1)
        names = [memory.id for memory in found.memories]
    if restore:
        return {"restored": [asdict(manager.restore(name)) for name in names]}
    return asdict(manager.erase(names, **arguments))


def _status(manager: NTMMemoryManager, arguments: Request, progress: object) -> Response:
    return manager.status(**arguments)


def _export(manager: NTMMemoryManager, arguments: Request, progress: object) -> Response:
    return manager.export_file(Path(arguments.pop("path")), **arguments)


def _import(manager: NTMMemoryManager, arguments: Request, progress: Callable[[int], None] | None) -> Response:
    return asdict(manager.import_file(Path(arguments.pop("path")), progress=progress, **arguments))


def _reembed(manager: NTMMemoryManager, arguments: Request, progress: Callable[[int], None] | None) -> Response:
    return manager.reembed(progress=progress, **arguments)


_HANDLERS: dict[str, Callable[[NTMMemoryManager, Request, Callable[[int], None] | None], Response]] = {
    "memorize": _memorize,
    "recall": _recall,
    "update": _update,
    "erase": _erase,
    "status": _status,
    "export": _export,
    "import": _import,
    "reembed": _reembed,
}
