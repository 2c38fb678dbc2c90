"""What was acknowledged survives kill -9; two writers lose nothing; a full disk leaves the store as it was."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from ntm_memory.errors import DiskFullError, StoreError
from ntm_memory.store import open_store

from .drafts import EMBEDDER, Clock, draft

HERE = Path(__file__).parent
START = f"""
import sys
sys.path.insert(0, {str(HERE.parent)!r})
from pathlib import Path
from ntm_memory.store import open_store
from store.drafts import EMBEDDER, draft
"""
GROUPS = (
    START
    + """
store, run = open_store(Path(sys.argv[1])), sys.argv[2]
store.set_embedder(EMBEDDER)
for i in range(10_000):
    with store.transaction():
        ids = [store.add(*draft(f"run {run} group {i} part {part}")).id for part in range(3)]
        store.set_retention(ids[0], 0.5)
    print(" ".join(ids), flush=True)
"""
)
ADDS = (
    START
    + """
store, run = open_store(Path(sys.argv[1])), sys.argv[2]
store.set_embedder(EMBEDDER)
for i in range(100):
    print(store.add(*draft(f"run {run} number {i}", session=f"s{i % 3}")).id, flush=True)
store.close()
"""
)
PURGES = (
    START
    + """
store = open_store(Path(sys.argv[1]))
for memory in list(store.memories()):
    store.purge([memory.id])
    print(memory.id, flush=True)
"""
)


def start(script, *arguments):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def kill_while_writing(process, lines, pause):
    """All lines that were printed completely before the kill."""
    seen = [process.stdout.readline() for _ in range(lines)]
    time.sleep(pause)
    process.kill()
    seen += process.stdout.read().splitlines(keepends=True)
    process.wait()
    process.stdout.close()
    assert process.returncode == -signal.SIGKILL and all(seen[:lines])
    return [line.strip() for line in seen if line.endswith("\n")]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_nothing_acknowledged_is_lost_by_kill(tmp_path):
    chance, path, acknowledged = random.Random(4711), tmp_path / "memory.db", set()
    for run in range(5):
        lines = kill_while_writing(start(GROUPS, path, run), 3, chance.random() * 0.1)
        acknowledged |= {id for line in lines for id in line.split()}
        store = open_store(path)
        memories = list(store.memories())
        assert acknowledged <= {memory.id for memory in memories}
        assert len({memory.content for memory in memories}) == len(memories)
        groups = {memory.content.rsplit(" ", 2)[0] for memory in memories}
        assert len(memories) == 3 * len(groups), "a transaction was torn"
        assert [m.retention for m in memories] == [0.5, 1.0, 1.0] * len(groups)
        assert len(store.memory_matrix("default")) == len(memories) and store.check() == []
        store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_purge_is_finished_by_the_next_opening(tmp_path):
    path = tmp_path / "memory.db"
    store = open_store(path)
    store.set_embedder(EMBEDDER)
    with store.transaction():
        secrets = {store.add(*draft(f"secret{i:04d} word")).id: f"secret{i:04d}" for i in range(60)}
    store.close()
    purged = set(kill_while_writing(start(PURGES, path), 3, 0.02))
    store = open_store(path)
    left = {memory.content.split()[0] for memory in store.memories()}
    assert not left & {secrets[id] for id in purged} and 60 - len(left) - len(purged) in (0, 1)
    assert store.check() == []
    store.close()
    data = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    gone = set(secrets.values()) - left
    assert len(gone) >= 3 and not any(secret.encode() in data for secret in gone)
    assert all(secret.encode() in data for secret in left)


def test_two_writers_lose_nothing(tmp_path):
    path = tmp_path / "memory.db"
    writers = [start(ADDS, path, run) for run in "AB"]
    acknowledged = [line.strip() for writer in writers for line in writer.communicate()[0].splitlines()]
    assert [writer.returncode for writer in writers] == [0, 0] and len(set(acknowledged)) == 200
    store = open_store(path)
    memories = list(store.memories())
    assert {memory.id for memory in memories} == set(acknowledged)
    assert sorted(m.content for m in memories) == sorted(f"run {r} number {i}" for r in "AB" for i in range(100))
    assert [memory.position for memory in memories] == list(range(200))
    assert sorted(memory.address for memory in memories) == list(range(200))
    assert store.check() == [] and len(store.postings("default", ["number"]).address["number"]) == 200
    store.close()


def test_a_new_store_is_made_once_by_many_at_once(tmp_path):
    script = START + "print(open_store(Path(sys.argv[1])).uuid)"
    processes = [start(script, tmp_path / "memory.db") for _ in range(4)]
    uuids = {process.communicate()[0] for process in processes}
    assert len(uuids) == 1 and all(process.returncode == 0 for process in processes)


def test_a_store_that_others_are_making_is_not_taken_for_a_strangers(tmp_path):
    for number in range(60):
        path, together = tmp_path / str(number) / "memory.db", Barrier(6)

        def uuid_of_new(_, path=path, together=together):
            together.wait()
            store = open_store(path)
            store.close()
            return store.uuid

        with ThreadPoolExecutor(6) as pool:
            assert len(set(pool.map(uuid_of_new, range(6)))) == 1


def test_a_full_database_leaves_everything_as_it_was(tmp_path):
    store = open_store(tmp_path / "memory.db", clock=Clock())
    store.set_embedder(EMBEDDER)
    kept = store.add(*draft("kept"))
    (pages,) = store._engine.sql.execute("PRAGMA page_count").fetchone()
    store._engine.sql.execute(f"PRAGMA max_page_count = {pages + 5}")
    with pytest.raises(DiskFullError), store.transaction():
        store.add(*draft("small"))
        try:
            store.add(*draft("big " * 20_000))
        except DiskFullError:
            # SQLite has rolled everything back: going on would write outside the transaction
            with pytest.raises(StoreError):
                store.add(*draft("after"))
            raise
    assert list(store.memories()) == [kept] and len(store.memory_matrix("default")) == 1 and store.check() == []
    store._engine.sql.execute("PRAGMA max_page_count = 1000000")
    store.add(*draft("big " * 20_000))
    assert store.count() == 2 and store.check() == []
    store.close()


def test_a_really_full_disk(tmp_path):
    """A file system of 1 MiB in a namespace of its own; also the derived matrix must not break anything there."""
    script = (
        START
        + """
import shutil
from ntm_memory.errors import DiskFullError
folder = Path(sys.argv[1])
store = open_store(folder / "memory.db")
store.set_embedder(EMBEDDER)
done = 0
try:
    for done in range(10_000):
        store.add(*draft(f"{done} " * 2_000))
except DiskFullError as error:
    assert error.code == "disk_full"
else:
    raise SystemExit("never full")
assert store.count() == done > 5 and len(store.memory_matrix("default")) == done
store.note_reads([0, 1]); store.set_focus("default", "s", ["m_x"], [1.0])
store.close()
again = open_store(folder / "memory.db")
assert again.count() == done and again.check() == [], again.check()
again.close()
print("kept", done)
"""
    )
    if sys.platform != "linux" or shutil.which("unshare") is None:
        pytest.skip("needs unshare")
    (tmp_path / "disk").mkdir()
    (tmp_path / "script.py").write_text(script)
    command = 'mount -t tmpfs -o size=1m tmpfs "$1" && exec "$2" "$3" "$1"'
    arguments = ["sh", tmp_path / "disk", sys.executable, tmp_path / "script.py"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    run = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", command, *map(str, arguments)]
    done = subprocess.run(run, capture_output=True, text=True, env=environment)
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip(f"no namespaces here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("kept ")
