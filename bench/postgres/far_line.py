"""A line to a server as if it stood far away: how long its answers are waited for, and how often."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from urllib.parse import parse_qsl, urlencode, urlsplit

_AT_ONCE = 1 << 20


class FarLine:
    """Hands on what a client and a server say to each other.

    Args:
        socket_path: of the server.
        seconds: that each message takes one way.
    """

    def __init__(self, socket_path: str, seconds: float) -> None:
        self._server = socket_path
        self._seconds = seconds
        self._turns: list[int] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def turns(self) -> int:
        """How often a client spoke after an answer had come, all lines together: so often it may have waited."""
        return sum(self._turns)

    @property
    def lines(self) -> int:
        """How many lines were opened so far."""
        return len(self._turns)

    def url(self, url: str) -> str:
        """A URL of the server's, over this line."""
        parts = urlsplit(url)
        told = [(name, value) for name, value in parse_qsl(parts.query) if name != "host"]
        user = parts.netloc.rpartition("@")[0]
        return f"postgresql://{user}@127.0.0.1:{self.port}{parts.path}?{urlencode([*told, ('sslmode', 'disable')])}"

    def close(self) -> None:
        """Take no new lines."""
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._listening.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._turns.append(0)
                threading.Thread(target=self._hand_on, args=(client, len(self._turns) - 1), daemon=True).start()

    def _hand_on(self, client: socket.socket, line: int) -> None:
        with closing(client), closing(socket.socket(socket.AF_UNIX)) as server, suppress(OSError):
            server.connect(self._server)
            under_way: deque[tuple[float, socket.socket, bytes]] = deque()
            was_answered = True
            while True:
                until = max(under_way[0][0] - time.monotonic(), 0) if under_way else None
                for one in select.select([client, server], [], [], until)[0]:
                    told = one.recv(_AT_ONCE)
                    if not told:
                        return
                    if one is client and was_answered:
                        was_answered = False
                        self._turns[line] += 1
                    other = server if one is client else client
                    under_way.append((time.monotonic() + self._seconds, other, told))
                while under_way and under_way[0][0] <= time.monotonic():
                    _, one, told = under_way.popleft()
                    one.sendall(told)
                    was_answered |= one is client


@contextmanager
def far_line(url: str, seconds: float = 0.0) -> Iterator[FarLine]:
    """A line to the server of a URL while the block lasts; see `FarLine`."""
    folder = dict(parse_qsl(urlsplit(url).query))["host"]
    line = FarLine(f"{folder}/.s.PGSQL.5432", seconds)
    try:
        yield line
    finally:
        line.close()
