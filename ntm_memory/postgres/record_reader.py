"""Records of a store on a server: as those of a file, in fewer questions, and without functions of ours in them."""

from __future__ import annotations

from collections.abc import Sequence

from ntm_memory.postgres.engine import PostgresEngine
from ntm_memory.store.record_reader import SQLiteRecordReader
from ntm_memory.store.records import Memory, Page, Place, Selection, Sort

_MANY = "SELECT * FROM memories WHERE {} = ANY (CAST(? AS bigint[]))"


class PostgresRecordReader(SQLiteRecordReader):
    """`store.base.RecordReader` on a server.

    In a file's statements a function of this package tells when something began; here the live matrix does.
    """

    _in_slots = "address IN (SELECT value FROM json_each(?))"

    def __init__(self, engine: PostgresEngine) -> None:
        super().__init__(engine)
        self._connection = engine.connection

    def get(self, id: str) -> Memory:
        """The memory with this id, whatever its state; asked for again in one snapshot it is no question."""
        known = self._known()
        if known is not None and id in known:
            return known[id]
        memory = super().get(id)
        if known is not None:
            known[id] = memory
        return memory

    def get_many(self, addresses: Sequence[int]) -> list[Memory]:
        """The live memories in these slots, in the order asked."""
        wanted = [int(address) for address in addresses]
        with self._engine.reading():
            found = self._sql.execute(_MANY.format("address"), (sorted(set(wanted)),)).fetchall()
            memories = {memory.address: memory for memory in self._engine.sound(found)}
            known = self._known()
            if known is not None:
                known.update((memory.id, memory) for memory in memories.values())
        return [memories[address] for address in wanted if address in memories]

    def selected(self, what: Selection, sort: Sort = "newest", count: int = 20, after: Place | None = None) -> Page:
        """One page of the live memories of a selection."""
        if sort != "happened":
            return super().selected(what, sort, count, after)
        with self._engine.reading():
            order = self._in_order_of_events(what)
            rest = [each for each in order if after is None or each[:2] < tuple(after)]
            found, looked_at = list[Memory](), 0
            while len(found) < count and looked_at < len(rest):  # damaged ones are left out
                some = rest[looked_at : looked_at + count - len(found)]
                looked_at += len(some)
                found += self._page([row for *_, row in some], ("live",))
            end = Place(*rest[looked_at - 1][:2]) if looked_at else after
            return Page(found, len(order), len(rest) - looked_at, end, looked_at - len(found))

    def alike(self, what: Selection, sort: Sort, ids: Sequence[str]) -> list[Memory]:
        """Memories of a selection that have the index words of one of these, in the order of a list."""
        if sort != "happened":
            return super().alike(what, sort, ids)
        with self._engine.reading():
            found = {memory.id: memory for memory in super().alike(what, "newest", ids)}
            began = self._began(what.namespace)
        order = sorted((began.get(each.address or 0, 0.0), each.position, each.id) for each in found.values())
        return [found[id] for *_, id in reversed(order)]

    def _page(self, rows: Sequence[int], states: Sequence[str]) -> list[Memory]:
        with self._engine.reading():
            found = self._sql.execute(_MANY.format("row"), (list(rows),)).fetchall()
            by_row = {each["row"]: each for each in found if each["state"] in states}
            return list(self._engine.sound([by_row[row] for row in rows if row in by_row]))

    def _known(self) -> dict[str, Memory] | None:
        return self._connection.looked_up

    def _began(self, namespace: str) -> dict[int, float]:
        """Slot → from when on what is told there happened, unix seconds."""
        slots, began, _ = self._events(namespace)
        return dict(zip(slots.address.tolist(), began.tolist(), strict=True))

    def _in_order_of_events(self, what: Selection) -> list[tuple[float, int, int]]:
        """(when it began, position, row) of all of a selection, the last first."""
        where, arguments = self._where(what)
        began = self._began(what.namespace)
        rows = self._sql.execute(f"SELECT row, address, position FROM memories WHERE {where}", arguments).fetchall()
        return sorted(((began.get(address, 0.0), position, row) for row, address, position in rows), reverse=True)
