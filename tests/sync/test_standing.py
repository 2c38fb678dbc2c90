"""What `status` tells of it, what a session's beginning starts, what a purge does at once."""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
from contextlib import closing

import pytest
from opening import TINY, write_config

from ntm_memory.cli import main
from ntm_memory.config import load_settings
from ntm_memory.errors import BadValueError
from ntm_memory.hosts import hooks
from ntm_memory.persistence.writer_lock import WriterLock
from ntm_memory.rendering import as_text
from ntm_memory.sync import standing


def settings_of(devices, home):
    write_config(home, **TINY, sync={"folder": str(devices.folder)})
    return load_settings(home / "config.json")


def test_status_tells_when_it_last_synced_of_whom_and_what_is_in_conflict(devices):
    one, other = devices.add("one"), devices.add("other")
    assert one.status()["sync"]["last"] is None
    id = one.memorize("Mia drinks tea").memory.id
    devices.settle()
    one.update(id, content="Mia drinks milk")
    other.update(id, content="Mia drinks juice")
    devices.settle()
    told = one.status()["sync"]
    assert (told["devices"], told["conflicts"], told["due"]) == (2, 1, 0) and told["last"]
    assert "2 devices" in as_text("status", one.status()) and "1 conflict" in as_text("status", one.status())
    assert [each.get("conflict") for each in one.memories()["memories"]] == [True]
    assert "conflict" in as_text("list", one.memories())
    assert "another machine told" in as_text("sync", one.sync())


def test_without_a_folder_status_says_nothing_of_it(tmp_path):
    from opening import opened

    with opened(tmp_path) as memory:
        assert "sync" not in memory.status()
        assert not (tmp_path / "sync.db").exists()


def test_it_is_due_only_where_something_changed(devices):
    one = devices.add("one")
    home = devices.root / "one"
    settings = settings_of(devices, home)
    assert standing.is_due(home, settings)
    one.memorize("Mia drinks tea")
    one.sync(), one.sync()
    assert not standing.is_due(home, settings)
    one.memorize("Tom is in Oslo")
    assert standing.is_due(home, settings)
    one.sync(), one.sync()
    assert not standing.is_due(home, settings)
    other = devices.add("other")
    other.memorize("Priya is in Pune")
    other.sync()
    assert standing.is_due(home, settings)
    devices.folder.rename(devices.root / "away")
    assert not standing.is_due(home, settings)


def test_a_session_that_begins_starts_it_and_waits_for_nothing(devices, monkeypatch):
    started = []

    class Started:
        def __init__(self, command, **options):
            started.append((command, options))

        def wait(self):
            return 0

    monkeypatch.setattr(standing.subprocess, "Popen", Started)
    home = devices.root / "one"
    settings_of(devices, home)
    event = {"event": "SessionStart", "session_id": "s1", "cwd": str(devices.root), "source": "startup"}
    hooks.answer(event, lambda request: {"memories": []}, home)
    ((command, options),) = started
    assert command[0] == sys.executable and str(home) in command and options["start_new_session"]
    write_config(home, **TINY)
    hooks.answer(event, lambda request: {"memories": []}, home)
    assert len(started) == 1


def test_the_process_that_is_started_syncs(devices):
    other = devices.add("other")
    other.memorize("Mia drinks tea")
    other.sync()
    home = devices.root / "one"
    settings_of(devices, home)
    standing.subprocess.run(
        [sys.executable, "-c", standing._COMMAND, "--home", str(home), "--format", "json"],
        check=True,
        capture_output=True,
        env={**standing.os.environ, "PYTHONPATH": standing.os.pathsep.join(filter(None, sys.path))},
    )
    one = devices.add("one")
    assert [each.content for each in one.store.memories()] == ["Mia drinks tea"]


def test_a_purge_leaves_this_machines_logs_at_once(devices):
    one = devices.add("one")
    id = one.memorize("the secret of Mia").memory.id
    one.sync()
    assert not one.erase([id], purge=True).files_holding
    assert b"secret" not in devices.logs()
    id = one.memorize("another secret of Mia").memory.id
    one.sync()
    devices.folder.rename(devices.root / "away")
    assert "is not there" in one.erase([id], purge=True).files_holding[0]
    (devices.root / "away").rename(devices.folder)
    one.sync()
    assert b"secret" not in devices.logs()


def test_logs_of_former_names_are_mended_too(devices):
    one = devices.add("one")
    id = one.memorize("the secret of Mia").memory.id
    one.sync()
    (devices.root / "one" / "sync.db").unlink()
    one.sync()
    one.erase([id], purge=True)
    assert b"secret" not in devices.logs()


@pytest.mark.parametrize("sealed", ["by the memory", "by the setting"])
def test_sealed_logs_say_nothing_and_need_the_key(devices, secret, monkeypatch, sealed):
    pytest.importorskip("cryptography")
    if sealed == "by the memory":
        pytest.importorskip("sqlcipher3")
        one, other = (devices.add(name, privacy={"encrypt": "sqlcipher"}) for name in ("one", "other"))
    else:
        devices.seal()
        one, other = devices.add("one"), devices.add("other")
    one.memorize("Mia drinks tea")
    devices.settle()
    assert b"Mia drinks" not in devices.logs() and other.store.count() == 1
    if sealed == "by the memory":
        assert b"Mia drinks" not in (devices.root / "one" / "sync.db").read_bytes()
        return
    monkeypatch.delenv("NTM_MEMORY_KEY")
    devices._sync["encrypt"] = False
    assert "sealed" in devices.add("third").sync()["unread"][0]


def test_the_command_line(devices, capsys):
    home = devices.root / "one"
    settings_of(devices, home)
    assert main("memorize", ["Mia drinks tea", "--home", str(home)]) == 0
    assert main("sync", ["--dry-run", "--home", str(home)]) == 0
    assert main("sync", ["--home", str(home)]) == 0
    assert main("sync", ["--settle", "m_2222222222", "--home", str(home)]) == 4
    out = capsys.readouterr().out
    assert "would send 1 change" in out and "sent 1 change, took in 0 changes" in out


@pytest.mark.parametrize("names", [["sync.lock"], ["memory.lock", "sync.lock"]])
def test_a_dry_run_waits_for_nobody_and_writes_nothing(devices, names):
    one, other = devices.add("one", store={"lock_seconds": 0.0}), devices.add("other")
    other.memorize("Tom is in Oslo")
    other.sync(), one.sync()
    one.memorize("Mia drinks tea")
    other.memorize("Priya is in Pune")
    other.sync()
    home = devices.root / "one"
    locks = [WriterLock(home / name, 0.0) for name in names]
    before = {file.name: file.read_bytes() for file in home.iterdir() if file.is_file()}
    for lock in locks:
        lock.acquire()
    with closing(sqlite3.connect(home / "sync.db", isolation_level=None)) as sql:
        sql.execute("BEGIN IMMEDIATE")  # as one who syncs has it open
        answer = one.sync(dry_run=True)
    for lock in locks:
        lock.close()
    assert (answer["sent"], answer["taken"]) == (1, 1)
    assert {file.name: file.read_bytes() for file in home.iterdir() if file.is_file()} == before


def test_a_machine_counts_once_whatever_names_its_logs_have(devices):
    one, other = devices.add("one"), devices.add("other")
    assert one.sync() and one.status()["sync"]["devices"] == 1
    one.memorize("Mia drinks tea")
    devices.settle()
    (file,) = devices.folder.glob("*.jsonl")
    (devices.folder / f"{file.stem.upper()}-LAPTOP.JSONL").write_bytes(file.read_bytes())
    (devices.root / "one" / "sync.db").unlink()  # it takes another name
    one.memorize("Tom is in Oslo")
    devices.settle()
    assert one.status()["sync"]["devices"] == 1
    other.memorize("Priya is in Pune")
    devices.settle()
    assert one.status()["sync"]["devices"] == 2


def _forbidding(folder, scandir=os.scandir):
    def scan(path="."):
        if path == folder:
            raise PermissionError(errno.EACCES, "Permission denied")
        return scandir(path)

    return scan


@pytest.mark.parametrize(
    ("kind", "told", "exit_code"),
    [
        ("not to be entered", "cannot be used: Permission denied", 5),
        ("of nobody", "no such user", 2),
        ("a long name", "cannot be used: File name too long", 5),
        ("a file", "is no folder", 5),
        ("no name", "names no folder", 2),
    ],
)
def test_a_folder_that_cannot_be_used_is_one_error_also_in_status_and_after_a_purge(
    devices, capsys, monkeypatch, kind, told, exit_code
):
    home = devices.root / "one"
    settings_of(devices, home)
    assert main("memorize", ["Mia drinks tea", "--key", "drink", "--home", str(home)]) == 0
    folders = {
        "of nobody": "~nobody-of-this-name/foo",
        "a long name": str(devices.root / ("x" * 300)),
        "a file": str(devices.root / "file"),
        "no name": "/a\0b",
    }
    (devices.root / "file").touch()
    if kind == "not to be entered":  # as by mode 000, which keeps not everybody out
        monkeypatch.setattr("ntm_memory.sync.folder.os.scandir", _forbidding(devices.folder))
    write_config(home, **TINY, sync={"folder": folders.get(kind, str(devices.folder))})
    capsys.readouterr()
    assert main("sync", ["--home", str(home)]) == exit_code
    assert told in capsys.readouterr().err
    assert main("status", ["--home", str(home)]) == 0
    assert told in capsys.readouterr().out
    assert not standing.is_due(home, load_settings(home / "config.json"))
    assert main("erase", ["drink", "--purge", "--home", str(home)]) == 5
    printed = capsys.readouterr()
    assert told in printed.err and "it is gone from the memory" in printed.err
    write_config(home, **TINY)
    assert main("status", ["--home", str(home), "--format", "json"]) == 0
    assert '"memories": {"live": 0' in capsys.readouterr().out.replace("\n", " ")


def test_a_folder_of_before_is_named_as_long_as_this_machines_logs_are_in_it(devices):
    one = devices.add("one")
    id = one.memorize("the secret of Mia").memory.id
    assert one.sync()["warnings"] == []
    before, devices.folder = devices.folder, devices.root / "another"
    devices.folder.mkdir()
    devices._sync["folder"] = str(devices.folder)
    one = devices.again(0, "one", ahead=9000.0)
    one.erase([id], purge=True)
    for _ in range(2):
        (warning,) = one.sync()["warnings"]
        assert str(before) in warning and "no purge reaches them" in warning
    for file in before.iterdir():
        assert b"secret" in file.read_bytes()
        file.unlink()
    assert one.sync()["warnings"] == []


def test_what_forget_and_yes_take(devices, capsys):
    one, other = devices.add("one"), devices.add("other")
    one.memorize("Mia drinks tea")
    name = one.sync()["device"]
    (file,) = devices.folder.iterdir()
    for forget in ("", " "):
        with pytest.raises(BadValueError, match="name of the machine is missing"):
            other.sync(forget=[forget])
    with pytest.raises(BadValueError, match="forget alone"):
        other.sync(yes=True)
    told = other.sync(forget=[name.upper()], dry_run=True)
    assert told["forgotten"] == [file.name] and f"would take over and remove {file.name}" in as_text("sync", told)
    assert file.exists()
    done = other.sync(forget=[name.upper()])
    assert f"took over and removed {file.name}" in as_text("sync", done) and not file.exists()
    assert other.sync()["forgotten"] == []


def test_what_is_no_json_is_said_once(devices):
    (devices.folder / "ntm-evilevil-2023-11.jsonl").write_bytes(b"{}}\n\xff\n" + b"[" * 100_000 + b"\n")
    (one, two, three) = devices.add("one").sync()["unread"]
    assert one.endswith("line 1: it is no JSON") and two.endswith("line 2: it is no JSON: byte 0 is no UTF-8")
    assert three.endswith("line 3: it is no JSON: it is nested too deeply")
