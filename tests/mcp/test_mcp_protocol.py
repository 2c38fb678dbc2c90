"""The protocol, line by line, in this process: both forms, what is wrong, what is not wanted any more."""

from __future__ import annotations

import json
import os
import threading

import pytest

from ntm_memory.mcp import protocol, wire
from ntm_memory.mcp.server import Server
from ntm_memory.mcp.tools import TOOLS

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


class Kept:
    """A writer that keeps what it is given."""

    is_broken = False

    def __init__(self):
        self.messages = []

    def send(self, message):
        self.messages.append(json.loads(json.dumps(message)))


class Connection:
    """A server whose main thread works when told to; its tools answer what they were called with."""

    def __init__(self):
        self.writer, self.called = Kept(), []
        self.server = Server(self.call, self.writer)

    def call(self, tool, arguments):
        self.called.append((tool, arguments))
        return {"content": [{"type": "text", "text": tool}], "structuredContent": arguments}

    def say(self, *messages):
        for message in messages:
            self.server.take(message if isinstance(message, bytes) else json.dumps(message).encode())

    def work(self):
        """What the main thread would do until stdin ends; everything that was sent since."""
        self.server._jobs.put(None)
        self.server.work()
        sent, self.writer.messages = self.writer.messages, []
        return sent

    def ask(self, method, **params):
        self.say({"jsonrpc": "2.0", "id": 7, "method": method, "params": params})
        (answer,) = self.work()
        assert answer["id"] == 7
        return answer


@pytest.fixture
def client():
    return Connection()


def code(answer):
    return answer["error"]["code"]


@pytest.mark.parametrize("asked", protocol.HANDSHAKE_VERSIONS)
def test_a_version_that_we_speak_is_taken(client, asked):
    result = client.ask("initialize", protocolVersion=asked, clientInfo={"name": "x", "version": "1"})["result"]
    assert result["protocolVersion"] == asked
    assert result["capabilities"] == {"tools": {}}
    assert result["serverInfo"]["name"] == "ntm-memory-system"


@pytest.mark.parametrize("asked", ["1999-01-01", "2026-07-28", None, 7, ["2025-11-25"]])
def test_for_any_other_the_newest_is_offered(client, asked):
    assert client.ask("initialize", protocolVersion=asked)["result"]["protocolVersion"] == "2025-11-25"


def test_discovery_needs_no_handshake(client):
    result = client.ask("server/discover", _meta=META)["result"]
    assert result["supportedVersions"] == ["2026-07-28"]
    assert (result["resultType"], result["cacheScope"]) == ("complete", "public")
    assert result["_meta"]["io.modelcontextprotocol/serverInfo"]["version"]
    listed = client.ask("tools/list", _meta=META)["result"]
    assert listed["tools"] == TOOLS and listed["ttlMs"] >= 0 and listed["resultType"] == "complete"
    called = client.ask("tools/call", _meta=META, name="status")["result"]
    assert called["resultType"] == "complete" and "ttlMs" not in called


def test_results_of_the_older_form_have_nothing_of_the_newer(client):
    assert set(client.ask("tools/list")["result"]) == {"tools"}
    assert set(client.ask("tools/call", name="status", arguments={})["result"]) == {"content", "structuredContent"}
    assert client.ask("ping")["result"] == {}


def test_a_version_to_come_is_refused_with_those_that_are_spoken(client):
    for method in ("server/discover", "tools/list", "tools/call"):
        meta = {**META, "io.modelcontextprotocol/protocolVersion": "2030-01-01"}
        answer = client.ask(method, _meta=meta, name="status")
        assert code(answer) == -32022
        assert answer["error"]["data"] == {"supported": ["2026-07-28"], "requested": "2030-01-01"}
    assert code(client.ask("tools/list", _meta={"io.modelcontextprotocol/protocolVersion": 7})) == -32602
    assert client.called == []


@pytest.mark.parametrize("method", ["resources/list", "prompts/list", "logging/setLevel", "subscriptions/listen", "x"])
def test_methods_that_there_are_not(client, method):
    assert code(client.ask(method)) == -32601


@pytest.mark.parametrize(
    ("line", "number"),
    [
        (b"{", -32700),
        (b"\xff\xfe{}", -32700),
        (b"[" * 100_000, -32700),
        (b"null", -32600),
        (b"[]", -32600),
        (b"7", -32600),
        (b'{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":1}', -32600),
        (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":7}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}', -32602),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call"}', -32602),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"purge"}}', -32602),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":["recall"]}}', -32602),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"recall","arguments":"x"}}', -32602),
    ],
)
def test_what_is_no_request_is_answered_and_the_next_one_works(client, line, number):
    client.say(line)
    (answer,) = client.work()
    assert code(answer) == number and answer["jsonrpc"] == "2.0" and "id" in answer
    assert client.ask("ping")["result"] == {}


def test_notifications_answers_and_blank_lines_are_not_answered(client):
    client.say(
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "method": "notifications/nobody/knows", "params": {"a": 1}},
        {"jsonrpc": "2.0", "id": 9, "result": {}},
        {"jsonrpc": "2.0", "id": 9, "error": {"code": 1, "message": "x"}},
        b"",
        b"  \r",
    )
    assert client.work() == []


def test_windows_line_ends_and_a_mark_at_the_beginning(client):
    client.say(b'\xef\xbb\xbf{"jsonrpc":"2.0","id":"a","method":"ping"}\r')
    assert client.work() == [{"jsonrpc": "2.0", "id": "a", "result": {}}]


def call(id, tool="status", **arguments):
    return {"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}


def cancel(id):
    return {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}}


def test_what_is_cancelled_before_its_turn_is_not_done(client):
    client.say(call(1, "recall", query="a"), call("2", "erase", ids=["x"]), cancel("2"), call(3))
    assert [message["id"] for message in client.work()] == [1, 3]
    assert [tool for tool, _ in client.called] == ["recall", "status"]


def test_what_is_cancelled_meanwhile_is_not_answered(client):
    def call_and_cancel(tool, arguments):
        client.say(cancel(1))
        return {"content": []}

    client.server._call = call_and_cancel
    client.say(call(1))
    assert client.work() == []


def test_cancelling_what_is_done_or_unknown_does_nothing_and_leaves_nothing(client):
    client.say(call(1))
    assert len(client.work()) == 1
    client.say(cancel(1), cancel("never"), cancel(None), cancel({"a": 1}), {**cancel(1), "params": {}})
    client.say(call(1))
    assert [message["id"] for message in client.work()] == [1]
    assert client.server._unanswered == client.server._cancelled == set()


def test_a_batch_is_answered_in_one_line(client):
    client.say([call(1), cancel(9), {"jsonrpc": "2.0", "id": 2, "method": "ping"}, 7, call(3)])
    (batch,) = client.work()
    assert sorted(message["id"] or 0 for message in batch) == [0, 1, 2, 3]
    client.say([cancel(9)])
    assert client.work() == []


def test_a_client_that_shows_the_structure_to_its_model_gets_the_text_alone(client):
    client.ask("initialize", protocolVersion="2025-11-25", clientInfo={"name": "claude-code", "version": "2.1.332"})
    assert set(client.ask("tools/call", name="status")["result"]) == {"content"}
    meta = {**META, "io.modelcontextprotocol/clientInfo": {"name": "other", "version": "1"}}
    assert "structuredContent" in client.ask("tools/call", name="status", _meta=meta)["result"]
    meta = {**META, "io.modelcontextprotocol/clientInfo": {"name": "claude-code", "version": "2.1.332"}}
    assert "structuredContent" not in client.ask("tools/call", name="status", _meta=meta)["result"]


def test_the_first_word_wakes_what_warms_up(client):
    woken = threading.Event()
    client.server._idle = woken.set

    def lines():
        yield b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
        assert woken.wait(20)

    client.server.serve(lines())
    assert woken.is_set()


def test_what_is_sent_is_ascii_whatever_is_in_it():
    read, write = os.pipe()
    wire.MessageWriter(write).send({"id": "\ud800", "text": "小美\u2028"})
    os.close(write)
    (line,) = wire.lines(read)
    os.close(read)
    assert line.isascii() and json.loads(line) == {"id": "\ud800", "text": "小美\u2028"}


def test_lines_are_lines_however_they_come_in():
    read, write = os.pipe()
    for part in (b"a", b"b\ncd\n\ne", b"f"):
        os.write(write, part)
    os.close(write)
    assert list(wire.lines(read)) == [b"ab", b"cd", b"", b"ef"]
    os.close(read)


def test_the_server_ends_when_nobody_reads_its_answers():
    read, write = os.pipe()
    os.close(read)
    writer = wire.MessageWriter(write)
    server = Server(lambda tool, arguments: {"content": []}, writer)
    server.serve([b'{"jsonrpc":"2.0","id":1,"method":"ping"}'] * 3)
    assert writer.is_broken
    os.close(write)
