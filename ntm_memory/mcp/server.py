"""The server: one thread reads and answers what needs no memory, the main thread does what does, one call at a time.

It ends with its client: when stdin ends, when nobody reads its answers, when its parent is gone.

Parses and runs on Python 3.7 or newer.
"""

from __future__ import annotations

import os
import queue
import threading
from typing import Any, Callable, Dict, Iterable, Tuple  # noqa: UP035 - Python 3.7 reads this file

from ntm_memory.mcp import protocol, wire

Call = Callable[[str, Dict[str, Any]], Dict[str, Any]]  # noqa: UP006
"""(tool, arguments) → the result of the call; never raises."""
Late = Tuple[float, Callable[[], Dict[str, Any]]]  # noqa: UP006
"""(seconds that a client waits for a call, what makes the result that it gets then)."""
_LOOKS_EVERY = 5.0
"""Seconds between two looks whether the parent is still there."""


class Server:
    """A connection with one client.

    Args:
        call: carries out a call of a tool, in the thread of `work`.
        writer: sends answers.
        idle: called in that thread whenever nothing waits: first as soon as a client has spoken, then after calls; true
            where it has more to do.
        late: how long the client waits for a call at most; the call is carried out all the same. None: as it takes.
        at_once: the result of a call that needs no memory, asked for in the thread that reads, however busy the other
            one is; None: the call has to be carried out.
    """

    def __init__(
        self,
        call: Call,
        writer: wire.MessageWriter,
        idle: Callable[[], Any] = lambda: None,
        late: Callable[[str, dict[str, Any]], Late | None] = lambda tool, arguments: None,
        at_once: Callable[[str, dict[str, Any]], dict[str, Any] | None] = lambda tool, arguments: None,
    ) -> None:
        self._call = call
        self._writer = writer
        self._idle = idle
        self._late = late
        self._at_once = at_once
        self._jobs: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._unanswered: set[Any] = set()
        self._cancelled: set[Any] = set()
        self._lock = threading.Lock()
        self._has_spoken = False
        self._client: str | None = None
        self._parent = os.getppid()

    def serve(self, lines: Iterable[bytes]) -> None:
        """Answer until the client is gone; what it asked before its stream ended is still answered."""
        threading.Thread(target=self._read, args=(lines,), name="reader", daemon=True).start()
        self.work()

    def serve_step_by_step(self, lines: Iterable[bytes]) -> None:
        """The same in one thread: nothing is read before all that was asked is answered."""
        for line in lines:
            self.take(line)
            while not self._jobs.empty():
                job = self._jobs.get()
                if job is not None:
                    job()
            self._idle()
            if self._writer.is_broken:
                return

    def work(self) -> None:
        """Do what was asked for, until the client is gone."""
        while not self._writer.is_broken:
            try:
                job = self._jobs.get(timeout=_LOOKS_EVERY)
            except queue.Empty:
                if os.getppid() != self._parent:
                    return
                continue
            if job is None:
                return
            job()
            while self._jobs.empty() and self._idle():
                pass

    def take(self, line: bytes) -> None:
        """Answer a line, or put it to what waits for the main thread."""
        if not line.strip():
            return
        try:
            message = wire.parsed(line)
        except wire.ProtocolError as error:
            self._writer.send(wire.failure(None, error))
            return
        if isinstance(message, list):
            self._take_batch(message)
        else:
            self._take_one(message, self._writer.send)
        if not self._has_spoken:
            self._has_spoken = True
            self._jobs.put(_nothing)

    def _read(self, lines: Iterable[bytes]) -> None:
        try:
            for line in lines:
                self.take(line)
                if self._writer.is_broken:
                    return
        finally:
            self._jobs.put(None)

    def _take_batch(self, messages: list[Any]) -> None:
        """Clients of 2025-03-26 may put several messages into a line; their answers come in one line, too."""
        answers: list[Any] = []
        if not messages:
            error = wire.ProtocolError(wire.INVALID_REQUEST, "an empty batch")
            self._writer.send(wire.failure(None, error))
        for message in messages:
            self._take_one(message, answers.append)
        self._jobs.put(lambda: self._writer.send(answers) if answers else None)

    def _take_one(self, message: Any, send: Callable[[Any], None]) -> None:
        if wire.is_answer(message):
            return
        id = message.get("id") if isinstance(message, dict) and wire.is_id(message.get("id")) else None
        try:
            id, method, params = wire.request_of(message)
            self._client = protocol.client_of(params) or self._client
            if id is None:
                self._note(method, params)
            elif method == "tools/call":
                self._put(id, protocol.version_of(params), *protocol.call_of(params), send)
            else:
                send(wire.result(id, protocol.answer(method, params)))
        except wire.ProtocolError as error:
            send(wire.failure(id, error))
        except Exception as error:  # noqa: BLE001 - a bug of ours answers, too
            told = wire.ProtocolError(wire.INTERNAL_ERROR, f"{type(error).__name__}: {error}")
            send(wire.failure(id, told))

    def _note(self, method: str, params: dict[str, Any]) -> None:
        """A notification; the only one that asks for something is that a request is not wanted any more."""
        if method == "notifications/cancelled" and wire.is_id(params.get("requestId")):
            with self._lock:
                if params["requestId"] in self._unanswered:
                    self._cancelled.add(params["requestId"])

    def _put(
        self, id: Any, version: str | None, tool: str, arguments: dict[str, Any], send: Callable[[Any], None]
    ) -> None:
        known = self._at_once(tool, arguments)
        if known is not None:
            send(wire.result(id, protocol.in_form(known, version, self._client)))
            return
        with self._lock:
            self._unanswered.add(id)
        timer = self._answer_in_time(id, version, self._late(tool, arguments)) if send == self._writer.send else None

        def job() -> None:
            if id not in self._cancelled:
                value = protocol.in_form(self._call(tool, arguments), version, self._client)
            with self._lock:
                is_wanted = id in self._unanswered and id not in self._cancelled
                self._cancelled.discard(id)
                self._unanswered.discard(id)
            if timer is not None:
                timer.cancel()  # a waiting thread for each prompt of the last seconds would be many
            if is_wanted:
                send(wire.result(id, value))

        self._jobs.put(job)

    def _answer_in_time(self, id: Any, version: str | None, late: Late | None) -> threading.Timer | None:
        """Answer a call once the client has waited long enough, if it is not answered by then; what waits for that."""
        if late is None:
            return None
        seconds, value_of = late

        def answer() -> None:
            with self._lock:
                is_waited_for = id in self._unanswered and id not in self._cancelled
                self._unanswered.discard(id)
            if is_waited_for:
                self._writer.send(wire.result(id, protocol.in_form(value_of(), version, self._client)))

        timer = threading.Timer(seconds, answer)
        timer.daemon = True
        timer.start()
        return timer


def _nothing() -> None:
    """Wakes the main thread."""
