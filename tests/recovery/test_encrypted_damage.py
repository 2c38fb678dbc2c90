"""Encrypted and damaged: a bad page costs what is on it, the key is told from damage, a wrong one changes nothing."""

from __future__ import annotations

import random
from contextlib import closing

import pytest
from opening import opened

from ntm_memory import commands
from ntm_memory.errors import StoreKeyError
from ntm_memory.privacy import cipher
from ntm_memory.privacy.keys import NEXT_VARIABLE, VARIABLE
from ntm_memory.recovery import backups, files
from ntm_memory.recovery.encrypted_pages import decrypted
from ntm_memory.recovery.keyed import key_in_force

pytest.importorskip("sqlcipher3", reason="needs the extra `encrypt`")
pytest.importorskip("cryptography", reason="needs the extra `encrypt`")

CONFIG = {"embedder": {"backend": "tiny"}, "recall": {"confidence_floor": 0.0}, "store": {"backups": 3}}
SECRET, OTHER = "5a" * 32, "a5" * 32
NOTES = 60


def run(home, command, **arguments):
    return commands.run({"command": command, "home": home, "config": CONFIG, **arguments})


def contents(home):
    return {file.name: file.read_bytes() for file in sorted(home.rglob("*")) if file.is_file()}


def flip(file, at):
    data = bytearray(file.read_bytes())
    data[at] ^= 4
    file.write_bytes(data)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Sixty notes and a backup of them, all encrypted."""
    home = tmp_path / "store"
    with opened(home, {"store": {"backups": 3}}) as memory:
        memory.memorize_many([{"content": f"note number {n} about hens", "key": f"k{n}"} for n in range(NOTES)])
    monkeypatch.setenv(VARIABLE, SECRET)
    run(home, "status", encryption="encrypt")
    return home


def test_the_backups_follow_the_memory(home, monkeypatch):
    (file,) = backups.backups(home)
    assert cipher.salt_of(file) == cipher.salt_of(home / "memory.db") and b"hens" not in file.read_bytes()
    monkeypatch.setenv(NEXT_VARIABLE, OTHER)
    run(home, "status", encryption="rekey")
    monkeypatch.setenv(VARIABLE, OTHER)
    assert cipher.salt_of(file) == cipher.salt_of(home / "memory.db")
    assert run(home, "import", backup=file.name)["restored"] == file.name
    run(home, "status", encryption="decrypt")
    monkeypatch.delenv(VARIABLE)
    assert all(cipher.salt_of(each) is None for each in backups.backups(home))
    assert run(home, "import", backup=file.name)["restored"] == file.name


def test_a_backup_from_before_is_put_back_encrypted(home, monkeypatch):
    (file,) = backups.backups(home)
    run(home, "status", encryption="decrypt")
    plain = file.read_bytes()
    run(home, "status", encryption="encrypt")
    file.write_bytes(plain)
    salt = cipher.salt_of(home / "memory.db")
    run(home, "import", backup=file.name)
    assert cipher.salt_of(home / "memory.db") == salt and salt is not None
    with opened(home) as memory:
        assert memory.store.count() == NOTES and memory.store.check() == []


@pytest.mark.parametrize("key", [OTHER, None])
@pytest.mark.parametrize("plain_backup", [False, True])
def test_without_the_right_key_nothing_is_touched(home, tmp_path, monkeypatch, key, plain_backup):
    (file,) = backups.backups(home)
    if plain_backup:
        with opened(tmp_path / "plain") as memory:
            memory.memorize("another memory")
        file.write_bytes((tmp_path / "plain" / "memory.db").read_bytes())
    before = contents(home)
    monkeypatch.delenv(VARIABLE)
    if key is not None:
        monkeypatch.setenv(VARIABLE, key)
    asked = [("import", {"backup": "latest"}), ("import", {"backup": file.name}), ("status", {"repair": True})]
    asked += [("export", {"salvage": True, "path": tmp_path / "s.json"}), ("status", {"check": True})]
    for command, arguments in asked:
        with pytest.raises(StoreKeyError):
            run(home, command, **arguments)
        assert contents(home) == before


@pytest.mark.parametrize("seed", range(5))
def test_a_flipped_bit_costs_no_more_than_what_is_on_its_page(home, tmp_path, seed):
    path, chance = home / "memory.db", random.Random(seed)
    plain, _ = decrypted(path.read_bytes(), key_in_force(path))
    at = chance.randrange(path.stat().st_size)
    page = plain[at // 4096 * 4096 :][:4096]
    flip(path, at)
    salvaged = run(home, "export", salvage=True, path=tmp_path / "s.json")
    lost = sum(f"note number {n} about hens".encode() in page for n in range(NOTES))
    assert salvaged["count"] >= NOTES - lost
    answer = run(home, "status", repair=True)
    assert answer["memories"]["live"] == salvaged["count"] and answer["integrity"] == "ok"
    assert cipher.salt_of(path) is not None and b"hens" not in path.read_bytes()
    if salvaged["count"] < NOTES:
        assert any("import.py --backup" in line for line in salvaged["left_out"])


@pytest.mark.parametrize("at", [3, 2000])
def test_a_damaged_head_is_no_wrong_key(home, at):
    path = home / "memory.db"
    flip(path, at)
    assert run(home, "status", check=True)["files"] != "ok" if at == 2000 else True
    assert run(home, "status", repair=True)["memories"]["live"] == NOTES
    with opened(home) as memory:
        assert memory.store.check() == []


def test_a_cut_off_encrypted_file_says_what_is_missing(home):
    path = home / "memory.db"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 + 1000])
    with pytest.raises(Exception, match="left as it is|left as it was") as told:
        run(home, "status", repair=True)
    assert "pages are missing" in told.value.hint and f"holds {NOTES}" in told.value.hint
    run(home, "import", backup="latest")
    assert cipher.salt_of(path) is not None
    with opened(home) as memory:
        assert memory.store.count() == NOTES


@pytest.mark.parametrize("how", ["row", "page"])
def test_what_an_encrypted_memory_lost_is_taken_from_its_backup(home, how):
    (file,) = backups.backups(home)
    before = sorted(each["content"] for each in run(home, "list", limit=100)["memories"])
    if how == "row":
        with closing(files.opened(home / "memory.db", isolation_level=None)) as sql:
            sql.execute("UPDATE memories SET content = 'untrue' WHERE key IN ('k3', 'k7')")
    else:
        pages = (home / "memory.db").stat().st_size // 4096
        for page in range(pages * 4 // 5, pages * 9 // 10):
            flip(home / "memory.db", page * 4096 + 100)
    repaired = run(home, "status", repair=True)["repaired"]
    assert any(f"as backups/{file.name} has it" in line for line in repaired)
    assert sorted(each["content"] for each in run(home, "list", limit=100)["memories"]) == before
    assert run(home, "status", check=True)["sound"] and cipher.salt_of(home / "memory.db") is not None
