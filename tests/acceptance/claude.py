"""Driving the real Claude Code: one process that is told messages, a scripted model behind it."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .stubs import Anthropic, serving

QUIET = (
    "DISABLE_AUTOUPDATER",
    "DISABLE_TELEMETRY",
    "DISABLE_ERROR_REPORTING",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
)
STREAMS = ("--input-format", "stream-json", "--output-format", "stream-json", "--verbose")
_INJECTED = re.compile(r"(\w+) hook additional context: (.*?</recalled-memories>)", re.DOTALL)
LONGEST = 120
"""Seconds that an answer may take."""
SKILL = "ntm-memory-system"
ROOT = Path(__file__).resolve().parents[2]


def bash(command):
    """A turn of the model that runs a command."""
    return {"name": "Bash", "input": {"command": command, "description": "memory"}}


def load_skill(name=SKILL):
    """A turn of the model that loads the skill."""
    return {"name": "Skill", "input": {"skill": name}}


def tool(name, **arguments):
    """A turn of the model that calls a tool of the plugin's server."""
    return {"name": f"mcp__plugin_{SKILL}_memory__{name}", "input": arguments}


def subagent(task, *turns):
    """The turns of a model that gives a task to a subagent, and those of the subagent."""
    call = {"description": "look", "prompt": task, "subagent_type": "general-purpose", "run_in_background": False}
    return [{"name": "Agent", "input": call}, *turns, {"text": "the subagent is done"}]


@dataclass
class Answer:
    """What came of one message: the client's events, and what it sent to the model meanwhile."""

    events: list[dict[str, Any]]
    requests: list[dict[str, Any]]

    @property
    def denials(self):
        """Calls that were refused, by what was to be run."""
        ends = [event for event in self.events if event["type"] == "result"]
        return [denial["tool_input"] for end in ends for denial in end["permission_denials"]]

    @property
    def results(self):
        """What the tools answered, as text, in order."""
        said = [block for event in self.events if event["type"] == "user" for block in _blocks(event["message"])]
        return [_text(block["content"]) for block in said if block.get("type") == "tool_result"]

    @property
    def begin(self):
        """What the client says of itself."""
        return next(event for event in self.events if event.get("subtype") == "init")

    @property
    def injected(self):
        """Hook → what it put beside this message, as it stands in the first request to the model."""
        asked = next(request for request in self.requests if request.get("tools"))
        after: list[str] = []
        for message in asked["messages"]:
            after = [] if message["role"] == "assistant" else [*after, *texts_of(message)]
        return dict(_INJECTED.findall("\n".join(after)))

    @property
    def all_injected(self):
        """The same of every request to the model, with what came before the message."""
        return [dict(_INJECTED.findall(text)) for text in self.sent]

    @property
    def sent(self):
        """All texts of each conversation that was sent to the model."""
        asked = [request for request in self.requests if request.get("tools")]
        return ["\n".join(text for message in each["messages"] for text in texts_of(message)) for each in asked]


def _blocks(message):
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def texts_of(message):
    """The texts of a message."""
    return [_text(block.get("text", block.get("content", ""))) for block in _blocks(message)]


def _text(content):
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content)


class Client:
    """One process of Claude Code.

    Args:
        program: the client.
        user: environment variables of its user; `PWD` is where it works.
        arguments: further ones of its command line.
    """

    def __init__(self, program: Path, user: dict[str, str], *arguments: str) -> None:
        self._serving = serving(Anthropic, [])
        self.model = self._serving.__enter__()
        self._said: queue.Queue[str | None] = queue.Queue()
        self._errors = open(Path(user["HOME"]) / f"errors-{id(self)}.txt", "w+")  # noqa: SIM115 - closed by `close`
        self.process = subprocess.Popen(
            [str(program), "-p", *STREAMS, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
            cwd=user["PWD"],
            env=variables(user, self.model.server_port),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def say(self, text: str, *turns: dict[str, Any]) -> Answer:
        """Send a message; the model plays these turns, then says `ok`."""
        before = len(self.model.requests)
        self.model.turns[:] = turns
        message = {"type": "user", "message": {"role": "user", "content": text}}
        self.process.stdin.write(json.dumps(message, ensure_ascii=False) + "\n")
        self.process.stdin.flush()
        events: list[dict[str, Any]] = []
        while not events or events[-1]["type"] != "result":
            line = self._said.get(timeout=LONGEST)
            if line is None:
                self._errors.seek(0)
                raise AssertionError(f"the client ended: {self._errors.read()[-2000:]} {events[-3:]}")
            events.append(json.loads(line))
        return Answer(events, self.model.requests[before:])

    def kill(self) -> None:
        """End it as a machine out of memory would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(LONGEST)

    def close(self) -> None:
        """Let it end by itself: nothing more is told."""
        if self.process.poll() is None:
            self.process.stdin.close()
        try:
            self.process.wait(LONGEST)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        finally:
            self._reader.join(10)
            for stream in (self.process.stdin, self.process.stdout, self._errors):
                _close(stream)
            self._serving.__exit__(None, None, None)

    def _read(self) -> None:
        for line in self.process.stdout:
            self._said.put(line)
        self._said.put(None)


def _close(stream):
    try:
        stream.close()
    except BrokenPipeError:
        pass


@contextmanager
def talking(program, user, *arguments):
    """A client, ended at the end."""
    client = Client(program, user, *arguments)
    try:
        yield client
    finally:
        client.close()


def variables(user, port):
    """The environment of a client whose model is at this port of loopback."""
    return {
        **user,
        **dict.fromkeys(QUIET, "1"),
        "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{port}",
        "ANTHROPIC_API_KEY": "dummy",
    }


def command(program, user, *arguments):
    """What a command of the client that asks no model prints."""
    done = subprocess.run(
        [str(program), *arguments],
        capture_output=True,
        text=True,
        cwd=user["PWD"],
        env=variables(user, 9),
        stdin=subprocess.DEVNULL,
        timeout=LONGEST,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def servers(user):
    """Ids of processes that serve or use this user's memory: those with its environment that run one of our scripts."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                told = (folder / "environ").read_bytes().split(b"\0")
                line = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if f"HOME={user['HOME']}".encode() in told and b"/scripts/" in line and SKILL.encode() in line:
                found.append(int(folder.name))
    return found
