"""Nothing told is lost: kills, crowds, full disks; and nothing purged is left."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from opening import opened, told, write_config

from ntm_memory.errors import DiskFullError

ROOT = Path(__file__).parent.parent
DRIVER = "import sys; from ntm_memory.cli import main; sys.exit(main(sys.argv[1], sys.argv[2:]))"


def start(home, *arguments, **options):
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", DRIVER, *arguments, "--format", "json", "--home", str(home)]
    return subprocess.Popen(command, env=variables, stdin=subprocess.DEVNULL, **options)


def write_lines(file, contents):
    file.write_text("".join(json.dumps({"content": each}) + "\n" for each in contents), encoding="utf-8")
    return file


@pytest.fixture
def home(tmp_path):
    write_config(tmp_path / "memories", embedder={"backend": "tiny"})
    return tmp_path / "memories"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_what_a_killed_bulk_run_reported_is_there_and_a_second_run_completes_it(tmp_path, home):
    contents = [f"note number {i} of a long list" for i in range(4_000)]
    lines = write_lines(tmp_path / "many.jsonl", contents)
    ours, theirs = os.openpty()
    process = start(home, "memorize", "--jsonl", str(lines), stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    reported = _read_progress(ours, at_least=300)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    os.close(ours)
    with opened(home) as memory:
        stored = [each.content for each in memory.store.memories()]
        assert reported <= len(stored) < len(contents)
        assert stored == contents[: len(stored)]
        assert memory.store.check() == []
    second = start(home, "memorize", "--jsonl", str(lines), stdout=subprocess.PIPE)
    answer = json.loads(second.communicate()[0])
    assert (answer["created"], answer["unchanged"]) == (len(contents) - len(stored), len(stored))
    with opened(home) as memory:
        assert [each.content for each in memory.store.memories()] == contents
        assert memory.store.check() == []


def _read_progress(terminal, at_least):
    """How many memories the progress line has told of, once they are enough."""
    seen, deadline = "", time.monotonic() + 60
    while time.monotonic() < deadline:
        seen += os.read(terminal, 4096).decode()
        counts = [int(count.replace(",", "")) for count in re.findall(r"\r([\d,]+) memories", seen)]
        if counts and counts[-1] >= at_least:
            return counts[-1]
    raise AssertionError(f"no progress: {seen!r}")


def test_two_bulk_runs_at_once_lose_nothing_and_double_nothing(tmp_path, home):
    shared = [f"both tell number {i}" for i in range(100)]
    runs = [[*shared, *(f"only {name} tells number {i}" for i in range(100))] for name in ("one", "two")]
    files = [write_lines(tmp_path / f"{i}.jsonl", run) for i, run in enumerate(runs)]
    processes = [start(home, "memorize", "--jsonl", str(file), stdout=subprocess.PIPE) for file in files]
    answers = [json.loads(process.communicate()[0]) for process in processes]
    assert [answer["created"] + answer["unchanged"] for answer in answers] == [200, 200]
    assert sum(answer["created"] for answer in answers) == 300
    with opened(home) as memory:
        stored = [each.content for each in memory.store.memories()]
        assert sorted(stored) == sorted({*runs[0], *runs[1]})
        assert [memory.store.get(id).content for id in answers[0]["ids"]] == runs[0]
        assert memory.store.check() == []


def test_a_full_disk_is_an_error_and_leaves_the_memory_as_it_was(tmp_path, monkeypatch):
    connect = sqlite3.connect

    def small(*arguments, **options):
        connection = connect(*arguments, **options)
        connection.execute("PRAGMA max_page_count = 80")
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", small)
        with opened(tmp_path) as memory:
            kept = memory.memorize("a short note").memory
            with pytest.raises(DiskFullError):
                memory.memorize("a very long note " * 50_000)
            done = [memory.memorize("another short note").action]
            with pytest.raises(DiskFullError):
                memory.memorize_many({"content": f"{i} " + "words " * 2_000} for i in range(100))
    with opened(tmp_path) as memory:
        assert done == ["created"]
        assert [each.content for each in memory.store.memories()] == ["a short note", "another short note"]
        assert memory.store.get(kept.id) == kept
        assert memory.store.check() == []


@pytest.mark.parametrize("way", ["present", "history", "erased", "archived"])
def test_purging_leaves_no_byte_of_the_text(tmp_path, way):
    secret, rest = "xylophone-quartz-7731 青花瓷密码", "Tom repairs old bicycles"
    config = {"memory_size": 2, "capacity": {"when_full": "evict"}} if way == "archived" else {}
    with opened(tmp_path, config) as memory:
        memory.memorize(rest)
        memory.memorize(secret, key="secret", importance=0.0, tags=["quartzite"], source="chatlog-zebra")
        memory.recall("xylophone", session="s")
        if way == "history":
            memory.memorize("harmless now", key="secret")
        if way == "erased":
            memory.erase("secret")
        if way == "archived":
            memory.memorize("something more important", importance=1.0)
        assert _traces(tmp_path, secret)
        erased = memory.erase("secret", purge=True)
        assert not erased.restorable
        assert _traces(tmp_path, secret) == []
    with opened(tmp_path, config) as memory:
        assert _traces(tmp_path, secret) == []
        assert memory.store.check() == []
        assert rest in told(memory.recall("old bicycles"))


def _traces(folder, secret):
    """Where any word of the secret stands, as it was told or in the form of the index."""
    parts = [part.encode() for part in (secret, "xylophone", "quartz", "7731", "青花瓷", "zebra")]
    parts += ["青花".encode().hex().encode(), "花瓷".encode().hex().encode()]
    return [
        (file.name, part)
        for file in folder.rglob("*")
        if file.is_file()
        for part in parts
        if part.lower() in file.read_bytes().lower()
    ]
