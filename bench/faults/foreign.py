"""Files of other tools, each form once, and changes of them: by structure, by byte, under other names."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.faults.command_lines import Feed, fill_home, looked_at
from bench.faults.home import Ticking, open_home
from bench.faults.mutate import Mutator
from ntm_memory.errors import NTMMemoryError

_ENTITY = {"type": "entity", "name": "Ute", "entityType": "person", "observations": ["Bakes", {"content": "Sings"}]}
_RELATION = {"type": "relation", "from": "Ute", "to": "Nord", "relationType": "owns", "timestamp": "2026-01-01"}
_MEM0 = {"id": "a", "memory": "Ute bakes", "metadata": {"n": 1}, "categories": ["work"], "created_at": "2026-01-01"}
_SERVICE = {"content": "Ute bakes", "content_hash": "x", "tags": ["a"], "created_at": 1.7e9, "memory_type": "fact"}
_BLOCK = {"label": "human", "value": "Ute bakes"}
JSON: tuple[Any, ...] = (
    {"entities": [_ENTITY], "relations": [_RELATION]},
    {"results": [_MEM0]},
    [_MEM0],
    {"export_metadata": {}, "memories": [_SERVICE, _SERVICE]},
    [{"conversations_memory": "**Work**\n\nUte bakes", "project_memories": {"p": "- tea"}}],
    {"agents": [{"memory_blocks": [_BLOCK]}], "blocks": [_BLOCK]},
    {"core_memory": [_BLOCK]},
    [{"title": "x", "mapping": {"a": {}}}],
    [{"chat_messages": [{"text": "hi"}]}],
    [{"content": "Ute bakes", "when": "2026-01-01"}, "tea"],
)
LINES: tuple[Any, ...] = (_ENTITY, _RELATION, _MEM0, _SERVICE, {"content": "tea"}, {"sessionId": "s", "uuid": "u"})
TEXTS = (
    "---\ntitle: Coffee\naliases: [Kaffee]\ntags:\n- drink\ncreated: 2026-05-08\n---\n\nPour over.\n\n---\nmore\n",
    "# MEMORY\n\n## People\n- Ute: baker\n  - her van is red\n1. Sam\n\n**Bold**\n\ntext\n```\ncode\n```\n",
    'content,tags,when,importance\n"Ute, baker",a;b,2026-05-08,0.5\n"two\nlines",,,\n',
    "text\ttags\nUte\ta\n",
    "<!DOCTYPE html><html></html>",
    "---\n{\n---\nPour over.\n",
)
_NAMES = ("a.json", "a.jsonl", "a.md", "2026-05-08.md", "a.csv", "a.tsv", "a.txt", "a.af", "a", "a.zip", "\udcff.md")


def foreign(folder: Path, draw: Mutator) -> Feed:
    """A feed of such files."""
    with open_home(folder / "home", clock=Ticking()) as memory:
        fill_home(memory)
        count = 0
        while True:
            (name, data), count = (draw.choice(_NAMES), _file(draw)), count + 1

            def act(name: str = name, data: bytes = data, last: bool = count % 20 == 0) -> None:
                with suppress(OSError):
                    (folder / name).write_bytes(data)
                with suppress(NTMMemoryError):
                    memory.import_file(folder / name, dry_run=draw.random() < 0.5)
                if last:
                    with suppress(NTMMemoryError):
                        memory.import_file(folder, dry_run=True)
                    looked_at(memory)

            yield (name, data), act


def _file(draw: Mutator) -> bytes:
    """The bytes of a file of some form, hardly ever as it should be."""
    text = "".join(_pieces(draw))
    data = text.encode("utf-8", "surrogatepass")
    kind = draw.random()
    if kind < 0.05:
        return _zipped(draw, data)
    return draw.bytes_changed(data) if kind < 0.3 else data


def _pieces(draw: Mutator) -> Iterator[str]:
    kind = draw.random()
    if kind < 0.4:
        value = draw.changed(draw.choice(JSON), draw.choice((1, 1, 3)))
        yield draw.json(value) if draw.random() < 0.9 else json.dumps(draw.json(value))
    elif kind < 0.6:
        for _ in range(draw.randint(1, 3)):
            yield draw.json(draw.changed(draw.choice(LINES), draw.choice((0, 1, 2)))) + "\n"
    else:
        text = draw.choice(TEXTS)
        for _ in range(draw.randint(0, 4)):
            at = draw.randrange(len(text) + 1)
            text = text[:at] + draw.text() + text[at + draw.choice((0, 0, 1, 20)) :]
        yield text


def _zipped(draw: Mutator, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(draw.choice(("conversations.json", "memories.json", "x")), data)
    return draw.bytes_changed(out.getvalue())
