"""Memories as files: JSON without any loss, JSON lines and Markdown as they could be told again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opening import Clock, opened, told

from ntm_memory.errors import BadValueError
from ntm_memory.operations.validation import checked_content, checked_name, checked_tags, from_json_lines
from ntm_memory.store.records import Link, Memory, Version
from ntm_memory.text.printable import is_visible
from ntm_memory.upkeep import exchange

_LINES = st.text(st.characters(exclude_categories=["Cs"])) | st.lists(
    st.sampled_from(["---", "--- ", "\\", "\\---", "", "a", "# b", "\r", "\u2028", "\u0085", "----"]), min_size=1
).map("\n".join)
_CONTENT = (
    _LINES.map(lambda text: text.replace("\0", "").strip()).map(lambda text: text if is_visible(text) else "x")
).map(checked_content)
_NAME = st.none() | st.text(max_size=40).map(lambda text: checked_name("name", text))
_SHARE = st.floats(0, 1)
_TIME = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(
    lambda time: f"{time.year:04d}-{time:%m-%dT%H:%M:%S.%f}Z"
)


@st.composite
def memories(draw):
    state = draw(st.sampled_from(["live", "archived", "erased"]))
    return Memory(
        id=draw(st.from_regex(r"m_[2-9a-z]{10}", fullmatch=True)),
        address=draw(st.integers(0, 10_000)) if state == "live" else None,
        namespace=draw(_NAME) or "default",
        session=draw(_NAME),
        position=draw(st.integers(0, 10_000)),
        key=draw(_NAME),
        content=draw(_CONTENT),
        importance=draw(_SHARE),
        tags=checked_tags(draw(st.lists(st.text(max_size=20), max_size=3))),
        source=draw(_NAME),
        created_at=draw(_TIME),
        occurred_at=draw(st.none() | st.just("2026-05-08T13:56:00Z")),
        updated_at=draw(_TIME),
        version=draw(st.integers(1, 100)),
        retention=0.0 if state == "erased" else draw(st.floats(0.01, 1)),
        state=state,
        kind=draw(_NAME),
        links=tuple(draw(st.lists(st.builds(Link, st.just("m_other"), _SHARE, st.just("name")), max_size=2))),
    )


@settings(max_examples=40)
@given(st.lists(memories(), max_size=3), st.integers(0, 3))
def test_json_loses_nothing(stored, passages):
    keys = np.random.default_rng(0).standard_normal((passages + 1, 8)).astype(np.float32)
    stored = [replace(memory, version=memory.version + 1) for memory in stored]
    history = [
        Version("m_1", 1, "old", None, 0.5, ("a",), None, "2026-05-08T00:00:00.000000Z", "2026-05-09T00:00:00.000000Z")
    ]
    histories = [[replace(version, id=memory.id) for version in history] for memory in stored]
    records = [exchange.to_record(memory, keys, own) for memory, own in zip(stored, histories, strict=True)]
    head, loaded = exchange.read_document(json.loads("".join(exchange.write_json({"memory_size": 7}, records))))
    assert head["memory_size"] == 7
    for memory, own, record in zip(stored, histories, loaded, strict=True):
        again, rows, versions = exchange.from_record(record)
        assert (again, versions) == (memory, own)
        assert np.array_equal(rows, keys)


@settings(max_examples=40)
@given(st.lists(memories(), max_size=3))
def test_json_lines_tell_again(stored):
    text = "".join(exchange.write_json_lines(stored))
    assert [record for _, record in from_json_lines(text.split("\n"))] == [exchange.to_telling(each) for each in stored]


@settings(max_examples=40)
@given(st.lists(memories(), max_size=3))
def test_markdown_tells_again(stored):
    found = list(exchange.read_markdown("".join(exchange.write_markdown(stored))))
    assert [record for _, record in found] == [exchange.to_telling(memory) for memory in stored]


def test_markdown_survives_an_editor_that_rewrites_line_ends():
    text = "---\r\nkey: tea\r\ntags: [a, b]\r\n---\r\nMia likes\r\ngreen tea\r\n\r\n"
    assert list(exchange.read_markdown(text)) == [
        (1, {"key": "tea", "tags": ["a", "b"], "content": "Mia likes\ngreen tea"})
    ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("My notes\n- tea\n", [1]),
        ("\n\n---\nkey: a\n---\nfine\n---\nkey: b\n", [7]),
        ("---\nkey: [\n---\nbad\n---\n{}\n---\nfine\n", [1]),
        ("---\n- a list\n---\nbad\n", [1]),
        ("", []),
    ],
)
def test_broken_markdown_is_reported_where_it_is(text, lines):
    found = list(exchange.read_markdown(text))
    assert [number for number, each in found if isinstance(each, BadValueError)] == lines


@pytest.mark.parametrize("text", ["", "{", "{}", '{"memories": 1}', '{"memories": {}}', "[" * 100_000])
def test_what_is_no_export_is_refused(memory, text):
    with pytest.raises(BadValueError):
        memory.import_text(text, "json")


@pytest.mark.parametrize("head", [{}, {"version": 0}, {"version": True}, {"version": 2, "memories": {}}])
def test_a_damaged_export_is_refused(head):
    with pytest.raises(BadValueError, match="no version or no list"):
        exchange.read_document({"format": "ntm-memory-system", "memories": [], **head})


def test_a_newer_export_is_refused():
    with pytest.raises(BadValueError, match="version 3, expected version 2"):
        exchange.read_document({"format": "ntm-memory-system", "version": 3, "memories": []})


def test_an_export_of_the_first_version_is_read(record):
    record["strength"] = record.pop("retention")
    memory, _, _ = exchange.from_record(record | {"strength": 0.5})
    assert memory.retention == 0.5


_VERSION = {
    "id": "m_2222222222", "version": 1, "content": "tea", "key": None, "importance": 0.5, "tags": [],
    "occurred_at": None, "valid_from": "2026-05-08T00:00:00Z", "valid_to": "2026-05-09T00:00:00Z",
}  # fmt: skip


@pytest.fixture
def record(tmp_path):
    with opened(tmp_path / "record") as memory:
        memory.memorize("green tea", key="tea")
        return json.loads(memory.export_text()["text"])["memories"][0]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", ""),
        ("id", 7),
        ("content", None),
        ("content", "\ud83d"),
        ("importance", 1.5),
        ("importance", "high"),
        ("retention", 0.0),
        ("retention", True),
        ("position", -1),
        ("position", 1.5),
        ("state", "asleep"),
        ("state", "erased"),
        ("tags", "work"),
        ("created_at", "yesterday"),
        ("links", [{"target": "m_1"}]),
        ("history", ["x"]),
        ("keys", []),
        ("keys", ["!"]),
        ("keys", ["AAAA"]),
        ("keys", 7),
        ("keys", ["/////" * 20]),
        ("importance", 10**400),
        ("position", 10**400),
        ("created_at", "9999-12-31T23:59:59-12:00"),
        ("history", [{**_VERSION, "id": "m_other"}]),
        ("history", [{**_VERSION, "version": 7}]),
        ("history", [{**_VERSION, "content": " "}]),
    ],
)
def test_a_record_that_someone_broke_is_left_out_and_reported(tmp_path, record, field, value):
    record[field] = value
    file = tmp_path / "broken.json"
    good = record | {"id": "m_good", "content": "black tea", "key": None}
    with opened(tmp_path / "good") as memory:
        memory.memorize("white tea")
        good = json.loads(memory.export_text()["text"])
    good["memories"] += [record, "no object"]
    file.write_text(json.dumps(good), encoding="utf-8")
    with opened(tmp_path / "home") as memory:
        done = memory.import_file(file)
        assert (done.created, [bad.line for bad in done.failed]) == (1, [2, 3])
        assert [each.content for each in memory.store.memories(states=("live", "archived", "erased"))] == ["white tea"]
        assert memory.store.check() == []


def _fill(memory):
    memory.memorize("Mia lives in Bremen", key="home", tags=["mia"], importance=0.9)
    memory.memorize("Mia lives in Lisbon", key="home", tags=["mia"])
    for i in range(20):
        memory.memorize(f"note number {i} about tea", session=f"s{i % 3}", occurred_at=f"2026-05-{i + 1:02d}")
    memory.memorize("第一次会议在周三", namespace="work", source="chat")
    memory.memorize("gone and forgotten", key="gone")
    memory.erase("gone")
    memory.memorize("half of it", key="half")
    memory.erase("half", strength=0.5)


def _answers(memory):
    return [
        [
            (found.id, found.address, found.weight, found.score, found.content, found.position)
            for found in answer.memories
        ]
        for answer in (
            memory.recall(query, top_k=50) for query in ("tea", "where does Mia live?", "note number 7", "half")
        )
    ]


def _records(memory):
    """Everything but how often it was read."""
    every = memory.store.memories(states=("live", "archived", "erased"))
    return sorted(str(replace(each, reads=0, last_read_at=None)) for each in every)


def test_exported_wiped_and_imported_gives_identical_recalls(tmp_path):
    file = tmp_path / "ntm_memory.json"
    still = {"recall": {"priors": False}}
    with opened(tmp_path / "one", still, clock=lambda: 1_700_000_000.0) as memory:
        _fill(memory)
        assert memory.export_file(file)["count"] == 24
        before = _answers(memory)
        rest = memory.recall("会议", namespace="work")
        every = _records(memory)
        ids = [each.id for each in memory.store.memories(states=("live", "archived", "erased"))]
        memory.erase(ids, purge=True, namespace=None)
        assert memory.store.count() == 0
        assert len(memory.import_file(file, trust="person").failed) == 24  # what was purged stays so
        done = memory.import_file(file, trust="person", force_retracted=True)
        assert (done.created, done.unchanged, done.failed) == (24, 0, ())
        assert _answers(memory) == before
    with opened(tmp_path / "two", still, clock=lambda: 1_700_000_000.0) as memory:
        memory.import_file(file, trust="person")
        assert _answers(memory) == before
        assert told(memory.recall("会议", namespace="work")) == told(rest)
        assert [version["content"] for version in memory.status(history="home")["history"]] == ["Mia lives in Bremen"]
        again = memory.import_file(file)
        assert (again.created, again.unchanged) == (0, 24)
        new = memory.memorize("one more note").memory
        assert new.position > max(each.position for each in memory.store.memories("default") if each.id != new.id)
        memory.erase(new.id, purge=True)
        assert _records(memory) == every


def test_import_into_a_memory_of_another_embedder_makes_the_vectors_anew(tmp_path):
    with opened(tmp_path / "one", {"memory_dim": 32}) as memory:
        _fill(memory)
        text = memory.export_text()["text"]
    with opened(tmp_path / "two") as memory:
        memory.import_text(text)
        assert memory.store.dim == 64
        assert memory.store.check() == []
        assert told(memory.recall("note number 7", top_k=1)) == ["note number 7 about tea"]


@pytest.mark.parametrize("form", ["jsonl", "markdown"])
def test_tellings_round_trip_through_files(tmp_path, form):
    file = tmp_path / f"export.{'md' if form == 'markdown' else form}"
    with opened(tmp_path / "one") as memory:
        _fill(memory)
        memory.memorize('two\u2028lines\n---\n\\ and "quotes" 🎉')
        answer = memory.export_file(file)
        assert (answer["form"], answer["count"]) == (form, memory.store.count())
        before = [exchange.to_telling(each) for each in memory.store.memories()]
    with opened(tmp_path / "two") as memory:
        foreseen = memory.import_file(file, dry_run=True)
        assert (foreseen.created, foreseen.dry_run, memory.store.count()) == (len(before), True, 0)
        memory.import_file(file, trust="person")
        assert [exchange.to_telling(each) for each in memory.store.memories()] == before
        assert memory.import_file(file).unchanged == len(before)


def test_an_export_is_private_whole_and_leaves_nothing_beside(tmp_path):
    file = tmp_path / "ntm_memory.json"
    with opened(tmp_path / "home") as memory:
        _fill(memory)
        memory.export_file(file)
        assert file.stat().st_mode & 0o077 == 0
        kept = file.read_bytes()
        with pytest.raises(BadValueError, match="is a folder"):
            memory.export_file(tmp_path)
        with pytest.raises(BadValueError, match="cannot be written"):
            memory.export_file(file / "below.json")
        with pytest.raises(BadValueError, match="unknown form"):
            memory.export_file(file, "xml")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["home", "ntm_memory.json"]
    assert file.read_bytes() == kept


def test_import_says_what_it_cannot_read(tmp_path):
    (tmp_path / "bytes.json").write_bytes(b"\xff\xff")
    with opened(tmp_path / "home") as memory:
        for name in ("missing.json", "bytes.json", "."):
            with pytest.raises(BadValueError, match="cannot be read"):
                memory.import_file(tmp_path / name)


def test_imports_respect_the_memorys_size(tmp_path):
    with opened(tmp_path / "one", clock=Clock()) as memory:
        _fill(memory)
        text = memory.export_text()["text"]
    with opened(tmp_path / "two", {"memory_size": 5, "capacity": {"when_full": "refuse"}}) as memory:
        done = memory.import_text(text)
        assert memory.store.count() == 5
        assert {bad.code for bad in done.failed} == {"memory_full"}


def test_reembed_writes_every_key_anew(tmp_path):
    with opened(tmp_path, {"memory_dim": 16}) as memory:
        _fill(memory)
    with opened(tmp_path) as memory:
        foreseen = memory.reembed(dry_run=True)
        assert (foreseen["before"]["dim"], foreseen["after"]["dim"], foreseen["count"]) == (16, 64, 24)
        seen = []
        memory.reembed(progress=seen.append)
        assert seen == [25]  # one memory has an older version
        assert memory.store.dim == 64
        assert memory.store.check() == []
        assert told(memory.recall("note number 7", top_k=1)) == ["note number 7 about tea"]
        assert told(memory.recall("gone")) != ["gone and forgotten"]


def test_reembed_of_an_emptied_memory_lets_another_embedder_in(tmp_path):
    with opened(tmp_path, {"memory_dim": 16}) as memory:
        memory.erase(memory.memorize("tea").memory.id, purge=True)
    with opened(tmp_path) as memory:
        memory.reembed()
        assert memory.memorize("tea").action == "created"


def test_when_it_was_read_last_comes_along(tmp_path):
    clock = Clock()
    with opened(tmp_path / "one", clock=clock) as one, opened(tmp_path / "two", clock=Clock(1.8e9)) as two:
        one.memorize("Mia likes tea")
        one.recall("tea")
        (before,) = one.store.memories()
        text = one.export_text()["text"]
        assert two.import_text(text).created == 1
        (after,) = two.store.memories()
        assert (after.reads, after.last_read_at) == (before.reads, before.last_read_at) and before.reads == 1
        record = json.loads(text)["memories"][0]
    for last, wanted in (("no time", None), ("1950-01-01T00:00:00Z", "1970-01-01T00:00:00.000000Z")):
        with opened(tmp_path / last[:4]) as memory:
            changed = {**json.loads(text), "memories": [{**record, "last_read_at": last}]}
            done = memory.import_text(json.dumps(changed))
            assert [each.last_read_at for each in memory.store.memories()] == ([wanted] if wanted else [])
            assert len(done.failed) == (not wanted)
