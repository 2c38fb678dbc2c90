"""Bits that turned in the statements by which SQLite knows the tables: found, named, and mended like damaged rows."""

from __future__ import annotations

import json
import random
import sqlite3

import pytest
from opening import opened

from bench.damage import exported
from ntm_memory import commands
from ntm_memory.errors import NTMMemoryError, StoreCorruptError
from ntm_memory.recovery.backups import backups
from ntm_memory.recovery.sound import is_sound
from ntm_memory.store import schema

CONFIG = {"embedder": {"backend": "tiny"}, "recall": {"confidence_floor": 0.0}, "store": {"backups": 3}}
COUNT, FLIPS, SEED = 12, 24, 0
HEAD = 40
"""Bytes before a statement: the head of its line, its name, its table."""
NO_UTF_8 = (b"tags TEXT NOT NULL", b"tags TEXT NOT NU\xccL")
COLUMN = (b"weight REAL NOT NULL", b"weigh4 REAL NOT NULL")
INDEX = (b"CREATE INDEX memories_seq ON memories(seq)", b"CREATE INDEX memories_seq ON memories(crc)")
TRIGGER = (b"BEFORE DELETE ON audit BEGIN", b"BEFORE INSERT ON audit BEGIN")


@pytest.fixture
def filled(tmp_path):
    with opened(tmp_path, {"store": {"backups": 3}}) as memory:
        memory.memorize_many([{"content": f"note number {n} about tea", "key": f"k{n}"} for n in range(COUNT)])
        memory.memorize("note number 0 anew", key="k0")
        memory.erase("k11", retract=True)
    return (tmp_path / "memory.db").read_bytes()


def run(home, command, **arguments):
    return commands.run({"command": command, "home": home, "config": CONFIG, **arguments}, later=[])


def hurt(home, change, file="memory.db"):
    data = (home / file).read_bytes()
    assert change[0] in data
    (home / file).write_bytes(data.replace(*change, 1))


def all_of(home):
    with opened(home) as memory:
        found = sorted((each.content, each.key) for each in memory.store.memories(states=("live", "erased")))
        return found, memory.store.tombstones(), memory.store.history(memory.store.find_key("default", "k0").id)


@pytest.mark.parametrize("change", [NO_UTF_8, COLUMN, INDEX, TRIGGER])
def test_every_verb_says_that_the_file_is_damaged_and_how_to_go_on(tmp_path, filled, change):
    hurt(tmp_path, change)
    for command, arguments in (("recall", {"query": "tea"}), ("memorize", {"content": "new"}), ("status", {})):
        with pytest.raises(StoreCorruptError) as told:
            run(tmp_path, command, **arguments)
        assert "--repair" in told.value.hint and "--salvage" in told.value.hint
    assert any("memory.db" in line for line in run(tmp_path, "status", check=True)["files"])
    assert not run(tmp_path, "status", check=True)["sound"]


@pytest.mark.parametrize("change", [NO_UTF_8, COLUMN, INDEX, TRIGGER])
@pytest.mark.parametrize("with_backup", [True, False])
def test_nothing_is_lost_by_salvage_or_repair_and_no_backup_is_made_of_it(tmp_path, filled, change, with_backup):
    before = all_of(tmp_path)
    for file in backups(tmp_path) if not with_backup else ():
        file.unlink()
    hurt(tmp_path, change)
    out = run(tmp_path, "export", path=tmp_path / "out.json", salvage=True)
    assert out["count"] == COUNT and out["left_out"] == []
    links = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["memories"]
    assert len(links) == COUNT
    repaired = run(tmp_path, "status", repair=True)
    assert repaired["integrity"] == "ok" and any("written anew" in line for line in repaired["repaired"])
    assert all(is_sound(file) for file in backups(tmp_path))
    assert all_of(tmp_path) == before
    assert run(tmp_path, "status", check=True)["integrity"] == "ok"


def test_a_backup_with_damaged_tables_is_passed_over(tmp_path, filled):
    before = all_of(tmp_path)
    (good,) = backups(tmp_path)
    bad = good.with_name("memory-20990101T000000Z-daily.db")
    bad.write_bytes((tmp_path / "memory.db").read_bytes())
    hurt(tmp_path, COLUMN, f"backups/{bad.name}")
    assert any(bad.name in line and "damaged" in line for line in run(tmp_path, "status", check=True)["files"])
    with pytest.raises(StoreCorruptError, match=bad.name):
        run(tmp_path, "import", backup=bad.name)
    hurt(tmp_path, NO_UTF_8)
    assert run(tmp_path, "import", backup="latest")["restored"] == good.name
    assert len(all_of(tmp_path)[0]) <= len(before[0]) and run(tmp_path, "recall", query="tea")["memories"]


def test_what_was_purged_since_stays_so_when_a_backup_takes_the_place_of_damaged_tables(tmp_path, filled):
    (backup,) = backups(tmp_path)
    before = backup.read_bytes()
    with opened(tmp_path) as memory:
        memory.erase("k3", purge=True)
    backup.write_bytes(before)
    hurt(tmp_path, NO_UTF_8)
    assert run(tmp_path, "import", backup="latest")["purged_again"] == 1
    assert not any(key == "k3" for _, key in all_of(tmp_path)[0])


def test_no_flipped_bit_of_the_statements_is_a_bug_or_loses_a_memory(tmp_path, filled):
    sql = sqlite3.connect(tmp_path / "memory.db")
    texts = [text.encode() for (text,) in sql.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")]
    sql.close()
    starts = {text: filled.index(text) for text in texts}
    places = sorted({at for text, start in starts.items() for at in range(start - HEAD, start + len(text))})
    draw = random.Random(SEED)
    truth = {content for content, _ in all_of(tmp_path)[0]}
    for number in range(FLIPS):
        at, bit = draw.choice(places), draw.randrange(8) if number % 2 else 7
        damaged = bytearray(filled)
        damaged[at] ^= 1 << bit
        home = tmp_path / str(number)
        home.mkdir()
        (home / "memory.db").write_bytes(damaged)
        for command, arguments in (
            ("status", {"check": True}),
            ("recall", {"query": "note about tea"}),
            ("export", {"path": home / "out.json", "salvage": True}),
        ):
            try:
                run(home, command, **arguments)
            except NTMMemoryError as error:
                assert command == "recall", f"{command} after bit {bit} of byte {at}: {error}"
        assert set().union(*exported(home / "out.json").values()) >= truth, f"bit {bit} of byte {at}"
        run(home, "status", repair=True)
        assert run(home, "status", check=True)["integrity"] == "ok", f"bit {bit} of byte {at}"
        assert {content for content, _ in all_of(home)[0]} == truth, f"bit {bit} of byte {at}"


def test_a_file_that_was_brought_up_to_date_is_as_it_should_be(tmp_path):
    sql = sqlite3.connect(tmp_path / "memory.db", isolation_level=None)
    schema.bring_up(sql)
    assert schema.faults_of(sql) == []
    sql.executescript("; ".join(f"DROP INDEX {name}" for name in schema.LATER))
    sql.executescript(
        "ALTER TABLE versions DROP COLUMN trust; DROP INDEX memories_trust; DROP INDEX memories_listed;"
        "ALTER TABLE memories DROP COLUMN mentions; ALTER TABLE memories DROP COLUMN trust; PRAGMA user_version = 2"
    )
    schema.add_functions(sql)
    schema.bring_up(sql)
    assert schema.faults_of(sql) == []
    sql.execute("CREATE TABLE of_another_program (x)")
    assert schema.faults_of(sql) == []
    sql.execute("DROP INDEX memories_seq")
    assert schema.faults_of(sql) == ["the index memories_seq is missing"]
    sql.close()
