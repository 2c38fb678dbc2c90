"""A memory moves to a server and back: nothing is lost on the way, and what fails leaves all as it was."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from opening import TINY, write_config

from ntm_memory import NTMMemoryManager
from ntm_memory.cli import main
from ntm_memory.errors import BadValueError, NotFoundError, StoreCorruptError, StoreError
from ntm_memory.installation import doctor, inside
from ntm_memory.moving import move
from ntm_memory.postgres import transfer
from ntm_memory.postgres.upkeep import TRACES

SIGNS = ("green tea", "绿茶", "a\ttab and \\N", "naïve ☕", "one\x01two")
STATES = ("live", "archived", "erased")


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "memory"
    write_config(folder, **TINY, recall={"confidence_floor": 0}, store={"backups": 0})
    with NTMMemoryManager(folder) as memory:
        filled(memory)
    return folder


def filled(memory, count=40):
    """Memories of all states, with versions, links, verdicts, tombstones, strange signs."""
    chosen = random.Random(5)
    ids = []
    for number in range(count):
        told = memory.memorize(
            f"note {number}: {chosen.choice(SIGNS)} {number * 7}",
            key=f"k{number}" if number % 3 else None,
            namespace=chosen.choice(("default", "other")),
            session=chosen.choice((None, "s1", "第二")),
            tags=chosen.sample(["home", "work", "茶"], 2),
            occurred_at=chosen.choice((None, "2023-05", "2023-05-08T09:00:00Z")),
        )
        ids.append(told.memory.id)
    store = memory.store
    for id in ids[:6]:
        memory.update(id, content=f"changed {id}", namespace=None)
    store.set_retention(ids[7], 0)
    store.archive(ids[8])
    store.set_retention(ids[9], 0.25)
    memory.erase([ids[10]], namespace=None, retract=True)
    memory.erase([ids[11], ids[-1]], namespace=None, purge=True)
    memory.recall("green tea", session="s1")
    store.note_reads([0, 1, 1])


def held(home):
    """All that a store tells, however it is kept."""
    with NTMMemoryManager(home) as memory:
        store = memory.store
        store.note_reads = lambda addresses: None  # looking must not change what is looked at
        all_of_it = list(store.memories(states=STATES))
        matrices = {space: store.memory_matrix(space) for space in store.namespaces()}
        return {
            "memories": all_of_it,
            "history": [store.history(each.id) for each in all_of_it],
            "keys": [store.keys_of(each.id).tobytes() for each in all_of_it],
            "words": [store.words_of(each.id) for each in all_of_it],
            "tombstones": store.tombstones(),
            "purged": store.purged(),
            "audit": store.audit(1000),
            "feedback": store.feedback(),
            "embedder": store.embedder(),
            "uuid": store.uuid,
            "slots": {
                space: (each.address.tolist(), each.keys.tobytes(), each.reads.tolist())
                for space, each in matrices.items()
            },
            "focus": store.focus("default", "s1"),
            "ranking": [each.id for each in memory.recall("green tea", top_k=5).memories],
            "check": store.check(),
        }


def test_there_and_back_nothing_is_lost(home, url_of):
    before = held(home)
    told = move(home, url_of())
    assert told["rows"]["memories"] == len(before["memories"]) and not (home / "memory.db").exists()
    assert (home / told["kept"]).is_file() and len(told["digest"]) == 64
    settings = json.loads((home / "config.json").read_text())["ntm_memory"]
    assert settings["store"] == {"backups": 0, "url": url_of()} and settings["embedder"] == {"backend": "tiny"}
    assert held(home) == before
    back = move(home, str(home))
    assert back["digest"] != "" and "DROP SCHEMA" in back["kept"] and (home / "memory.db").is_file()
    assert json.loads((home / "config.json").read_text())["ntm_memory"]["store"] == {"backups": 0}
    assert held(home) == before


def test_what_is_written_after_the_move_goes_on_where_it_was(home, url_of):
    with NTMMemoryManager(home) as memory:
        last = max(each.position for each in memory.store.memories("default", states=STATES))
        purged = set(memory.store.purged())
    move(home, url_of())
    with NTMMemoryManager(home) as memory:
        new = memory.memorize("told on the server").memory
        assert new.position > last and new.id not in purged
        memory.update(new.id, content="told on the server, changed")
    move(home, str(home))
    with NTMMemoryManager(home) as memory:
        assert memory.store.get(new.id).content == "told on the server, changed"
        assert memory.memorize("told in the file").memory.position == new.position + 1
        assert memory.store.check() == []


def test_a_dry_run_changes_nothing(home, url_of):
    before, files = held(home), sorted(path.name for path in home.iterdir())
    told = move(home, url_of(), dry_run=True)
    assert told["dry_run"] and sum(told["rows"].values()) > 100 and "kept" not in told
    assert sorted(path.name for path in home.iterdir()) == files and held(home) == before
    move(home, url_of())
    config = (home / "config.json").read_text()
    assert move(home, str(home), dry_run=True)["dry_run"]
    assert (home / "config.json").read_text() == config and not (home / "memory.db").exists()


def test_a_place_that_is_not_empty_is_refused(home, tmp_path, url_of):
    other = tmp_path / "other"
    write_config(other, **TINY, store={"url": url_of()})
    with NTMMemoryManager(other) as memory:
        memory.memorize("somebody's")
    before = held(home)
    for dry_run in (True, False):
        with pytest.raises(BadValueError, match="not empty"):
            move(home, url_of(), dry_run=dry_run)
    assert held(home) == before and (home / "memory.db").is_file()
    (other / "memory.db").write_bytes(b"something")
    with pytest.raises(BadValueError, match="there already"):
        move(other, str(other))
    (other / "memory.db").unlink()
    with pytest.raises(BadValueError, match="data folder"):
        move(other, str(tmp_path / "elsewhere"))
    with pytest.raises(BadValueError, match="server already"):
        move(other, url_of("another"))
    with pytest.raises(BadValueError, match="there already"):
        move(home, str(home))
    for place, says in ((str(tmp_path / "elsewhere"), "data folder, not at"), ("", "no place"), (" ", "no place")):
        with pytest.raises(BadValueError, match=says):
            move(home, place)
    with pytest.raises(NotFoundError):
        move(tmp_path / "nothing", url_of("nothing"))


def test_a_file_that_is_left_beside_a_server_is_told_and_can_be_brought_there(home, url_of, capsys):
    before = held(home)
    write_config(home, **TINY, recall={"confidence_floor": 0}, store={"backups": 0, "url": url_of()})
    with NTMMemoryManager(home) as memory:
        assert str(home / "memory.db") in memory.recall("green tea").reason  # and a memory begins on the server
        (warning,) = memory.status()["warnings"]
    assert str(home / "memory.db") in warning and "move.py --to" in warning
    told = doctor._memory(inside.report(str(home))["memory"], "3.x")
    assert told.state == "warn" and str(home / "memory.db") in told.said and "store.url" in told.do
    with pytest.raises(BadValueError, match="there already") as caught:
        move(home, str(home))
    assert "--to the URL of store.url" in caught.value.hint and "take store.url out" in caught.value.hint
    with pytest.raises(BadValueError, match="server already"):
        move(home, url_of("another"))
    assert move(home, url_of(), dry_run=True)["dry_run"] and (home / "memory.db").is_file()
    move(home, url_of())
    assert held(home) == before and not (home / "memory.db").exists()
    with NTMMemoryManager(home) as memory:
        assert memory.status()["warnings"] == [TRACES]
        assert memory.memorize("told on the server").action == "created" and memory.store.check() == []
    assert doctor._memory(inside.report(str(home))["memory"], "3.x").said.count("memory.db") == 0


def test_a_file_is_never_put_over_what_was_told_on_the_server(home, url_of):
    before = held(home)
    with_url = {**TINY, "recall": {"confidence_floor": 0}, "store": {"backups": 0, "url": url_of()}}
    write_config(home, **with_url)
    with NTMMemoryManager(home) as memory:
        memory.erase([memory.memorize("told there").memory.id], purge=True)
    for dry_run in (True, False):
        with pytest.raises(BadValueError, match="not empty"):
            move(home, url_of(), dry_run=dry_run)
    write_config(home, **{**with_url, "store": {"backups": 0}})
    assert held(home) == before


def test_who_has_an_empty_memory_open_on_the_server_goes_on_with_what_comes(home, url_of, tmp_path):
    other = tmp_path / "other"
    write_config(other, **TINY, recall={"confidence_floor": 0}, store={"backups": 0, "url": url_of()})
    with NTMMemoryManager(other) as memory:
        assert not memory.recall("green tea").memories
        move(home, url_of())
        assert memory.recall("green tea").memories and memory.memorize("told there").action == "created"
        assert memory.store.check() == []
    with NTMMemoryManager(home) as memory:
        assert "told there" in [each.content for each in memory.store.memories()]


@pytest.mark.parametrize("table", ["memories", "versions", "tombstones", "audit"])
def test_what_arrives_otherwise_is_no_move(home, url_of, monkeypatch, table):
    before = held(home)
    copy = transfer._copy

    def loses_one(connection, name, rows):
        copy(connection, name, list(rows)[1:] if name == table else rows)

    monkeypatch.setattr(transfer, "_copy", loses_one)
    with pytest.raises(StoreCorruptError, match="not what was sent"):
        move(home, url_of())
    monkeypatch.undo()
    assert held(home) == before
    move(home, url_of())  # nothing of the first try is there
    assert held(home) == before


def test_a_damaged_memory_is_mended_before_it_moves(home, url_of):
    with NTMMemoryManager(home) as memory:
        memory.store._engine.sql.execute("UPDATE memories SET content = 'other' WHERE row = 3")
    with pytest.raises(StoreCorruptError, match="nothing was moved"):
        move(home, url_of())


def test_a_server_that_does_not_answer_leaves_all_as_it_was(home):
    before, config = held(home), (home / "config.json").read_text()
    with pytest.raises(StoreError, match="does not answer"):
        move(home, "postgresql://nobody@/x?host=/nowhere/at/all")
    assert held(home) == before and (home / "config.json").read_text() == config


def test_who_has_the_file_open_writes_into_it_no_more(home, url_of):
    with NTMMemoryManager(home) as open_before:
        move(home, url_of())
        with pytest.raises(StoreError):
            open_before.store.note("late")
    with NTMMemoryManager(home) as memory:
        assert memory.store.audit(1)[0].verb != "late"


def test_the_command_says_what_was_moved_and_what_is_left(home, url_of, capsys):
    assert main("move", ["--home", str(home), "--to", url_of(), "--dry-run"]) == 0
    assert capsys.readouterr().out.startswith("would move 3")
    assert main("move", ["--home", str(home), "--to", url_of()]) == 0
    out = capsys.readouterr().out
    assert "on both sides" in out and "kept: backups/memory-" in out
    assert main("move", ["--home", str(home), "--to", str(home), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"]["memories"] > 30


def test_the_digest_sees_each_value(home):
    with NTMMemoryManager(home) as memory:
        read = transfer.reader_of(memory.store)
        rows = {table: [tuple(row) for row in read(table)] for table in transfer.TABLES}
    whole = transfer.what_it_holds(lambda table: rows[table])
    chosen = np.random.default_rng(3)
    for table in filter(rows.get, rows):
        at = int(chosen.integers(len(rows[table])))
        row = list(rows[table][at])
        row[int(chosen.integers(len(row)))] = "another value"
        other = rows | {table: [*rows[table][:at], tuple(row), *rows[table][at + 1 :]]}
        assert transfer.what_it_holds(lambda name, told=other: told[name]) != whole, table


def test_the_sql_for_a_reader_is_printed(home, url_of, capsys):
    assert main("grant", ["reader", "--namespace", "default", "--home", str(home)]) == 2  # in a file there are no roles
    move(home, url_of())
    capsys.readouterr()
    assert main("grant", ["reader", "--namespace", "default", "--namespace", "other", "--home", str(home)]) == 0
    out = capsys.readouterr().out
    assert "ENABLE ROW LEVEL SECURITY;" in out and "GRANT SELECT" in out and 'TO "reader"' in out
    assert main("grant", ["reader", "--namespace", "nowhere", "--home", str(home)]) == 4
    assert main("grant", ["no; role", "--namespace", "default", "--home", str(home)]) == 2
