"""Stand-ins for the model behind a host, on loopback: they replay a list of assistant turns and log every request."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Model(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self._send({})

    def do_GET(self):
        self._send({"object": "list", "data": [{"id": "stub-model", "object": "model"}]})

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        with self.server.lock:
            self.server.requests.append(request)
            # requests without tools are the host's own (titles and the like)
            turn = self.server.turns.pop(0) if request.get("tools") and self.server.turns else {"text": "ok"}
        self._send(*self._answer(request, turn))

    def _send(self, answer, events=None):
        body = "".join(events).encode() if events else json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream" if events else "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class Anthropic(_Model):
    """The Messages API."""

    def _answer(self, request, turn):
        if "count_tokens" in self.path:
            return ({"input_tokens": 10},)
        if "text" in turn:
            block, stop = {"type": "text", "text": turn["text"]}, "end_turn"
        else:
            block = {"type": "tool_use", "id": f"toolu_{len(self.server.requests)}", **turn}
            stop = "tool_use"
        message = {
            "id": f"msg_{len(self.server.requests)}",
            "type": "message",
            "role": "assistant",
            "model": "stub",
            "content": [],
        }
        message |= {"stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 10, "output_tokens": 1}}
        if not request.get("stream"):
            return ({**message, "content": [block], "stop_reason": stop},)
        if stop == "end_turn":
            delta, empty = {"type": "text_delta", "text": block["text"]}, {**block, "text": ""}
        else:
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
            empty = {**block, "input": {}}
        events = [
            {"type": "message_start", "message": message},
            {"type": "content_block_start", "index": 0, "content_block": empty},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": message["usage"]},
            {"type": "message_stop"},
        ]
        return {}, [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events]


class OpenAI(_Model):
    """The chat completions API."""

    def _answer(self, request, turn):
        if "text" in turn:
            said, stop = {"role": "assistant", "content": turn["text"]}, "stop"
        else:
            function = {"name": turn["name"], "arguments": json.dumps(turn["input"])}
            tool = {"index": 0, "id": f"call_{len(self.server.requests)}", "type": "function", "function": function}
            said, stop = {"role": "assistant", "tool_calls": [tool]}, "tool_calls"
        head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "stub-model"}
        usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
        if not request.get("stream"):
            choice = {"index": 0, "message": said, "finish_reason": stop}
            return ({**head, "object": "chat.completion", "choices": [choice], "usage": usage},)
        chunks = [
            {**head, "choices": [{"index": 0, "delta": said, "finish_reason": None}]},
            {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": stop}], "usage": usage},
        ]
        return {}, [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks] + ["data: [DONE]\n\n"]


@contextmanager
def serving(handler, turns):
    """A server that plays these turns: {"name": tool, "input": {...}} or {"text": "..."}; `requests` is its log."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.turns, server.requests, server.lock = list(turns), [], threading.Lock()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
