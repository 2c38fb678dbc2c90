"""What is stored already is looked through for secrets, and on demand they are left out of texts and history."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from opening import opened

from ntm_memory import commands
from ntm_memory.operations.results import LeftOut

KEY = "AKIA" + "43MGIHST3MDHXCXG"
OTHER = "AKIA" + "5QWHIHST3MDHXCXA"
ALLOW = {"privacy": {"on_secret": "allow"}}


@pytest.fixture
def home(tmp_path):
    """A memory in which secrets were allowed: one in a present text, one in a history, one in what was erased."""
    with opened(tmp_path, ALLOW) as memory:
        memory.memorize(f"the old key was {KEY}", key="deploy")
        memory.update("deploy", content="the key is with Mia")
        memory.memorize(f"the new key is {OTHER}, ask Ben")
        memory.erase(memory.memorize(f"never say {KEY} aloud").memory.id)
        memory.memorize("Mia likes green tea")
    return tmp_path


def holding(home, *needles):
    return {
        file.name
        for file in home.rglob("*")
        if file.is_file()
        for each in needles
        if each.encode() in file.read_bytes()
    }


def test_they_are_told_with_version_kind_and_place(home):
    with opened(home) as memory:
        answer = memory.status(secrets=True)
    assert not answer["redacted"]
    assert sorted((each["version"], each["kind"], each["at"]) for each in answer["secrets"]) == [
        (1, "aws-access-token", 10), (1, "aws-access-token", 15), (1, "aws-access-token", 16),
    ]  # fmt: skip
    assert holding(home, KEY, OTHER) == {"memory.db"}


def test_redacted_no_file_holds_a_byte_of_them(home):
    with opened(home) as memory:
        before = {each.id: each for each in memory.store.memories(states=("live", "erased"))}
        assert memory.status(secrets=True, redact=True)["redacted"]
        assert memory.status(secrets=True)["secrets"] == []
        after = {each.id: each for each in memory.store.memories(states=("live", "erased"))}
        assert {id: each.version for id, each in after.items()} == {id: each.version for id, each in before.items()}
        assert memory.status(history="deploy")["history"][0]["content"] == "the old key was [secret: aws-access-token]"
        assert memory.recall("who knows the new key?").memories[0].content.endswith("ask Ben")
        assert memory.store.check() == []
        assert [each.verb for each in memory.store.audit(3)] == ["redacted"] * 3
    assert holding(home, KEY, OTHER) == set()


def test_a_call_says_what_it_does_with_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("NTM_MEMORY_TESTING", "1")
    config = {"embedder": {"backend": "tiny"}}
    request = {"command": "memorize", "home": str(tmp_path), "config": config, "content": f"key {KEY}"}
    kept = commands.run({**request, "on_secret": "allow"})
    assert KEY in kept["memory"]["content"] and kept["secrets"] == ()
    left = commands.run({**request, "content": f"another {KEY}"})
    assert KEY not in left["memory"]["content"]
    assert [LeftOut(**each) for each in left["secrets"]] == [LeftOut("aws-access-token", "content", 8)]


def test_only_backups_with_a_version_that_holds_one_are_named(tmp_path):
    def backed_up(name):
        (tmp_path / "backups").mkdir(exist_ok=True)
        with (
            closing(sqlite3.connect(tmp_path / "memory.db")) as source,
            closing(sqlite3.connect(tmp_path / "backups" / name)) as to,
        ):
            source.backup(to)

    before, since = "memory-20260101T000000Z-daily.db", "memory-20260102T000000Z-daily.db"
    with opened(tmp_path, ALLOW) as memory:
        memory.memorize("Mia likes green tea", key="tea")
        backed_up(before)
        memory.memorize(f"the old key was {KEY}", key="deploy")
        backed_up(since)
        assert memory.status(secrets=True)["backups_holding"] == [since]
        memory.update("tea", content=f"tea costs {KEY}")
        assert memory.status(secrets=True)["backups_holding"] == [since]
        memory.erase(["deploy"], purge=True)
    with opened(tmp_path) as memory:
        assert memory.status(secrets=True)["backups_holding"] == []


def test_only_backups_that_tell_them_are_named(home):
    from ntm_memory.recovery.backups import backups, make_backup

    with opened(home.parent / "other") as other:
        other.memorize("Mia likes green tea")
    (home / "backups").mkdir()
    (home / "backups" / "memory-20250101T000000Z-daily.db").write_bytes((home.parent / "other/memory.db").read_bytes())
    with opened(home) as memory:
        assert memory.status(secrets=True)["backups_holding"] == []
    made = make_backup(home, "daily", 7)
    (home / "backups" / "memory-20250102T000000Z-daily.db").write_bytes(b"no database any more" * 100)
    with opened(home) as memory:
        held = memory.status(secrets=True, redact=True)["backups_holding"]
    assert sorted(held) == sorted(["memory-20250102T000000Z-daily.db", made.name]) and len(backups(home)) == 3
