"""A connection to the server that speaks as much of `sqlite3` as the store uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Any

import psycopg
from psycopg import pq, sql
from psycopg.raw_cursor import RawCursor

from ntm_memory.errors import StoreError
from ntm_memory.postgres.address import Address
from ntm_memory.postgres.dialect import READ, UNREAD, translated
from ntm_memory.postgres.place import faults_at
from ntm_memory.postgres.server_faults import LineLostError
from ntm_memory.postgres.server_line import Answer, connected, rows_of_ours

_TRANSACTION_LOST = "nothing of what was being written is written: do it again"
_BOOKKEEPING = ("SAVEPOINT ", "RELEASE ")
Rows = Sequence[Any] | Mapping[str, Any]


class ServerSQL:
    """One line to a server, opened when first needed and anew after it broke.

    Only between transactions is a broken line mended without a word: inside one what was written is gone, and whoever
    writes must know. Inside a transaction what writes is sent and not waited for: what goes wrong with it is told by
    the next statement that is answered, at the latest at the end of the (inner) transaction.

    Args:
        address: of the store.
        connect_seconds: how long to wait for the server to answer at all.
        on_new_line: called when the line was opened anew.
    """

    def __init__(
        self, address: Address, connect_seconds: float, on_new_line: Callable[[], None] = lambda: None
    ) -> None:
        self._address = address
        self._seconds = connect_seconds
        self._line: psycopg.Connection | None = None
        self._pipeline: Any = None
        self._leaving = ExitStack()
        self._unsettled = False
        self._closed = False
        self._began = False
        self.on_new_line = on_new_line
        self.text_factory: Any = str
        """What `sqlite3` reads texts with; here they are always whole."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._began

    def execute(self, statement: str, arguments: Rows = ()) -> Answer:
        """Run one of the store's statements."""
        command = translated(statement)
        values = [arguments[name] for name in command.names] if isinstance(arguments, Mapping) else arguments

        def run(line: psycopg.Connection) -> Answer:
            cursor = RawCursor(line, row_factory=rows_of_ours)
            is_replica = line.info.parameter_status("in_hot_standby") == "on"
            text = command.text.replace(READ, UNREAD) if is_replica else command.text
            cursor.execute(text, values, binary=True)
            if not self._began or (command.has_rows and not command.gives_row):
                self._settle()  # outside of a transaction what is sent next would else be of one with it
            if command.has_rows and not command.gives_row:
                return Answer(cursor.fetchall(), lambda: cursor)
            if self._began and not command.text.startswith(_BOOKKEEPING):
                self._unsettled = True
            if command.text.startswith("RELEASE "):
                self._settle() if self._unsettled else self._send_off(line)
            return Answer(None, lambda: self._run(lambda _: self._settled(cursor)), gives_row=command.gives_row)

        answer: Answer = self._run(run)
        return answer

    def executemany(self, statement: str, rows: Iterable[Rows]) -> None:
        """Run one of the store's statements for each of many rows."""
        command = translated(statement)
        many = list(rows)

        def run(line: psycopg.Connection) -> None:
            RawCursor(line).executemany(command.text, many)
            self._unsettled = True
            if not self._began:
                self._settle()

        if many:
            self._run(run)

    def begin(self, how: str, *then: str) -> list[Any]:
        """Begin a transaction, in the same message do what is told, and return the rows of the last of it."""

        def run(line: psycopg.Connection) -> list[Any]:
            if self._pipeline is None:
                self._pipeline = self._leaving.enter_context(line.pipeline())
            line.execute(_plain(f"BEGIN {how}"), prepare=False)  # prepared, it would be the second in its transaction
            for statement in then:
                cursor = line.execute(_plain(statement))
            if not then or not then[-1].lstrip().startswith("SELECT"):
                return []
            self._settle()
            return list(cursor.fetchall())

        self._unsettled = False
        try:
            rows: list[Any] = self._run(run)
        except BaseException:
            self._began = True
            with suppress(StoreError):
                self.end("ROLLBACK")
            raise
        self._began = True
        return rows

    def end(self, how: str, first: Any = None, *, wait: bool = True) -> None:
        """COMMIT or ROLLBACK; a transaction whose line broke is rolled back already.

        Args:
            how: which.
            first: a statement that is run in the same message before it.
            wait: False: of a transaction that wrote nothing nobody waits for the end.

        Raises:
            StoreError: the line broke: while a COMMIT was under way nobody knows whether it is written.
        """
        line, was_open = self._line, self._began
        self._began = self._unsettled = False
        if not was_open:
            return
        if line is None or line.closed or line.info.transaction_status == pq.TransactionStatus.UNKNOWN:
            if how == "COMMIT":
                raise LineLostError(f"the line to {self._address.label} broke", _TRANSACTION_LOST)
            return
        failed = line.info.transaction_status == pq.TransactionStatus.INERROR
        with faults_at(self._address, self._seconds, at_commit=how == "COMMIT"):
            try:
                if first is not None and not failed:
                    line.execute(_plain(first))
                cursor = line.execute(_plain(how), prepare=False)
                if wait or self._pipeline is None:
                    self._leave_pipeline()
                else:
                    self._send_off(line)
            except psycopg.Error:
                self._give_up(line)
                raise
        if how == "COMMIT" and wait and cursor.statusmessage == "ROLLBACK":
            raise StoreError("the transaction was rolled back after an error", "begin anew")

    def plainly(self, statement: Any) -> Answer:
        """Run a statement of PostgreSQL's own, without arguments, as it stands, and wait until it is done."""

        def run(line: psycopg.Connection) -> Answer:
            if not self._began:
                self._leave_pipeline()  # not everything may stand in one
            cursor = RawCursor(line, row_factory=rows_of_ours)
            cursor.execute(_plain(statement))
            self._settle()
            return Answer(cursor.fetchall() if cursor.description else None, lambda: cursor)

        answer: Answer = self._run(run)
        return answer

    def later(self, statement: Any) -> None:
        """Send a statement of ours inside a transaction that cannot fail by what was told."""
        self._run(lambda line: line.execute(_plain(statement)))

    def settle(self) -> None:
        """Wait until all that was sent is done."""
        self._run(lambda _: self._settle())

    def copy_in(self, statement: Any, rows: Iterable[Sequence[Any]]) -> None:
        """Put many rows into a table in one go."""

        def run(line: psycopg.Connection) -> None:
            self._leave_pipeline()
            with RawCursor(line).copy(statement) as copy:
                for row in rows:
                    copy.write_row(tuple(row))

        self._run(run)

    def line(self) -> psycopg.Connection:
        """What the client library calls a connection; opened if need be.

        Raises:
            LineLostError: the server does not answer.
            StoreError: it was closed, or its transaction is gone.
        """
        if self._closed:
            raise StoreError(f"{self._address.label} is closed", "open the memory anew")
        if self._line is not None and not self._line.closed:
            return self._line
        if self._began:
            raise LineLostError(f"the line to {self._address.label} broke", _TRANSACTION_LOST)
        was_open = self._line is not None
        self._drop_pipeline()
        with faults_at(self._address, self._seconds):
            self._line = connected(self._address, self._seconds)
        if was_open:
            self.on_new_line()
        return self._line

    def close(self) -> None:
        """Close the line; an open transaction is rolled back."""
        self._closed, self._began = True, False
        if self._line is not None:
            self._line.close()
        self._drop_pipeline()

    def _run(self, do: Callable[[psycopg.Connection], Any]) -> Any:
        had_line = self._line is not None
        try:
            return self._once(do)
        except LineLostError:
            if self._line is not None and not self._line.closed:
                self._line.close()
            if self._began or self._closed or not had_line:
                raise
        return self._once(do)  # the server was away between two calls: once more, with a new line

    def _once(self, do: Callable[[psycopg.Connection], Any]) -> Any:
        line = self.line()
        with faults_at(self._address, self._seconds):
            try:
                return do(line)
            except psycopg.Error:
                self._quiet()
                raise
            except Exception:
                raise
            except BaseException:
                if self._pipeline is not None:  # stopped in the middle: nobody knows which answers are still to come
                    line.close()
                raise

    def _settle(self) -> None:
        self._unsettled = False
        if self._pipeline is not None:
            self._pipeline.sync()

    def _settled(self, cursor: Any) -> Any:
        self._settle()
        return cursor

    def _quiet(self) -> None:
        """After an error: what was sent behind it is not done, and the line takes statements again."""
        if self._pipeline is not None:
            with suppress(psycopg.Error):
                self._settle()

    def _leave_pipeline(self) -> None:
        self._pipeline = None
        self._leaving.close()

    def _drop_pipeline(self) -> None:
        """Of a line that is closed nothing is left to wait for."""
        with suppress(psycopg.Error):
            self._leave_pipeline()

    def _send_off(self, line: psycopg.Connection) -> None:
        """Send the end of what was sent; the library itself would wait for the answer, which is read before the next.

        Without it the server would call the line busy for as long as nobody asks anything, and wait for ever.
        """
        if self._pipeline is not None:
            self._pipeline._enqueue_sync()
            line.wait(self._pipeline._communicate_gen())

    def _give_up(self, line: psycopg.Connection) -> None:
        """Take back a transaction whose end failed."""
        self._quiet()
        self._drop_pipeline()
        if not line.closed and line.info.transaction_status == pq.TransactionStatus.INERROR:
            line.execute(_plain("ROLLBACK"))


def _plain(statement: Any) -> Any:
    return sql.SQL(statement) if isinstance(statement, str) else statement
