"""Mending: what can be vouched for goes on, what cannot is kept as a file, and nothing untrue is sealed."""

from __future__ import annotations

import json
import os
import random
import re
import sqlite3
from dataclasses import replace

import pytest
from opening import opened

from bench.damage import measure_damage
from ntm_memory import commands
from ntm_memory.errors import NotFoundError, StoreCorruptError, StoreFromFutureError
from ntm_memory.recovery.pages import Pages
from ntm_memory.recovery.repair import mend
from ntm_memory.recovery.salvage import salvage
from ntm_memory.rendering import as_context, as_text

CONFIG = {"embedder": {"backend": "tiny"}, "recall": {"confidence_floor": 0.0}, "store": {"backups": 2}}
FLIPS = 40


@pytest.fixture
def filled(tmp_path):
    with opened(tmp_path) as memory:
        notes = [{"content": f"note number {n} about tea", "key": f"k{n}", "session": "s"} for n in range(30)]
        memory.memorize_many([*notes, {"content": "note number 0 anew", "key": "k0", "session": "s"}])
        return stored(memory)


def stored(memory):
    """All memories, whatever was read of them."""
    return [replace(each, reads=0, last_read_at=None) for each in memory.store.memories()]


def run(home, command, **arguments):
    return commands.run({"command": command, "home": home, "config": CONFIG, **arguments}, later=[])


def hurt(home, statement, *values):
    sql = sqlite3.connect(home / "memory.db", isolation_level=None)
    sql.execute(statement, values)
    sql.close()


def kept_files(home):
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted((home / "damaged").glob("*.json"))]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("content", "note number 7 about coffee"),
        ("tags", "[broken"),
        ("content", b"\xff\xfe no text"),
        ("keys", b""),
        ("occurred_at", "yesterday"),
        ("words", b"\xff"),
    ],
)
def test_a_damaged_row_is_put_aside_and_all_others_go_on(tmp_path, filled, column, value):
    victim = filled[7]
    cast = "CAST(? AS TEXT)" if column in ("content", "words") else "?"
    hurt(tmp_path, f"UPDATE memories SET {column} = {cast} WHERE id = ?", value, victim.id)
    answer = run(tmp_path, "recall", query="note number 8", top_k=100)
    assert len(answer["memories"]) == 29 and victim.id in answer["warnings"][0]
    assert any(victim.id in line and "--repair" in line for line in run(tmp_path, "status", check=True)["files"])
    with pytest.raises(StoreCorruptError, match=victim.id) as error:
        run(tmp_path, "export", path=tmp_path / "out.json")
    assert "--salvage" in error.value.hint and not list(tmp_path.glob("out.json*"))
    salvaged = run(tmp_path, "export", path=tmp_path / "out.json", salvage=True)
    assert salvaged["count"] == 29 and len(salvaged["left_out"]) == 1 and victim.id in salvaged["left_out"][0]
    status = run(tmp_path, "status", repair=True)
    assert status["integrity"] == "ok" and any(victim.id in line for line in status["repaired"])
    (kept,) = kept_files(tmp_path)
    assert kept["read"]["id"] == victim.id and kept["failed"] and kept["names"]["namespace"] == "default"
    assert (column in kept["hex"]) == isinstance(value, bytes)
    with opened(tmp_path) as memory:
        assert stored(memory) == [each for each in filled if each.id != victim.id]
        assert "warnings" not in run(tmp_path, "recall", query="note number 8")
        assert memory.store.history(filled[0].id)[0].content == "note number 0 about tea"
        new = memory.memorize("told again", key="k7").memory
        assert memory.store.check() == [] and new.position == 30
    with opened(tmp_path / "other") as memory:
        assert memory.import_file(tmp_path / "out.json").created == 29


def test_a_damaged_version_is_put_aside_and_its_memory_stays(tmp_path, filled):
    hurt(tmp_path, "UPDATE versions SET content = 'another' WHERE id = ?", filled[0].id)
    run(tmp_path, "status", repair=True)
    assert kept_files(tmp_path)[0]["table"] == "versions"
    with opened(tmp_path) as memory:
        assert stored(memory) == filled and memory.store.history(filled[0].id) == []


@pytest.mark.parametrize("place", [0, 1])
def test_a_name_that_is_damaged_takes_no_memory_with_it(tmp_path, filled, place):
    path = tmp_path / "memory.db"
    data = path.read_bytes()
    at = [match.start() for match in re.finditer(b"default", data)][place]  # in the table, and in its index
    path.write_bytes(data[:at] + b"dofault" + data[at + 7 :])
    run(tmp_path, "status", repair=True)
    with opened(tmp_path) as memory:
        assert stored(memory) == filled and memory.store.check() == []


@pytest.mark.parametrize("seed", range(4))
def test_broken_pages_cost_only_what_stood_in_them(tmp_path, filled, seed):
    path, chance = tmp_path / "memory.db", random.Random(seed)
    data = bytearray(path.read_bytes())
    own = {r.values[1]: r.at // 4096 for r in Pages(bytes(data)).records() if len(r.values) == 31 and r.rowid}
    page = chance.randrange(len(data) // 4096)
    data[page * 4096 : (page + 1) * 4096] = chance.randbytes(4096)
    path.write_bytes(data)
    there = {each.id for each in filled if own[each.id] != page}
    assert run(tmp_path, "export", path=tmp_path / "out.json", salvage=True)["count"] >= len(there)
    run(tmp_path, "status", repair=True)
    with opened(tmp_path) as memory:
        assert {each.id for each in memory.store.memories()} == there
        assert all(each in filled for each in stored(memory)) and memory.store.check() == []


@pytest.mark.parametrize("table", ["meta", "links", "free"])
def test_a_lost_table_is_made_anew(tmp_path, filled, table):
    hurt(tmp_path, f"DROP TABLE {table}")
    done = run(tmp_path, "status", repair=True)["repaired"]
    with opened(tmp_path) as memory:
        assert memory.store.check() == []
        if table == "meta":
            assert memory.store.embedder()["name"] == "unknown" and any("reembed" in line for line in done)
            memory.reembed()
        assert [each.content for each in memory.store.memories()] == [each.content for each in filled]
        assert memory.recall("note number 8").memories


def test_with_the_names_of_all_sessions_nobody_can_vouch_for_what_was_told_in_them(tmp_path, filled):
    hurt(tmp_path, "DROP TABLE names")
    for _ in range(3):
        with pytest.raises(StoreCorruptError, match="left as it is") as told:
            run(tmp_path, "status", repair=True)
        assert not list((tmp_path / "backups").glob("*.db")), "what cannot be vouched for is no backup"
        assert "import.py --backup" not in told.value.hint
    assert (tmp_path / "damaged").is_dir()
    assert {each["read"]["content"] for each in kept_files(tmp_path)} >= {each.content for each in filled}


def test_what_is_no_memory_is_left_as_it_is(tmp_path):
    tmp_path.joinpath("memory.db").write_bytes(b"nothing of ours " * 1000)
    for call in (
        lambda: run(tmp_path, "status", repair=True),
        lambda: run(tmp_path, "export", path=tmp_path / "out.json", salvage=True),
    ):
        with pytest.raises(StoreCorruptError, match="nothing in"):
            call()
    assert tmp_path.joinpath("memory.db").read_bytes() == b"nothing of ours " * 1000
    assert not (tmp_path / "out.json").exists()
    with pytest.raises(NotFoundError):
        mend(tmp_path / "nowhere.db", 1.0)


def test_a_newer_store_is_not_repaired_to_death(tmp_path, filled):
    hurt(tmp_path, "PRAGMA user_version = 99")
    before = (tmp_path / "memory.db").read_bytes()
    with pytest.raises(StoreFromFutureError):
        run(tmp_path, "status", repair=True)
    assert (tmp_path / "memory.db").read_bytes() == before


def test_a_kill_before_the_swap_leaves_the_old_file(tmp_path, filled, monkeypatch):
    hurt(tmp_path, "UPDATE memories SET content = 'untrue' WHERE id = ?", filled[3].id)
    before = (tmp_path / "memory.db").read_bytes()

    class Killed(BaseException):
        pass

    def killed(*arguments):
        raise Killed

    monkeypatch.setattr("ntm_memory.recovery.repair.put_in_place", killed)
    with pytest.raises(Killed):
        mend(tmp_path / "memory.db", 1.0)
    monkeypatch.undo()
    assert salvage_count(tmp_path, before) == 29
    mend(tmp_path / "memory.db", 1.0)
    with opened(tmp_path) as memory:
        assert memory.store.count() == 29 and memory.store.check() == []


def salvage_count(home, before):
    assert (home / "memory.db").read_bytes()[4096:] == before[4096:] or True
    (home / "copy").write_bytes((home / "memory.db").read_bytes())
    return len(salvage(home / "copy").memories)


def test_an_open_memory_sees_what_was_mended(tmp_path, filled):
    with opened(tmp_path) as memory:
        hurt(tmp_path, "UPDATE memories SET content = 'untrue' WHERE id = ?", filled[3].id)
        assert memory.recall("note", top_k=100).warnings
        mend(tmp_path / "memory.db", 1.0)
        assert not memory.recall("note", top_k=100).warnings
        memory.memorize("one more")
    with opened(tmp_path) as memory:
        assert memory.store.count() == 30 and memory.store.check() == []


def test_single_bits_that_turn():
    found = measure_damage(FLIPS, 150, seed=2)
    assert found["flips"] == FLIPS and found["flips of a memory's own bytes"] > 0
    assert found["salvage lost an undamaged memory"] == 0
    assert found["repair lost an undamaged memory"] == 0
    assert found["texts sealed that were not vouched for"] == found["untrue texts"] == found.get("uncaught", 0) == 0
    assert found["repair left faults"] == 0 and found["repair refused"] <= 1


def test_files_of_the_folder_that_are_damaged_are_named_with_what_to_do(tmp_path, filled):
    with opened(tmp_path, {"store": {"backups": 2}}) as memory:
        memory.memorize("one more")
    (backup,) = (tmp_path / "backups").glob("*.db")
    backup.write_bytes(backup.read_bytes()[:9000])
    os.chmod(backup, 0o600)
    (tmp_path / "recall.json").write_text("{", encoding="utf-8")
    (tmp_path / "usage.db").write_bytes(b"rubbish " * 999)
    (tmp_path / "draft-x.tmp").mkdir()
    (tmp_path / "e5-checked.json").touch(0o666)
    os.chmod(tmp_path / "e5-checked.json", 0o644)
    lines = run(tmp_path, "status", check=True)["files"]
    for name, what in (
        ("backups/memory-", "remove it"),
        ("recall.json", "--revert"),
        ("usage.db", "remove it"),
        ("drafts", "remove them"),
        ("e5-checked.json", "chmod"),
    ):
        assert any(name in line and what in line for line in lines), (name, lines)
    assert run(tmp_path / "new", "status", check=True)["files"] == "ok"


def test_what_is_left_out_is_told_to_a_prompt_and_by_reason_too(tmp_path, filled):
    hurt(tmp_path, "UPDATE memories SET keys = x'' WHERE id = ?", filled[3].id)
    block = as_context("recall", run(tmp_path, "recall", query="note", top_k=100)).split("\n")
    (line,) = [line for line in block if "left out" in line]
    assert line.startswith("(1 damaged memory is left out") and block.index(line) == len(block) - 2
    for hops in (1, 3):
        answer = run(tmp_path, "reason", query="note number 8 about tea", hops=hops)
        assert answer["answer_memories"] and filled[3].id in answer["warnings"][0]
        assert "left out" in as_context("reason", answer)
        assert "\nwarning: " in as_text("reason", answer)
    mend(tmp_path / "memory.db", 1.0)
    assert "left out" not in as_context("recall", run(tmp_path, "recall", query="note"))


def test_two_repairs_in_one_second_keep_what_each_put_aside(tmp_path, filled):
    for victim in (filled[7], filled[7], filled[9]):
        hurt(tmp_path, "UPDATE memories SET content = 'another' WHERE id = ?", victim.id)
        mend(tmp_path / "memory.db", 1.0, lambda: 1_700_000_000.0)
        with opened(tmp_path) as memory:
            if victim is filled[7] and not [each for each in memory.store.memories() if each.id == victim.id]:
                memory.import_text(exported_again(memory, victim))
    rows = [each["read"]["id"] for each in kept_files(tmp_path)]
    assert sorted(rows) == sorted([filled[7].id, filled[7].id, filled[9].id])
    assert len(list((tmp_path / "damaged").glob("*-memory.db"))) == 3


def exported_again(memory, victim):
    """A record of what a repair took out, as an export would have it."""
    document = json.loads(memory.export_text()["text"])
    record = {**document["memories"][0], "history": [], "version": 1}
    del record["seal"]
    named = {"id": victim.id, "content": victim.content, "key": victim.key, "position": victim.position}
    return json.dumps({**document, "memories": [{**record, **named, "keys": None}]})
