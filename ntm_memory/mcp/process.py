"""The server as a process: its streams, its signals, and what it is before the skill is set up.

Parses and runs on Python 3.7 or newer.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from ntm_memory.mcp import wire
from ntm_memory.mcp.server import Call, Server

ACTOR = "NTM_MEMORY_ACTOR"
_ENDS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""Signals by which clients end a server; Claude Code sends two of them, a tenth of a second apart."""


def serve(home: str | None = None) -> int:
    """Serve the client at stdin and stdout until it is gone.

    Args:
        home: the data folder; None: as `paths.data_home` finds it.
    """
    from ntm_memory.mcp.answering import Answering

    os.environ.setdefault(ACTOR, "mcp")
    answering = Answering(home)
    try:
        _connection(answering.call, _own_stdout(), answering.idle, answering.late, answering.at_once).serve(
            wire.lines(0)
        )
        return 0
    finally:
        answering.close()


def serve_unready(error: dict[str, str], is_ready: Callable[[], bool]) -> int:
    """Answer each call with what is missing: a client that cannot start a server shows its user nothing.

    Args:
        error: code, message and hint.
        is_ready: whether the set-up was completed since; then this process becomes the real server.
    """
    from ntm_memory.mcp.answering import refusal

    becoming = [False]

    def call(tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if tool == "hook":
            return {"content": [{"type": "text", "text": "{}"}]}
        becoming[0] = is_ready()
        if becoming[0]:
            return refusal("just_set_up", "the set-up was completed this moment", "call again")
        return refusal(error["code"], error["message"], error["hint"])

    def idle() -> None:
        if becoming[0] and os.name == "posix":
            os.dup2(answers, 1)
            os.execv(sys.executable, [sys.executable, *sys.argv])

    answers = _own_stdout()
    _connection(call, answers, idle).serve_step_by_step(wire.lines(0, at_once=1))
    return 0


def _own_stdout() -> int:
    """Stdout for the protocol alone: what a library prints must not end up between the messages."""
    answers = os.dup(1)
    os.dup2(2, 1)
    return answers


def _connection(call: Call, answers: int, idle: Callable[[], Any], *more: Any) -> Server:
    for number in _ENDS:
        signal.signal(number, _leave)
    return Server(call, wire.MessageWriter(answers), idle, *more)


def _leave(number: int, frame: object) -> None:
    """End as at the end of stdin, so that what is open is closed; a second signal does not disturb that."""
    for each in _ENDS:
        signal.signal(each, lambda number, frame: None)
    sys.exit(128 + number)
