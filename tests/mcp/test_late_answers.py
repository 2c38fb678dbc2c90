"""A client that waits for a hook gets an answer in time; what was asked is done all the same."""

from __future__ import annotations

import gc
import json
import threading
import time
import weakref
from pathlib import Path

import pytest

from ntm_memory.hosts import late
from ntm_memory.hosts.telling import Said
from ntm_memory.mcp.answering import Answering
from ntm_memory.mcp.server import Server
from ntm_memory.persistence.pending import content_of, waiting
from tests.opening import TINY, write_config

SCRIPTS = Path(__file__).parents[2] / "scripts"
LATE = {"content": [{"type": "text", "text": "{}"}]}


class Ring:
    """Refers to itself: Python frees it when it looks for such."""

    def __init__(self):
        self.itself = self


class Connection:
    """A server whose calls take until they are let go."""

    def __init__(self, seconds):
        self.sent, self.done, self.go = [], [], threading.Event()
        self.server = Server(
            self.call, self, late=lambda tool, arguments: (seconds, lambda: LATE) if tool == "hook" else None
        )
        self.is_broken = False
        self.thread = threading.Thread(target=self.server.work)
        self.thread.start()

    def send(self, message):
        self.sent.append(message)

    def call(self, tool, arguments):
        self.go.wait(10)
        self.done.append(tool)
        return {"content": [{"type": "text", "text": "told"}]}

    def ask(self, id, tool, **arguments):
        params = {"name": tool, "arguments": arguments or {"event": "UserPromptSubmit"}}
        self.server.take(json.dumps({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}).encode())

    def end(self):
        self.go.set()
        self.server._jobs.put(None)
        self.thread.join(10)
        return [(message["id"], message["result"]["content"][0]["text"]) for message in self.sent]


def wait_for(condition):
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    assert condition()


def test_what_takes_too_long_is_answered_with_nothing_once_and_is_done_all_the_same():
    connection = Connection(0.05)
    connection.ask(1, "hook")
    wait_for(lambda: connection.sent)
    assert connection.end() == [(1, "{}")]
    assert connection.done == ["hook"]


def test_what_waits_for_its_turn_too_long_is_answered_as_well():
    connection = Connection(0.05)
    connection.ask(1, "recall")
    connection.ask(2, "hook")
    wait_for(lambda: connection.sent)
    assert connection.end() == [(2, "{}"), (1, "told")]
    assert connection.done == ["recall", "hook"]


def test_no_thread_waits_for_what_is_answered():
    connection = Connection(60)
    connection.go.set()
    connection.ask(1, "hook")
    wait_for(lambda: connection.sent)
    connection.end()
    wait_for(lambda: not [each for each in threading.enumerate() if isinstance(each, threading.Timer)])


def test_what_is_in_time_is_answered_once():
    connection = Connection(0.3)
    connection.go.set()
    connection.ask(1, "hook")
    wait_for(lambda: connection.sent)
    time.sleep(0.5)
    assert connection.end() == [(1, "told")]


def test_what_needs_no_memory_is_answered_at_once_however_busy_memory_is(tmp_path):
    write_config(tmp_path, **TINY, store={"backups": 0})
    answering = Answering(str(tmp_path))
    connection = Connection(60)
    connection.server._at_once = answering.at_once
    try:
        connection.ask(1, "memorize")  # it is not let go
        for id, command in enumerate(("ls", f"python3 {SCRIPTS}/recall.py tea"), 2):
            told = {"event": "PreToolUse", "tool_name": "Bash", "tool_input": json.dumps({"command": command})}
            connection.ask(id, "hook", **told)
        connection.ask(4, "hook", event="PostToolUse", session_id="s")
        assert [message["id"] for message in connection.sent] == [2, 3, 4], "before this thread does anything else"
        ls, ours, after = (message["result"]["content"][0]["text"] for message in connection.sent)
        assert (ls, after) == ("{}", "{}")
        assert json.loads(ours)["hookSpecificOutput"]["permissionDecision"] == "allow"
    finally:
        connection.end()
        answering.close()


def test_what_a_prompt_tells_to_keep_is_on_the_disk_while_memory_is_busy(tmp_path):
    write_config(tmp_path, **TINY, store={"backups": 0})
    answering = Answering(str(tmp_path))
    connection = Connection(60)
    connection.server._at_once = answering.at_once
    try:
        connection.ask(1, "memorize")
        connection.ask(2, "hook", event="UserPromptSubmit", session_id="s", prompt="<remember>green tea</remember>")
        (name,) = waiting(tmp_path)
        assert b"green tea" in content_of(tmp_path, name)
    finally:
        connection.end()
        answering.close()


def test_who_waits_too_long_gets_what_came_too_late_for_the_prompt_before(tmp_path):
    write_config(tmp_path, **TINY, store={"backups": 0}, hosts={"patience": 0.05})
    answering = Answering(str(tmp_path))
    try:
        answering.idle()
        _, value = answering.late("hook", {"event": "UserPromptSubmit", "session_id": "s9", "prompt": "and now?"})
        late.keep("s9", Said("from before", ("m_1",)))
        assert "from before" in value()["content"][0]["text"]
        assert value() == LATE, "once"
    finally:
        answering.close()


@pytest.fixture
def answering(tmp_path):
    write_config(tmp_path, **TINY, store={"backups": 0}, hosts={"patience": 0.2})
    answering = Answering(str(tmp_path))
    yield answering
    answering.close()


def test_only_hooks_are_waited_for_so_long_and_they_know_it(answering):
    arguments = {"event": "UserPromptSubmit", "prompt": "x"}
    seconds, value = answering.late("hook", arguments)
    assert seconds > 1, "it is not loaded yet"
    assert value() == LATE
    assert 0 < arguments["deadline"] - time.monotonic() <= seconds
    answering.idle()
    assert answering.late("hook", {"event": "UserPromptSubmit"})[0] == 0.2
    assert answering.late("hook", {"event": "PreToolUse"}) is None
    assert answering.late("recall", {"query": "x"}) is None


def test_settings_that_cannot_be_read_do_no_harm(answering, tmp_path):
    (tmp_path / "config.json").write_text("{")
    assert answering.late("hook", {"event": "UserPromptSubmit"}) is None
    assert answering.call("hook", {"event": "UserPromptSubmit", "prompt": "What?"}) == LATE


def test_a_plugin_s_server_keeps_what_it_is_told_with_its_project(answering, tmp_path, monkeypatch):
    (tmp_path / "app" / ".git").mkdir(parents=True)
    monkeypatch.setenv("CLAUDE_PROJECT_DIR", str(tmp_path / "app"))
    monkeypatch.setenv("CLAUDE_PLUGIN_ROOT", "/x")
    told = answering.call("memorize", {"content": "The port is 5433", "key": "port"})["structuredContent"]
    assert told["memory"]["namespace"].startswith("app-")
    found = answering.call("update", {"id": "port", "content": "The port is 5434"})["structuredContent"]
    assert found["memory"]["id"] == told["memory"]["id"]
    monkeypatch.setenv("NTM_MEMORY_NAMESPACE", "mine")
    assert answering.call("memorize", {"content": "x"})["structuredContent"]["memory"]["namespace"] == "mine"


def test_a_server_that_waits_keeps_no_garbage(tmp_path):
    write_config(tmp_path / "m", embedder=TINY)
    answering = Answering(str(tmp_path / "m"))
    try:
        answering.idle()
        assert gc.get_freeze_count(), "what was loaded is set aside"
        ring = Ring()
        seen = weakref.ref(ring)
        del ring
        answering.idle()
        assert seen() is None
    finally:
        answering.close()
        gc.unfreeze()
