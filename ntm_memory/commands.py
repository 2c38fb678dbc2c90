"""`run(request) -> response`: the one door to the manager, the same from a script, a hook or another process.

A request is a plain dict {"command": …, arguments}; the response is a plain dict, ready for JSON, without `ok`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from ntm_memory.config import without_root
from ntm_memory.errors import BadValueError
from ntm_memory.manager import NTMMemoryManager

Request = dict[str, Any]
Response = dict[str, Any]
Progress = Callable[[int], None] | None
_WITHOUT_OPENING = {"export": ("salvage",), "import": ("backup",), "status": ("repair", "check")}
"""Command → arguments by which it works also where the memory cannot be opened."""


def run(
    request: Mapping[str, Any], *, progress: Progress = None, later: list[Callable[[], None]] | None = None
) -> Response:
    """Carry out one request.

    Args:
        request: `command` (memorize, recall, relevant, update, erase, status, export, import, reembed, feedback, tune,
            reason), optional `home` and `config`, and the command's arguments as the scripts have them, dashes as
            underscores; those of `relevant` are the fields of `operations.relevant.RelevantRequest`.
        progress: called with the number of records done by bulk commands.
        later: gets what may be done when the answer was given; None: it is done before.

    Raises:
        NTMMemoryError: what went wrong, with its exit code.
    """
    arguments = dict(request)
    command = arguments.pop("command", None)
    handler = _HANDLERS.get(command) if isinstance(command, str) else None
    if handler is None:
        raise BadValueError(f"unknown command {command!r}", f"commands are: {', '.join(_HANDLERS)}")
    home, config = arguments.pop("home", None), _config(arguments)
    if arguments.pop("any_namespace", False):
        arguments["namespace"] = None
    done: Response = {}
    if any(arguments.get(name) for name in _WITHOUT_OPENING.get(str(command), ())):
        from ntm_memory.recovery import by_hand

        done, is_all = by_hand.carry_out(arguments, home, config)
        if is_all:
            return done
    with NTMMemoryManager(home, config=config) as manager:
        manager.backup_later = later
        return handler(manager, arguments, progress) | done


def _config(arguments: Request) -> Mapping[str, Any] | None:
    """The settings told, and among them what one call says of secrets."""
    config: Mapping[str, Any] | None = arguments.pop("config", None)
    on_secret = arguments.pop("on_secret", None)
    if on_secret is None:
        return config
    told = without_root(config)
    return told | {"privacy": {**told.get("privacy", {}), "on_secret": on_secret}}


def _memorize(manager: NTMMemoryManager, arguments: Request, progress: Progress) -> Response:
    lines = arguments.pop("lines", None)
    if lines is None:
        return asdict(manager.memorize(**arguments))
    force = arguments.pop("force_retracted", False)
    return asdict(manager.memorize_lines(lines, shared=arguments, progress=progress, force_retracted=force))


def _recall(manager: NTMMemoryManager, arguments: Request, progress: Progress) -> Response:
    start = time.perf_counter()
    anchor = arguments.pop("anchor", None)
    result = manager.recall(**arguments) if anchor is None else manager.recall_from(anchor, **arguments)
    answer = asdict(result)
    if not answer["warnings"]:
        answer.pop("warnings")
    if not arguments.get("explain"):
        answer.pop("explanation")
        for memory in answer["memories"]:
            memory.pop("steps")
    return answer | {"took_ms": round((time.perf_counter() - start) * 1000, 1)}


def _relevant(manager: NTMMemoryManager, arguments: Request, progress: Progress) -> Response:
    start = time.perf_counter()
    answer = asdict(manager.relevant(arguments.pop("prompt", None), **arguments))
    for memory in answer["memories"]:
        memory.pop("steps")
    return answer | {"took_ms": round((time.perf_counter() - start) * 1000, 1)}


def _update(manager: NTMMemoryManager, arguments: Request, progress: Progress) -> Response:
    return asdict(manager.update(arguments.pop("id_or_key"), **arguments))


def _erase(manager: NTMMemoryManager, arguments: Request, progress: Progress) -> Response:
    names, query, top_k = (arguments.pop(name, None) for name in ("ids_or_key", "query", "top_k"))
    namespace, dry_run = arguments.get("namespace", "default"), bool(arguments.get("dry_run"))
    restore, yes, chances = arguments.pop("restore", False), arguments.pop("yes", False), dict[str, float]()
    if query is not None:
        if namespace is None:
            raise BadValueError("--any-namespace goes with IDs", "a question is put to one namespace")
        most = 1 if top_k is None else top_k
        chances = manager.meant(query, restore=restore, yes=yes, namespace=namespace, top_k=most)
        names = list(chances)
    if restore:
        restored = manager.restore_all(names, namespace, dry_run=dry_run)
        answers = [asdict(memory) | {"chance": chances.get(memory.id)} for memory in restored]
        return {"restored": answers, "dry_run": dry_run}
    erased = asdict(manager.erase(names, **arguments))
    for each in erased["erased"]:
        each["chance"] = chances.get(each["id"])
    return erased


def _status(manager: NTMMemoryManager, arguments: Request, progress: Progress) -> Response:
    return manager.status(**arguments)


def _export(manager: NTMMemoryManager, arguments: Request, progress: Progress) -> Response:
    path = arguments.pop("path", None)
    return manager.export_text(**arguments) if path is None else manager.export_file(path, **arguments)


def _import(manager: NTMMemoryManager, arguments: Request, progress: Progress) -> Response:
    text = arguments.pop("text", None)
    if text is not None:
        return asdict(manager.import_text(text, progress=progress, **arguments))
    return asdict(manager.import_file(arguments.pop("path"), progress=progress, **arguments))


def _reembed(manager: NTMMemoryManager, arguments: Request, progress: Progress) -> Response:
    return manager.reembed(progress=progress, **arguments)


def _feedback(manager: NTMMemoryManager, arguments: Request, progress: Progress) -> Response:
    return asdict(manager.feedback(**arguments))


def _tune(manager: NTMMemoryManager, arguments: Request, progress: Progress) -> Response:
    if arguments.pop("revert", False):
        return asdict(manager.revert_tuning(**arguments))
    return asdict(manager.tune(**arguments))


def _reason(manager: NTMMemoryManager, arguments: Request, progress: Progress) -> Response:
    if "content" in arguments:
        return asdict(manager.store_with_reasoning(**arguments))
    start = time.perf_counter()
    answer = asdict(manager.reason_and_retrieve(**arguments))
    if not answer["warnings"]:
        answer.pop("warnings")
    for memory in answer["answer_memories"]:
        memory.pop("steps")
    if not arguments.get("explain"):
        for hop in answer["hops"]:
            for memory in hop["memories"]:
                memory.pop("features")
    return answer | {"took_ms": round((time.perf_counter() - start) * 1000, 1)}


_HANDLERS: dict[str, Callable[[NTMMemoryManager, Request, Progress], Response]] = {
    "memorize": _memorize,
    "recall": _recall,
    "relevant": _relevant,
    "update": _update,
    "erase": _erase,
    "status": _status,
    "export": _export,
    "import": _import,
    "reembed": _reembed,
    "feedback": _feedback,
    "tune": _tune,
    "reason": _reason,
}
