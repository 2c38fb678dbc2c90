"""The real server in a process of its own, and the few lines that a client needs to talk to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

SKILL = Path(__file__).parents[2]
SCRIPT = str(SKILL / "scripts" / "mcp.py")
TOLD = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


class Process:
    """A server, spoken to line by line."""

    def __init__(self, *command, **variables):
        environment = {**os.environ, **variables}
        environment.pop("PYTHONPATH", None)
        self.popen = subprocess.Popen(
            command or (sys.executable, SCRIPT),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={name: value for name, value in environment.items() if value is not None},
        )
        self._last = 0

    def send(self, line):
        data = line if isinstance(line, bytes) else json.dumps(line).encode()
        self.popen.stdin.write(data + b"\n")
        self.popen.stdin.flush()

    def read(self):
        line = self.popen.stdout.readline()
        assert line.isascii() and line.endswith(b"\n"), line
        return json.loads(line)

    def ask(self, method, **params):
        self._last += 1
        self.send({"jsonrpc": "2.0", "id": self._last, "method": method, "params": params})
        answer = self.read()
        assert answer["id"] == self._last
        return answer

    def call(self, tool, **arguments):
        return self.ask("tools/call", name=tool, arguments=arguments)["result"]

    def shake_hands(self):
        return self.ask("initialize", **TOLD)["result"]

    def end(self, seconds=20):
        """The exit code after stdin was closed, and what was said on stderr."""
        self.popen.stdin.close()
        code = self.popen.wait(seconds)
        return code, self.popen.stderr.read().decode()


@contextmanager
def serving(*command, **variables):
    process = Process(*command, **variables)
    try:
        yield process
    finally:
        process.popen.kill()
        process.popen.wait()
        for stream in (process.popen.stdin, process.popen.stdout, process.popen.stderr):
            stream.close()


def said(result):
    """The text block of a result."""
    (block,) = result["content"]
    assert block["type"] == "text"
    return block["text"]
