"""`run(request) -> response`: the one door to the manager, the same from a script, a hook or another process.

A request is a plain dict {"command": …, arguments}; the response is a plain dict, ready for JSON, without `ok`.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from ntm_memory.config import without_root
from ntm_memory.errors import BadValueError, ConfigError, EmbedderMismatchError
from ntm_memory.manager import NTMMemoryManager
from ntm_memory.recovery import defaults

Request = dict[str, Any]
Response = dict[str, Any]
Progress = Callable[[int], None] | None
Handler = Callable[[NTMMemoryManager, Request, Progress], Response]
_WITHOUT_OPENING = {"export": ("salvage",), "import": ("backup",), "status": ("repair", "check")}
"""Command → arguments by which it works also where the memory cannot be opened."""


def run(
    request: Mapping[str, Any], *, progress: Progress = None, later: list[Callable[[], None]] | None = None
) -> Response:
    """Carry out one request.

    Args:
        request: `command` (memorize, recall, relevant, update, erase, status, export, import, reembed, feedback, tune,
            reason, list, overview, retire, retracted, sync), optional `home` and `config`, and the command's arguments
            as the scripts have them, dashes as underscores; those of `relevant` are the fields of
            `operations.relevant.RelevantRequest`.
        progress: called with the number of records done by bulk commands.
        later: gets what may be done when the answer was given; None: it is done before.

    Raises:
        NTMMemoryError: what went wrong, with its exit code.
    """
    handler, arguments = _understood(request)
    home, config = arguments.pop("home", None), _config(arguments)
    done: Response = {}
    if _needs_no_opening(request):
        from ntm_memory.recovery import by_hand

        done, is_all = by_hand.carry_out(arguments, home, config)
        if is_all:
            return done
    unread: ConfigError | None = None
    try:
        opened = NTMMemoryManager(home, config=config)
    except ConfigError as error:
        if not defaults.only_reads(request) or defaults.names_a_server(home):
            raise
        unread = error
        opened = NTMMemoryManager(home, config=defaults.in_its_place(config), by_file=False)
    with opened as manager, defaults.asked_for(unread):
        manager.backup_later = later
        answer = defaults.tried_again(request, lambda: handler(manager, {**arguments}, progress))
        return answer | done | defaults.notice(unread)


class OpenMemory:
    """A memory that stays open over many requests: what was loaded for one serves the next. Used from one thread.

    It holds no truth: what other processes write is seen at once, and where they changed what it was opened from
    (settings, the file itself, the embedder, learned parameters) it is opened anew.

    Args:
        home: the data folder; None: as `paths.data_home` finds it.
    """

    def __init__(self, home: str | None = None) -> None:
        self._home = home
        self._manager: NTMMemoryManager | None = None
        self._standing: tuple[object, ...] = ()

    def run(self, request: Mapping[str, Any]) -> Response:
        """Carry out one request as `run` does; one with settings of its own is carried out beside what is open.

        Raises:
            NTMMemoryError: what went wrong.
        """
        if _needs_no_opening(request) or set(request) & {"home", "config", "on_secret", "encryption"}:
            self.close()
            return run({**request, "home": request.get("home") or self._home})
        was_open = self._manager is not None
        try:
            return self._carry_out(request)
        except ConfigError:
            self.close()
            return run({**request, "home": self._home})  # what only reads goes on without its file
        except EmbedderMismatchError:
            if not was_open:
                raise
            self.close()  # another process has written all keys anew
            return self._carry_out(request)

    def warm_up(self) -> None:
        """Open it, and load what the first recall would have to wait for."""
        self._opened().warm_up()

    def settle(self) -> None:
        """Do what may be done when nobody waits for an answer."""
        if self._manager is not None:
            self._manager.settle()

    def close(self) -> None:
        """Close what is open; the next request opens it anew."""
        manager, self._manager = self._manager, None
        if manager is not None:
            manager.close()

    def _carry_out(self, request: Mapping[str, Any]) -> Response:
        handler, arguments = _understood(request)
        return defaults.tried_again(request, lambda: handler(self._opened(), {**arguments}, None))

    def _opened(self) -> NTMMemoryManager:
        if self._manager is not None and self._manager.standing() != self._standing:
            self.close()
            gc.unfreeze()
            gc.collect()  # its parts know each other: two networks would stand in memory until Python looks for such
        if self._manager is None:
            self._manager = NTMMemoryManager(self._home)
            self._standing = self._manager.standing()
        return self._manager


def _understood(request: Mapping[str, Any]) -> tuple[Handler, Request]:
    """What carries a request out, and the arguments told."""
    arguments = dict(request)
    command = arguments.pop("command", None)
    handler = _HANDLERS.get(command) if isinstance(command, str) else None
    if handler is None:
        raise BadValueError(f"unknown command {command!r}", f"commands are: {', '.join(_HANDLERS)}")
    if arguments.pop("any_namespace", False):
        arguments["namespace"] = None
    return handler, arguments


def _needs_no_opening(request: Mapping[str, Any]) -> bool:
    return any(request.get(name) for name in _WITHOUT_OPENING.get(str(request.get("command")), ()))


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
    return _of_many(asdict(manager.memorize_lines(lines, shared=arguments, progress=progress, force_retracted=force)))


def _recall(manager: NTMMemoryManager, arguments: Request, progress: Progress) -> Response:
    start = time.perf_counter()
    anchor = arguments.pop("anchor", None)
    by_place = manager.recall_around if "around" in arguments else manager.recall_from
    result = manager.recall(**arguments) if anchor is None else by_place(anchor, **arguments)
    answer = asdict(result)
    if not answer["warnings"]:
        answer.pop("warnings")
    if not arguments.get("explain"):
        answer.pop("explanation")
        for memory in answer["memories"]:
            memory.pop("steps")
    return answer | _took(start)


def _relevant(manager: NTMMemoryManager, arguments: Request, progress: Progress) -> Response:
    start = time.perf_counter()
    answer = asdict(manager.relevant(arguments.pop("prompt", None), **arguments))
    for memory in answer["memories"]:
        memory.pop("steps")
    return answer | _took(start)


def _took(start: float) -> Response:
    return {"took_ms": round((time.perf_counter() - start) * 1000, 1)}


def _update(manager: NTMMemoryManager, arguments: Request, progress: Progress) -> Response:
    name = arguments.pop("id_or_key")
    if arguments.pop("by_key", False):
        name = manager.id_of_key(name, arguments.get("namespace", "default"), live=True)
    return asdict(manager.update(name, **arguments))


def _erase(manager: NTMMemoryManager, arguments: Request, progress: Progress) -> Response:
    names, query, top_k = (arguments.pop(name, None) for name in ("ids_or_key", "query", "top_k"))
    namespace, dry_run = arguments.get("namespace", "default"), bool(arguments.get("dry_run"))
    restore, yes, chances = arguments.pop("restore", False), arguments.pop("yes", False), dict[str, float]()
    if arguments.pop("by_key", False):
        live = not (restore or arguments.get("purge") or arguments.get("retract"))
        names = [manager.id_of_key(name, namespace, live=live) for name in names]
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
    erased = asdict(manager.erase(names, may_be_none=query is not None, **arguments))
    for each in erased["erased"]:
        each["chance"] = chances.get(each["id"])
    return erased


def _export(manager: NTMMemoryManager, arguments: Request, progress: Progress) -> Response:
    mirror = arguments.pop("mirror", None)
    if mirror is not None:
        return manager.mirror(mirror, **arguments)
    path = arguments.pop("path", None)
    return manager.export_text(**arguments) if path is None else manager.export_file(path, **arguments)


def _import(manager: NTMMemoryManager, arguments: Request, progress: Progress) -> Response:
    text = arguments.pop("text", None)
    if text is not None:
        return _of_many(asdict(manager.import_text(text, progress=progress, **arguments)))
    return _of_many(asdict(manager.import_file(arguments.pop("path"), progress=progress, **arguments)))


def _of_many(answer: Response) -> Response:
    """What was done with many records; hints only where something failed, what was left out only where anything was."""
    return {name: value for name, value in answer.items() if value or name not in ("hints", "omitted")}


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
    return answer | _took(start)


def _retire(manager: NTMMemoryManager, arguments: Request, progress: Progress) -> Response:
    return {"archived": manager.retire(**arguments)}


def _retracted(manager: NTMMemoryManager, arguments: Request, progress: Progress) -> Response:
    return {"retracted": manager.retracted(**arguments)}


_HANDLERS: dict[str, Handler] = {
    "memorize": _memorize,
    "recall": _recall,
    "relevant": _relevant,
    "update": _update,
    "erase": _erase,
    "status": lambda manager, arguments, _: manager.status(**arguments),
    "export": _export,
    "import": _import,
    "reembed": _reembed,
    "feedback": _feedback,
    "tune": _tune,
    "reason": _reason,
    "list": lambda manager, arguments, _: manager.memories(**arguments),
    "overview": lambda manager, arguments, _: manager.overview(**arguments),
    "retire": _retire,
    "retracted": _retracted,
    "sync": lambda manager, arguments, _: manager.sync(**arguments),
}
