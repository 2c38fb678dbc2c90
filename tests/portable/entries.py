"""Every way by which a caller gets a text into the memory, in one table; what hosts bring in is in `hosting`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from .surface import Surface

LATER = "2026-02-03T03:04:05Z"
"""When what the lossless form tells as an older version ended to hold."""
_other = iter(range(10**9))


@dataclass(frozen=True)
class Outcome:
    """What came of telling a text.

    Args:
        refused: the error's code; None: it was taken in.
        said: all that was printed.
    """

    refused: str | None
    said: str


Entry = Callable[[Surface, str], Outcome]


def _neighbour(memory: Surface) -> str:
    """A memory that may be rewritten; each is another one."""
    return memory.tell(f"A placeholder without meaning, number {next(_other)}")


def _one(said) -> Outcome:
    return Outcome(said.error, said.out + said.err)


def _many(said) -> Outcome:
    """Of a way that reports what it refuses in `failed`."""
    if said.code:
        return Outcome(said.error, said.out + said.err)
    failed = said.answer["failed"]
    return Outcome(failed[0]["code"] if failed else None, said.out)


def memorize(memory, text):
    return _one(memory.say("memorize", "-", "--source", "said to memorize", text=text))


def memorize_keyed(memory, text):
    """Under a key that has another value."""
    key = f"key-{next(_other)}"
    memory.tell(f"Another placeholder, number {next(_other)}", "--key", key)
    return _one(memory.say("memorize", "-", "--key", key, text=text))


def memorize_replaces(memory, text):
    return _one(memory.say("memorize", "-", "--replaces", _neighbour(memory), text=text))


def memorize_lines(memory, text):
    return _many(memory.say("memorize", "--jsonl", "-", text=_line(text)))


def update(memory, text):
    return _one(memory.say("update", _neighbour(memory), "--content", "-", text=text))


def reason_store(memory, text):
    return _one(memory.say("reason", "--store", "-", text=text))


def import_lines(memory, text):
    return _many(memory.say("import", "-", "--as", "jsonl", text=_line(text)))


def import_markdown(memory, text):
    lines = ("\\" + line if line.startswith(("---", "\\")) else line for line in text.split("\n"))
    return _many(memory.say("import", "-", "--as", "markdown", text="---\nsource: a file\n---\n" + "\n".join(lines)))


def import_json(memory, text):
    """The lossless form, as another memory wrote it."""
    return _many(memory.say("import", "-", "--as", "json", text=json.dumps(_document(text))))


def import_json_history(memory, text):
    """The lossless form, the text being an older version of something else."""
    return _many(memory.say("import", "-", "--as", "json", text=json.dumps(_document(text, old=True))))


def python_memorize(memory, text):
    return _in_python(memory, lambda manager: manager.memorize(text, source="python"))


def python_many(memory, text):
    return _in_python(memory, lambda manager: manager.memorize_many([{"content": text}]))


def python_save(memory, text):
    """The seed document's name."""
    return _in_python(memory, lambda manager: manager.save_memory(f"key-{next(_other)}", text))


def mcp_memorize(memory, text):
    return _by_tool(memory, "memorize", {"content": text, "source": "a tool"})


def mcp_many(memory, text):
    return _by_tool(memory, "memorize", {"many": [{"content": text}]})


def mcp_update(memory, text):
    return _by_tool(memory, "update", {"id": _neighbour(memory), "content": text})


WAYS: dict[str, Entry] = {
    way.__name__: way
    for way in (
        memorize, memorize_keyed, memorize_replaces, memorize_lines, update, reason_store, import_lines,
        import_markdown, import_json, import_json_history, python_memorize, python_many, python_save,
        mcp_memorize, mcp_many, mcp_update,
    )
}  # fmt: skip
"""Name → a way in for a text that was never here."""


def _line(text):
    return json.dumps({"content": text, "source": "a line"}) + "\n"


def _document(text, old=False):
    number = next(_other)
    time, other = "2026-01-02T03:04:05Z", f"A placeholder from elsewhere, number {number}"
    about = {"key": None, "importance": 0.5, "tags": [], "occurred_at": None}
    record = {
        "id": f"m_{_spelled(number)}", "address": None, "namespace": "default", "session": None, "position": 0, **about,
        "content": other if old else text, "source": "a file", "created_at": time, "updated_at": LATER,
        "version": 2, "retention": 1.0, "state": "live", "kind": None, "superseded_by": None, "reads": 0,
        "last_read_at": None, "links": [],
    }  # fmt: skip
    version = {"id": record["id"], "version": 1, "content": text if old else other, "valid_from": time}
    record["history"] = [version | about | {"valid_to": LATER}]
    return {"format": "ntm-memory-system", "version": 2, "memories": [record]}


def _spelled(number):
    """Ten characters of those that ids have."""
    letters = "23456789abcdefghjkmnpqrstvwxyz"
    return "zzz" + "".join(letters[number // 30**place % 30] for place in range(7))


def _by_tool(memory, tool, arguments):
    """As the MCP server calls it."""
    from ntm_memory.mcp.answering import Answering

    server = Answering(str(memory.home))
    try:
        result = server.call(tool, arguments)
    finally:
        server.close()
    answer = result["structuredContent"]
    code = (
        answer["error"]["code"] if "error" in answer else next((bad["code"] for bad in answer.get("failed", ())), None)
    )
    return Outcome(code, json.dumps(result, ensure_ascii=False))


def _in_python(memory, tell):
    from ntm_memory.errors import NTMMemoryError

    with memory.python() as manager:
        try:
            done = tell(manager)
        except NTMMemoryError as error:
            return Outcome(error.code, f"{error} {error.hint}")
    failed = getattr(done, "failed", ())
    return Outcome(failed[0].code if failed else None, repr(done))
