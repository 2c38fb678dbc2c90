"""Whatever bytes a file has, under whatever name: items or one of our errors come of it, and soon."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ntm_memory.errors import BadValueError
from ntm_memory.importers.items import Item
from ntm_memory.importers.omissions import Omitted
from ntm_memory.operations.validation import told
from ntm_memory.upkeep import exchange, sources

_TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
_NAMES = [
    "content", "text", "memory", "memories", "results", "name", "entityType", "observations", "entities", "from", "to",
    "relations", "relationType", "tags", "created_at", "metadata", "conversations_memory", "project_memories", "label",
    "agents", "blocks", "value", "mapping", "messages", "role", "format", "version", "categories", "type", "importance",
]  # fmt: skip
_OURS = "ntm-memory-system"
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT | st.sampled_from([_OURS, "2026-01-01"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES) | _TEXT, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
_LINES = st.lists(
    st.sampled_from(["---", "- a", "  - b", "# x", "**y**", "```", "title: z", "a,b", "text,tags", "{", "[", "", "|-|"])
    | _TEXT,
    max_size=12,
).map("\n".join)  # fmt: skip
_FILES = st.one_of(
    st.binary(max_size=200),
    _LINES.map(str.encode),
    _VALUES.map(lambda value: json.dumps(value).encode()),
    st.lists(_VALUES, min_size=2, max_size=3).map(lambda values: "\n".join(map(json.dumps, values)).encode()),
    _LINES.map(lambda text: text.encode("utf-16")),
)
_ENDINGS = st.sampled_from(["json", "jsonl", "md", "csv", "tsv", "txt", "af", "zip", ""])


@settings(max_examples=400, deadline=None)
@given(_FILES, _ENDINGS)
def test_nothing_but_items_and_errors_comes_of_them(tmp_path_factory, data, ending):
    file = tmp_path_factory.mktemp("any") / f"2026-05-08.{ending}"
    file.write_bytes(data)
    try:
        found = sources.read(file)
        items = [] if isinstance(found, exchange.Document) else list(found)
    except BadValueError as error:
        assert error.hint
        return
    for item in items:
        assert isinstance(item, Item) and item.line >= 1
        if not isinstance(item.telling, (BadValueError, Omitted)):
            try:
                told(item.telling)
            except BadValueError as error:
                assert len(error.message) < 400


@pytest.mark.parametrize("ending", ["json", "jsonl", "md", "csv", "txt"])
@pytest.mark.parametrize(
    "piece", ["[", "{", '"', "a,", "- ", "#", "---\n", '{"a":', "[[],", "\n", '{"text":"a"}\n', "<!--"]
)
def test_much_of_one_thing_takes_linear_time(tmp_path, ending, piece):
    file = tmp_path / f"a.{ending}"
    file.write_text(piece * (100_000 // len(piece)), "utf-8")
    before = time.process_time()
    try:
        found = sources.read(file)
        assert sum(len(str(item.telling)) for item in found) < 10_000_000
    except BadValueError as error:
        assert len(error.message) < 400
    assert time.process_time() - before < 3
