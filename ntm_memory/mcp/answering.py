"""Calls of tools, carried out by one memory that stays open between them; whatever happens, there is an answer."""

from __future__ import annotations

import gc
import importlib
import json
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from ntm_memory.errors import NotSetUpError, NTMMemoryError
from ntm_memory.mcp import calls, texts
from ntm_memory.paths import setup_hint
from ntm_memory.text.printable import in_one_line

NAMESPACE = "NTM_MEMORY_NAMESPACE"
_WAITED_FOR = 10.0
"""Seconds for another process that writes what waits, before anything is erased."""


class Answering:
    """What stands between the protocol and the memory; used from one thread.

    Args:
        home: the data folder; None: as `paths.data_home` finds it.
    """

    def __init__(self, home: str | None = None) -> None:
        self._home = home
        self._memory: Any = None
        self._is_warm = False
        self._is_ready = False

    def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """The result of a call; what went wrong is told in it."""
        if tool == "hook":
            return _said(self._hook(arguments))
        try:
            if tool == "erase":  # what was told before reaches memory first, lest it comes back
                _hooks().settle(self._ask, self._home, seconds=_WAITED_FOR)
            request = calls.request_of(tool, arguments, os.environ.get(NAMESPACE) or None)
            answer = texts.with_tools_named(self._ask_within(request))
            return {**_said(texts.text_of(tool, answer)), "structuredContent": texts.plain(answer)}
        except NTMMemoryError as error:
            return refusal(error.code, calls.as_called(error.message), error.hint)
        except Exception as error:  # noqa: BLE001 - the client's session goes on whatever bug we have
            return refusal("bug", f"{type(error).__name__}: {error}", "please report this")

    def idle(self) -> bool:
        """Load what the first call would wait for; later do what may be done while nobody waits; whether more is."""
        is_more = False
        try:
            if not self._is_warm:
                self._is_warm = True
                self._opened().warm_up()
                self._is_ready = True
            elif self._memory is not None:
                self._memory.settle()
            is_more = _hooks().settle(self._ask, self._home, most=1)
            _tidy()
        except Exception:  # noqa: BLE001, S110 - whoever calls a tool will be told
            pass
        return is_more

    def at_once(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any] | None:
        """The result of a call that needs no memory; of another hook what it tells is noted; asked from any thread."""
        if tool != "hook":
            return None
        try:
            hooks = _hooks()
            found = hooks.at_once(arguments, self._home)
            if not isinstance(found, hooks.Noted):
                return _said(json.dumps(found, ensure_ascii=False))
            arguments["noted"] = found
        except Exception:  # noqa: BLE001 - a hook never stands in the way
            arguments.pop("noted", None)
        return None

    def late(self, tool: str, arguments: dict[str, Any]) -> tuple[float, Callable[[], dict[str, Any]]] | None:
        """How long the client waits for a call, and what makes what it gets then; asked from any thread.

        A hook learns from `deadline` when nobody waits for its answer any more.
        """
        if tool != "hook":
            return None
        try:
            hooks = _hooks()
            seconds = hooks.patience(arguments, self._home, is_ready=self._is_ready)
        except Exception:  # noqa: BLE001 - it takes as long as it takes
            return None
        if seconds is None:
            return None
        arguments["deadline"] = time.monotonic() + seconds
        return seconds, lambda: _said(json.dumps(hooks.carried(arguments, self._home), ensure_ascii=False))

    def close(self) -> None:
        """Close the memory."""
        if self._memory is not None:
            self._memory.close()

    def _ask_within(self, request: dict[str, Any]) -> dict[str, Any]:
        """One request; what names no namespace means those of the client's project, where it has one."""
        if "namespace" not in request and not request.get("any_namespace"):
            places = importlib.import_module("ntm_memory.hosts.places")
            project = places.project_of_client(os.environ, self._home)
            if project is not None:
                answer: dict[str, Any] = places.ask_within(project, request, self._ask)
                return answer
        return self._ask(request)

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """One request, to the memory that is open."""
        try:
            answer: dict[str, Any] = self._opened().run(request)
        except ModuleNotFoundError as error:
            raise NotSetUpError(f"the environment lacks {error.name}", setup_hint()) from error
        return answer

    def _opened(self) -> Any:
        if self._memory is None:
            from ntm_memory.commands import OpenMemory

            self._memory = OpenMemory(self._home)
        return self._memory

    def _hook(self, event: Mapping[str, Any]) -> str:
        """What the hooks' room says to an event of the host; nothing where anything is missing or goes wrong."""
        try:
            answer = _hooks().answer(event, self._ask, self._home)
            return json.dumps(answer if isinstance(answer, dict) else {}, ensure_ascii=False, allow_nan=False)
        except Exception:  # noqa: BLE001 - a hook never stands in the way
            return "{}"


def _hooks() -> Any:
    """The hooks' room, loaded when it is first asked for."""
    return importlib.import_module("ntm_memory.hosts.hooks")


def refusal(code: str, message: str, hint: str) -> dict[str, Any]:
    """The result of a call that failed."""
    message, hint = texts.in_words_of_tools(message), texts.in_words_of_tools(hint)
    told = {"code": code, "message": in_one_line(message), **({"hint": in_one_line(hint)} if hint else {})}
    return {**_said(texts.error_text(code, message, hint)), "structuredContent": {"error": told}, "isError": True}


def _tidy() -> None:
    """Give back what nothing refers to any more, so that a session's server does not grow with its turns.

    What was loaded is set aside first: a look at all of it would cost more than a prompt does.
    """
    gc.collect()
    if not gc.get_freeze_count():
        gc.freeze()


def _said(text: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}]}
