"""The real process: it speaks whatever the locale, dies with its client, leaves nothing, and holds no truth."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy
import pytest
from opening import opened, write_config
from serving import SCRIPT, SKILL, TOLD, said, serving

from ntm_memory.errors import EmbedderError
from ntm_memory.persistence.pending import waiting

PLAIN = Path(getattr(sys, "_base_executable", sys.executable))
FOUND = [
    *sorted(Path.home().glob(".pyenv/versions/3.[789].*/bin/python")),
    *(Path(shutil.which(name) or "") for name in ("python3.7", "python3.8", "python3.9")),
]
OLDER = [
    path for path in FOUND if path.is_file() and not subprocess.run([path, "--version"], capture_output=True).returncode
]


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("locale", ["C", "POSIX", "zh_CN.GBK"])
def test_it_speaks_utf_8_whatever_the_locale(home, locale):
    with serving(LC_ALL=locale, LANG=locale, PYTHONIOENCODING="latin-1", PYTHONUTF8=None) as server:
        server.shake_hands()
        server.call("memorize", content="小美喜欢绿茶 🍵")
        assert "小美喜欢绿茶 🍵" in said(server.call("recall", query="绿茶"))
        server.send('{"jsonrpc":"2.0","id":99,"method":"tools/call","params":{"name":"list"}}'.encode("utf-16"))
        assert server.read()["error"]["code"] == -32700
        assert server.end() == (0, "")


def test_what_was_asked_before_stdin_ended_is_still_answered(home):
    with serving() as server:
        for number in range(3):
            params = {"name": "memorize", "arguments": {"content": f"note {number}"}}
            server.send({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params})
        server.popen.stdin.write(b'{"jsonrpc":"2.0","id":"last","method":"ping"}')  # without an end of line
        assert server.end() == (0, "")
        answers = [json.loads(line) for line in server.popen.stdout]
    assert {answer["id"] for answer in answers} == {0, 1, 2, "last"}
    assert all("error" not in answer for answer in answers)


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_and_leave_no_open_file(home, number):
    with serving() as server:
        server.shake_hands()
        server.call("memorize", content="note")
        server.popen.send_signal(number)
        server.popen.send_signal(signal.SIGTERM)
        assert server.popen.wait(20) in (128 + number, 128 + signal.SIGTERM)
        assert server.popen.stderr.read() == b""
    assert not any(name.endswith(("-journal", "-wal", "-shm")) for name in files(home))


@pytest.mark.parametrize("long", [False, True])
def test_what_a_session_told_is_kept_though_its_server_is_killed_with_the_answer(home, long):
    told = "the port is 5433 " * (1_000 if long else 1)
    with serving() as server:
        server.shake_hands()
        server.call("hook", event="UserPromptSubmit", session_id="s", prompt=f"go <remember>{told}</remember>")
        server.call("hook", event="Stop", session_id="s", last_assistant_message="done")
        server.popen.kill()
        server.popen.wait()
    with serving() as server:
        server.shake_hands()
        wait_until(lambda: not waiting(home))
        found = server.call("list", namespace="shared")["structuredContent"]["memories"]
        assert [memory["content"][:16] for memory in found] == ["the port is 5433"]
        turns = server.call("list", namespace="shared/episodes")["structuredContent"]["memories"]
        assert [memory["kind"] for memory in turns] == ["episode"]


def wait_until(condition):
    end = time.monotonic() + 60
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    assert condition()


@pytest.mark.skipif(os.name != "posix", reason="processes have parents")
def test_it_dies_with_its_parent_though_its_stdin_stays_open(home, tmp_path):
    read, write = os.pipe()
    note = tmp_path / "id"
    os.write(write, b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n')
    start = (
        "import subprocess, sys\n"
        f"server = subprocess.Popen([sys.executable, {SCRIPT!r}], stdin={read}, stdout=subprocess.PIPE)\n"
        "server.stdout.readline()\n"
        f"open({str(note)!r}, 'w').write(str(server.pid))"
    )
    subprocess.run([sys.executable, "-c", start], pass_fds=[read], check=True)
    os.close(read)
    id, until = int(note.read_text()), time.monotonic() + 30
    while time.monotonic() < until and is_running(id):
        time.sleep(0.1)
    assert not is_running(id)
    os.close(write)


def is_running(id):
    """Whether there is such a process; one that nobody waited for is none."""
    try:
        os.kill(id, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{id}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_it_leaves_no_file_but_the_memory(home, tmp_path):
    before = files(home)
    with serving() as server:
        server.shake_hands()
        server.call("memorize", content="note")
        server.call("recall", query="note")
        assert server.end() == (0, "")
    assert files(home) - before <= {"memory.db", "memory.lock", "usage.db", "matrix.bin"}


def test_what_a_library_prints_does_not_end_up_between_the_messages(home):
    start = (
        "import sys, ntm_memory.mcp.answering as a; from ntm_memory.cli.console import run\n"
        "plain = a.texts.plain\n"
        "def loud(value):\n    print('chatter', flush=True)\n    return plain(value)\n"
        "a.texts.plain = loud\nsys.exit(run(['mcp']))"
    )
    with serving(sys.executable, "-c", start) as server:
        assert "0 memories" in said(server.call("status"))
        code, err = server.end()
    assert code == 0 and "chatter" in err


def test_two_at_once_see_each_other_at_once(home):
    with serving() as one, serving() as other:
        one.shake_hands(), other.shake_hands()
        for number in range(10):
            writer, reader = (one, other) if number % 2 else (other, one)
            writer.call("memorize", content=f"the code of door {number} is {number * 111}", key=f"door-{number}")
            found = reader.call("recall", query=f"code of door {number}", top_k=20, all=True)
            assert f"is {number * 111}" in said(found)
        one.call("update", id="door-3", content="the code of door 3 is new")
        assert "is new" in said(other.call("recall", query="code of door 3"))
        other.call("erase", ids=["door-3"])
        assert one.call("update", id="door-3", content="x")["structuredContent"]["error"]["code"] == "not_found"
        assert said(one.call("status")).startswith("9 memories")


def test_settings_changed_by_somebody_else_hold_at_once(home):
    with serving() as server:
        server.call("memorize", content="Mia likes tea")
        assert server.call("recall", query="tea")["structuredContent"]["memories"]
        write_config(home, embedder={"backend": "tiny"}, recall={"confidence_floor": 1.0}, store={"backups": 0})
        assert not server.call("recall", query="tea")["structuredContent"]["memories"]
        (home / "config.json").write_text("{")
        refused = server.call("recall", query="tea")
        assert refused["structuredContent"]["error"]["code"] == "bad_config"
        write_config(home, embedder={"backend": "tiny"}, recall={"confidence_floor": 0}, store={"backups": 0})
        assert server.call("recall", query="tea")["structuredContent"]["memories"]


def test_a_store_that_cannot_be_opened_is_told_and_nothing_else_happens(home):
    (home / "memory.db").write_bytes(b"this is no database, whatever its name says" * 30)
    with serving() as server:
        server.shake_hands()
        assert server.call("recall", query="x")["structuredContent"]["error"]["code"].startswith("store")
        assert server.call("hook", event="Stop") == {"content": [{"type": "text", "text": "{}"}]}
        assert server.ask("ping")["result"] == {}
        assert server.end() == (0, "")


def test_help_and_usage():
    done = subprocess.run([sys.executable, SCRIPT, "--nonsense"], capture_output=True)
    assert done.returncode == 2 and done.stderr.startswith(b"error usage: ") and done.stdout == b""
    done = subprocess.run([sys.executable, SCRIPT, "--help"], capture_output=True)
    assert done.returncode == 0 and b"mcpServers" in done.stdout


def test_the_home_told_on_its_command_line(home, tmp_path):
    other = tmp_path / "other"
    write_config(other, embedder={"backend": "tiny"})
    with serving(sys.executable, SCRIPT, "--home", str(other)) as server:
        assert f"home: {other}," in said(server.call("status"))


@pytest.mark.parametrize("python", [PLAIN, *OLDER], ids=lambda path: str(path).split("/")[-3])
def test_it_speaks_where_nothing_is_set_up(tmp_path, python):
    with serving(str(python), SCRIPT, NTM_MEMORY_ENV=str(tmp_path / "none")) as server:
        assert server.shake_hands()["protocolVersion"] == TOLD["protocolVersion"]
        assert len(server.ask("tools/list")["result"]["tools"]) == 9
        refused = server.call("recall", query="x")
        assert refused["isError"]
        assert "not_set_up" in said(refused) and f"run: python3 {SKILL / 'scripts' / 'install.py'}" in said(refused)
        assert said(server.call("hook", event="Stop")) == "{}"
        assert server.end() == (0, "")


@pytest.mark.skipif(os.name != "posix", reason="a process becomes another one")
def test_once_it_is_set_up_the_same_process_serves(home, tmp_path):
    environment = tmp_path / "env"
    with serving(str(PLAIN), SCRIPT, NTM_MEMORY_ENV=str(environment)) as server:
        server.shake_hands()
        assert "not_set_up" in said(server.call("status"))
        environment.mkdir()
        (environment / "packages").symlink_to(Path(numpy.__file__).parents[1], target_is_directory=True)
        marker = {"complete": True, "python": str(PLAIN), "packages": str(environment / "packages")}
        (environment / "ntm-memory-environment.json").write_text(json.dumps(marker))
        assert "call again" in said(server.call("memorize", content="Mia likes tea"))
        assert said(server.call("memorize", content="Mia likes tea")).startswith("created m_")
        assert server.end() == (0, "")


def test_speaking_needs_no_numpy():
    code = "import json, sys, ntm_memory.mcp.process, ntm_memory.mcp.answering; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=SKILL, capture_output=True, text=True, check=True)
    heavy = {"numpy", "sqlite3", "asyncio", "yaml", "dateparser", "snowballstemmer", "ntm_memory.manager"}
    assert not heavy & set(json.loads(done.stdout))


@pytest.mark.real_model
@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory of a process is read in /proc")
def test_it_is_warm_before_the_first_call_and_does_not_grow(tmp_path):
    try:
        from ntm_memory.embedding.weights import find_weights

        find_weights()
    except EmbedderError:
        pytest.skip("needs the weights")
    with opened(tmp_path / "m", {"embedder": {"backend": "e5"}}) as memory:
        memory.memorize_many([{"content": f"Tom keeps parcel {n} in room {n * 7 % 50}"} for n in range(40)])
    with serving(NTM_MEMORY_HOME=str(tmp_path / "m")) as server:
        server.shake_hands()
        until = time.monotonic() + 60
        while time.monotonic() < until and not settled(server.popen.pid):
            pass
        server.call("status")  # waits for what is loading
        loaded = resident(server.popen.pid)
        before = cpu(server.popen.pid)
        server.call("recall", query="Where is parcel 3?")
        first = cpu(server.popen.pid) - before
        for number in range(20):
            server.call("recall", query=f"Where is parcel {number}?")
        warm = resident(server.popen.pid)
        before = cpu(server.popen.pid)
        for number in range(50):
            server.call("recall", query=f"Which room has parcel {number}?")
        each = (cpu(server.popen.pid) - before) / 50
        grown = resident(server.popen.pid) - warm
    assert warm - loaded < 40_000, "KiB: the embedder was loaded before the first call"
    assert first < 2.5 * each + 0.1, (first, each)
    assert grown < 1_024, f"{grown} KiB"


def settled(id):
    before = cpu(id)
    time.sleep(1)
    return cpu(id) > 0.2 and cpu(id) - before < 0.02


def cpu(id):
    """Seconds of CPU that a process has used."""
    tasks = Path(f"/proc/{id}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def resident(id):
    """KiB of memory that are the process's own."""
    lines = Path(f"/proc/{id}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty"))
