"""Calls of tools, carried out by one memory that stays open between them; whatever happens, there is an answer."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Mapping
from typing import Any

from ntm_memory.errors import NotSetUpError, NTMMemoryError
from ntm_memory.mcp import calls, texts
from ntm_memory.paths import setup_hint

NAMESPACE = "NTM_MEMORY_NAMESPACE"


class Answering:
    """What stands between the protocol and the memory; used from one thread.

    Args:
        home: the data folder; None: as `paths.data_home` finds it.
    """

    def __init__(self, home: str | None = None) -> None:
        self._home = home
        self._memory: Any = None
        self._is_warm = False

    def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """The result of a call; what went wrong is told in it."""
        if tool == "hook":
            return _said(json.dumps(self._hook(arguments), ensure_ascii=False))
        try:
            request = calls.request_of(tool, arguments, os.environ.get(NAMESPACE) or None)
            answer = texts.plain(self._ask(request))
            return {**_said(texts.text_of(tool, answer)), "structuredContent": answer}
        except NTMMemoryError as error:
            return refusal(error.code, error.message, error.hint)
        except Exception as error:  # noqa: BLE001 - the client's session goes on whatever bug we have
            return refusal("bug", f"{type(error).__name__}: {error}", "please report this")

    def idle(self) -> None:
        """Load what the first call would wait for; later do what may be done while nobody waits."""
        try:
            if not self._is_warm:
                self._is_warm = True
                self._opened().warm_up()
            elif self._memory is not None:
                self._memory.settle()
        except Exception:  # noqa: BLE001, S110 - whoever calls a tool will be told
            pass

    def close(self) -> None:
        """Close the memory."""
        if self._memory is not None:
            self._memory.close()

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

    def _hook(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """What the hooks' room says to an event of the host; nothing where anything is missing or goes wrong."""
        try:
            hooks = importlib.import_module("ntm_memory.hosts.hooks")
            answer = hooks.answer(event, self._ask, self._home)
            return answer if isinstance(answer, dict) else {}
        except Exception:  # noqa: BLE001 - a hook never stands in the way
            return {}


def refusal(code: str, message: str, hint: str) -> dict[str, Any]:
    """The result of a call that failed."""
    message, hint = texts.in_words_of_tools(message), texts.in_words_of_tools(hint)
    told = texts.plain({"code": code, "message": message, "hint": hint or None})
    return {**_said(texts.error_text(code, message, hint)), "structuredContent": {"error": told}, "isError": True}


def _said(text: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}]}
