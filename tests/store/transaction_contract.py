"""What every storage engine must promise of transactions and snapshots; fixtures as in `contract.py`."""

from __future__ import annotations

import threading

import pytest

from ntm_memory.errors import NotFoundError, StoreError

from .contract import contents, found
from .drafts import draft


class TransactionContract:
    def test_all_or_nothing(self, store):
        kept = store.add(*draft("kept", key="k"))
        store.memory_matrix("default")
        with pytest.raises(ZeroDivisionError), store.transaction():
            store.add(*draft("lost word", namespace="new", session="lost"))
            assert found(store, "lost", "new") == {"lost word": 1}
            store.rewrite(kept.id, *draft("changed"))
            store.archive(kept.id)
            store.purge([store.add(*draft("x")).id])
            assert len(store.memory_matrix("default")) == 0
            raise ZeroDivisionError
        assert contents(store) == ["kept"] and store.get(kept.id) == kept and store.history(kept.id) == []
        assert found(store, "lost", "new") == {} and store.namespaces() == {"default": 1} and store.check() == []
        assert store.add(*draft("next")).address == 1

    def test_what_a_rollback_took_back_is_not_remembered(self, store):
        with pytest.raises(ZeroDivisionError), store.transaction():
            store.add(*draft("one", namespace="first", session="s1"))
            assert [m.namespace for m in store.memories()] == ["first"] and contents(store, "first") == ["one"]
            raise ZeroDivisionError
        memory = store.add(*draft("two", namespace="second", session="s2"))
        assert (memory.namespace, memory.session) == ("second", "s2")
        assert store.namespaces() == {"second": 1} and contents(store, "first") == []
        assert contents(store, "second") == ["two"] and set(store.sessions("second")) == {"s2"}

    def test_inner_transactions_join_the_outer(self, store):
        with pytest.raises(ZeroDivisionError), store.transaction():
            with store.transaction():
                store.add(*draft("inner"))
            raise ZeroDivisionError
        assert store.count() == 0
        with store.transaction(), store.transaction():
            store.add(*draft("both"))
        assert contents(store) == ["both"]

    def test_a_transaction_sees_its_own_writes(self, store):
        with store.transaction():
            one = store.add(*draft("one"))
            assert contents(store) == ["one"]
            store.rewrite(one.id, *draft("uno"))
            assert contents(store) == ["uno"] and found(store, "uno") == {"uno": 1} and found(store, "one") == {}
            store.archive(one.id)
            assert contents(store) == []
        assert contents(store) == []

    def test_a_snapshot_is_one_state_for_all_reads(self, store, make_store):
        store.add(*draft("first word"))

        def write():
            other = make_store()
            other.purge([next(iter(other.memories())).id])
            other.add(*draft("second word"))
            other.add(*draft("third word"))
            other.close()

        writer = threading.Thread(target=write)
        with store.snapshot():
            slots = store.memory_matrix("default")
            writer.start()
            writer.join(0.3)
            with store.snapshot():
                assert store.postings("default", ["word"]).address["word"].tolist() == slots.address.tolist() == [0]
            assert [m.content for m in store.get_many(slots.address.tolist())] == ["first word"]
            with pytest.raises(StoreError):
                store.add(*draft("not here"))
        writer.join()
        assert contents(store) == ["second word", "third word"]
        with store.transaction(), store.snapshot():
            store.add(*draft("fourth word"))
        assert len(contents(store)) == 3

    def test_others_do_not_see_an_open_transaction(self, store, make_store):
        other = make_store()
        with store.transaction():
            store.add(*draft("not yet"))
            assert other.count() == 0 and contents(other) == []
        assert contents(other) == ["not yet"]

    @pytest.mark.parametrize("error", [OSError("not ours"), ValueError("full locked malformed"), NotFoundError("x")])
    def test_an_exception_of_the_caller_passes_through(self, store, error):
        with pytest.raises(type(error)) as caught, store.transaction():
            store.add(*draft("x"))
            raise error
        assert caught.value is error and store.count() == 0
