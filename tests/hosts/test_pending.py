"""What a session tells to keep is on the disk before its hook answers, and in memory soon after."""

from __future__ import annotations

import json
import os

import pytest

from ntm_memory.cli import main
from ntm_memory.errors import StoreLockedError
from ntm_memory.hosts import hooks, pending
from ntm_memory.persistence import pending as files
from ntm_memory.persistence.writer_lock import WriterLock
from ntm_memory.rendering import stores
from tests.hosts.test_hooks import Host

LONG = "the port is 5433 " * 800


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def told(host, event, session="s1", **fields):
    return {"event": event, "session_id": session, "cwd": str(host.cwd), **fields}


def noted(host, event, **fields):
    """An event up to where its hook may answer; then its process ends."""
    found = hooks.at_once(told(host, event, **fields), str(host.home))
    return found


def ended():
    """The process ends: what it held is lost."""
    pending._held.clear()
    pending._refused.clear()


def kept(host, namespace=None):
    return [
        each["content"] for each in host.ask(command="list", namespace=namespace or host.project.namespace)["memories"]
    ]


def test_what_is_told_is_on_the_disk_before_memory_is_asked_for_anything(host):
    assert noted(host, "UserPromptSubmit", prompt=f"<remember>{LONG}</remember>") == hooks.Noted(1)
    assert host.asked == []
    ended()
    (name,) = files.waiting(host.home)
    if os.name == "posix":
        assert files.path_of(host.home, name).stat().st_mode & 0o077 == 0
    hooks.settle(lambda request: host.ask(**request), str(host.home))
    (memory,) = host.ask(command="list", namespace=host.project.namespace)["memories"]
    whole = host.ask(command="status", history=memory["id"], namespace=host.project.namespace)["memory"]
    assert whole["content"] == LONG.strip()
    assert files.waiting(host.home) == []


def test_a_turn_survives_the_end_of_its_process(host):
    noted(host, "UserPromptSubmit", prompt="fix the parser <remember>the port is 5433</remember>")
    noted(host, "Stop", last_assistant_message="the parser is fixed")
    ended()
    host.answer("SessionStart", source="startup", session="s2")
    assert kept(host) == ["the port is 5433"]
    (turn,) = host.episodes()
    assert turn["content"] == "fix the parser\nthe port is 5433\n→ the parser is fixed"
    assert (turn["kind"], turn["trust"], turn["source"]) == ("episode", "tool", "claude-code:s1")


def test_the_next_script_writes_it_before_it_does_its_own_work(host, monkeypatch, capsys):
    noted(host, "UserPromptSubmit", prompt="<remember>the port is 5433</remember>")
    ended()
    assert main("list", ["--namespace", host.project.namespace, "--home", str(host.home)]) == 0
    assert "the port is 5433" in capsys.readouterr().out


def test_no_secret_and_nothing_private_lies_there(host):
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" * 2
    prompt = f"a <private>swordfish</private> <remember>use {token[:40]}, my password is tr0ub4dor&3x</remember>"
    noted(host, "UserPromptSubmit", prompt=prompt)
    (name,) = files.waiting(host.home)
    said = files.content_of(host.home, name)
    assert b"use " in said
    assert not [each for each in (b"swordfish", token[:40].encode(), b"tr0ub4dor") if each in said]


def test_switched_off_before_it_is_written_it_is_kept_nowhere(host):
    noted(host, "UserPromptSubmit", prompt="<remember>one thing</remember>")
    noted(host, "UserPromptSubmit", prompt="other words")
    noted(host, "Stop", last_assistant_message="yes")
    host.configure(hosts={"capture": "told"})
    hooks.settle(lambda request: host.ask(**request), str(host.home))
    assert (kept(host), host.episodes()) == (["one thing"], [])
    host.configure()
    noted(host, "UserPromptSubmit", prompt="<remember>another thing</remember>")
    (host.cwd / ".ntm-memory").write_text("capture = off")
    hooks.settle(lambda request: host.ask(**request), str(host.home))
    assert kept(host) == ["one thing"]
    assert files.waiting(host.home) == []


@pytest.mark.parametrize("namespace", [None, "shared"])
def test_what_was_retracted_meanwhile_is_not_written(host, namespace):
    id = host.tell("The door code of the office is long", namespace)
    noted(host, "UserPromptSubmit", prompt="say <remember>The door code of the office is long</remember>")
    noted(host, "Stop", last_assistant_message="ok")
    ended()
    host.ask(command="erase", ids_or_key=[id], retract=True, namespace=namespace or host.project.namespace)
    hooks.settle(lambda request: host.ask(**request), str(host.home))
    assert (kept(host), host.episodes(), files.waiting(host.home)) == ([], [], [])


def test_what_is_purged_by_a_script_does_not_come_back_from_the_server_that_noted_it(host, capsys):
    noted(host, "UserPromptSubmit", prompt="<remember>The door code is long</remember>")
    assert main("status", ["--home", str(host.home)]) == 0
    (found,) = host.ask(command="list", namespace=host.project.namespace)["memories"]
    command = [found["id"], "--purge", "--namespace", host.project.namespace, "--home", str(host.home)]
    assert main("erase", command) == 0
    hooks.settle(lambda request: host.ask(**request), str(host.home))
    assert kept(host) == []


def test_a_purge_waits_for_whoever_writes_and_says_so(host, monkeypatch, capsys):
    from ntm_memory import cli

    id = host.tell("The door code is long")
    noted(host, "UserPromptSubmit", prompt="<remember>The door code is long</remember>")
    monkeypatch.setattr(cli, "_WAITED_FOR", 0.1)
    other = WriterLock(host.home / "hosts" / files.LOCK, 0)
    other.acquire()
    try:
        assert main("erase", [id, "--purge", "--namespace", host.project.namespace, "--home", str(host.home)]) == 5
        assert main("list", ["--namespace", host.project.namespace, "--home", str(host.home)]) == 0
    finally:
        other.close()
    assert "error store_locked" in capsys.readouterr().err


def test_it_waits_while_memory_takes_nothing_and_status_counts_it(host):
    noted(host, "UserPromptSubmit", prompt="<remember>one</remember> <remember>two</remember>")

    def locked(request):
        raise StoreLockedError("locked", "wait")

    hooks.settle(locked, str(host.home))
    answer = host.ask(command="status")
    assert answer["waiting"] == 2
    assert "waiting: 2 that a session told to keep" in stores.status(answer)
    hooks.settle(lambda request: host.ask(**request), str(host.home))
    assert sorted(kept(host)) == ["one", "two"]
    assert host.ask(command="status")["waiting"] == 0


def test_one_at_a_time_where_that_is_asked_for(host):
    noted(host, "UserPromptSubmit", prompt="<remember>one</remember> <remember>two</remember>")
    assert hooks.settle(lambda request: host.ask(**request), str(host.home), most=1)
    assert kept(host) == ["one"]
    assert not hooks.settle(lambda request: host.ask(**request), str(host.home), most=1)
    assert kept(host) == ["two", "one"]


@pytest.mark.parametrize("content", [b"", b"{", b'{"fields": 3}', b"[]", b'{"fields": {}, "texts": []}', b"\xff"])
def test_a_file_that_says_nothing_is_taken_away_and_holds_up_nothing(host, content):
    files.put(host.home, "pending-00000000000000000001-00000000.json", content)
    noted(host, "UserPromptSubmit", prompt="<remember>one</remember>")
    hooks.settle(lambda request: host.ask(**request), str(host.home))
    assert kept(host) == ["one"]
    assert files.waiting(host.home) == []


def test_where_no_file_can_be_written_this_process_keeps_it(host, monkeypatch):
    def full(*_):
        raise OSError(28, "no space left")

    monkeypatch.setattr(files, "put", full)
    noted(host, "UserPromptSubmit", prompt="<remember>one</remember>")
    hooks.settle(lambda request: host.ask(**request), str(host.home))
    assert kept(host) == ["one"]


def test_beside_an_encrypted_memory_it_is_encrypted(host, monkeypatch):
    pytest.importorskip("sqlcipher3")
    monkeypatch.setenv("NTM_MEMORY_KEY", "ab" * 32)
    host.configure(privacy={"encrypt": "sqlcipher"})
    host.tell("Mia drinks green tea")
    noted(host, "UserPromptSubmit", prompt="<remember>the port is 5433</remember>")
    (name,) = files.waiting(host.home)
    assert b"5433" not in files.content_of(host.home, name)
    ended()
    hooks.settle(lambda request: host.ask(**request), str(host.home))
    assert "the port is 5433" in kept(host)


def test_what_was_told_on_another_day_keeps_its_day(host):
    noted(host, "UserPromptSubmit", prompt="<remember>one</remember>")
    ended()
    (name,) = files.waiting(host.home)
    said = json.loads(files.content_of(host.home, name))
    files.put(host.home, name, json.dumps({**said, "at": "2026-05-08T10:00:00Z"}).encode())
    hooks.settle(lambda request: host.ask(**request), str(host.home))
    (memory,) = host.ask(command="list", namespace=host.project.namespace)["memories"]
    assert memory["occurred_at"].startswith("2026-05-08")
