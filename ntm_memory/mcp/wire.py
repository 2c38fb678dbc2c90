"""JSON-RPC 2.0 over two file descriptors: one message a line, in UTF-8 whatever the locale.

Parses and runs on Python 3.7 or newer: it also speaks where nothing is set up yet.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from typing import Any

PARSE_ERROR, INVALID_REQUEST, NO_METHOD, BAD_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603
UNSUPPORTED_VERSION = -32022
_CHUNK = 65_536


class ProtocolError(Exception):
    """A message that is answered with an error of the protocol.

    Args:
        code: as JSON-RPC or MCP number it.
        message: what is wrong, in one sentence.
        data: what a program may want to know of it.
    """

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


def lines(descriptor: int, at_once: int = _CHUNK) -> Iterator[bytes]:
    """The lines of a stream until it ends; read without Python's buffers, whose locks a thread would leave behind.

    Args:
        descriptor: of the stream.
        at_once: bytes that are read in one go; 1: nothing after the line that was given is taken from the stream.
    """
    part = bytearray()
    while True:
        try:
            chunk = os.read(descriptor, at_once)
        except OSError:
            return
        if not chunk:
            break
        part += chunk
        if b"\n" in chunk:
            whole = bytes(part).split(b"\n")
            part = bytearray(whole.pop())
            yield from whole
    if part:
        yield bytes(part)


def parsed(line: bytes) -> Any:
    """What a line says.

    Raises:
        ProtocolError: it is not JSON in UTF-8.
    """
    try:
        return json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ProtocolError(PARSE_ERROR, f"not JSON in UTF-8: {error}") from error


def request_of(message: Any) -> tuple[Any, str, dict[str, Any]]:
    """(id, method, parameters) of a message; the id of a notification is None.

    Raises:
        ProtocolError: it is neither a request nor a notification.
    """
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0" or not isinstance(message.get("method"), str):
        raise ProtocolError(INVALID_REQUEST, "not a JSON-RPC 2.0 request")
    if "id" in message and not is_id(message["id"]):
        raise ProtocolError(INVALID_REQUEST, "the id of a request is a text or a whole number")
    params = message.get("params")
    if not isinstance(params, (dict, type(None))):
        raise ProtocolError(BAD_PARAMS, "params must be an object")
    return message.get("id"), message["method"], params or {}


def is_id(value: Any) -> bool:
    """Whether a value can name a request."""
    return isinstance(value, (str, int)) and not isinstance(value, bool)


def is_answer(message: Any) -> bool:
    """Whether a message answers a request; we ask nothing, so that it is not for us."""
    return isinstance(message, dict) and "method" not in message and ("result" in message or "error" in message)


def result(id: Any, value: dict[str, Any]) -> dict[str, Any]:
    """The answer to a request."""
    return {"jsonrpc": "2.0", "id": id, "result": value}


def failure(id: Any, error: ProtocolError) -> dict[str, Any]:
    """The answer to a request that cannot be carried out; the id is None where it is not known."""
    told = {"code": error.code, "message": error.message}
    if error.data is not None:
        told["data"] = error.data
    return {"jsonrpc": "2.0", "id": id, "error": told}


class MessageWriter:
    """Sends messages, from any thread, each in one piece.

    Args:
        descriptor: where to.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self.is_broken = False

    def send(self, message: Any) -> None:
        """Send one message; where nobody reads any more, `is_broken` says so from then on."""
        data = memoryview(json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n")
        with self._lock:
            try:
                while data:
                    data = data[os.write(self._descriptor, data) :]
            except OSError:
                self.is_broken = True
