"""All keys written anew: nobody waits for the embedder, a kill costs nothing, nothing written meanwhile is lost."""

from __future__ import annotations

import json

import pytest
from opening import TINY, opened

from ntm_memory import NTMMemoryManager
from ntm_memory.embedding.tiny import TinyEmbedder
from ntm_memory.errors import EmbedderMismatchError

STORE = {"store": {"backups": 0}}


class Stopped(Exception):
    """As good as a kill: it passes everything."""


class Other(TinyEmbedder):
    """Another embedder, which calls back before it works."""

    name = "other"

    def __init__(self, before=lambda texts: None):
        super().__init__()
        self.before, self.seen = before, []

    def encode_memories(self, texts):
        self.before(texts)
        self.seen += texts
        return super().encode_memories(texts)


def other(home, embedder):
    return NTMMemoryManager(home, config={**TINY, **STORE}, embedder=embedder)


def test_others_write_and_read_while_the_embedder_works(tmp_path):
    with opened(tmp_path, {"store": {"lock_seconds": 0.0}}) as memory:
        for number in range(100):
            memory.memorize(f"note {number}")
        rounds = []

        def meanwhile(texts):
            if len(rounds) < 3:
                rounds.append(memory.memorize(f"written meanwhile {len(rounds)}").memory.id)
                memory.memorize(f"note {len(rounds)} anew", key="changing")
                assert memory.recall("note 7").memories

        with other(tmp_path, Other(meanwhile)) as new:
            new.reembed()
            assert new.store.embedder()["name"] == "other" and new.store.check() == []
            assert {each.content for each in new.store.memories()} >= {f"written meanwhile {n}" for n in range(3)}
        with pytest.raises(EmbedderMismatchError):
            memory.memorize("too late")


def test_a_writer_that_never_rests_is_caught_up_with(tmp_path):
    with opened(tmp_path) as memory:
        memory.memorize("note")
        count = []

        def meanwhile(texts):
            count.append(1)
            if not memory.store._engine.connection.in_transaction and len(count) < 4:
                memory.memorize(f"again {len(count)}")

        with other(tmp_path, Other(meanwhile)) as new:
            new.reembed()
            assert new.store.embedder()["name"] == "other" and new.store.count() == 4


@pytest.mark.parametrize("batches", [0, 1, 2])
def test_after_a_kill_it_goes_on_where_it_was(tmp_path, batches):
    with opened(tmp_path) as memory:
        memory.memorize_many({"content": f"note {number}"} for number in range(150))
        memory.memorize("first", key="k")
        memory.memorize("second", key="k")
        before = memory.recall("note 7").memories
    calls = []

    def stop(texts):
        calls.append(1)
        if len(calls) > batches:
            raise Stopped

    with other(tmp_path, Other(stop)) as new, pytest.raises(Stopped):
        new.reembed()
    with opened(tmp_path) as memory:
        assert memory.recall("note 7").memories == before or memory.recall("note 7").memories[0].id == before[0].id
        assert memory.store.check() == []
    again = Other()
    with other(tmp_path, again) as new:
        new.reembed()
        assert len(again.seen) == 152 - 64 * batches
        assert new.store.check() == [] and new.store.embedder()["name"] == "other"
        assert [version.content for version in new.store.history(new.find("k").id)] == ["first"]


def test_keys_prepared_for_one_embedder_are_not_taken_by_another(tmp_path):
    class Third(Other):
        name = "third"

    with opened(tmp_path) as memory:
        memory.memorize_many({"content": f"note {number}"} for number in range(100))
    calls = []

    def stop(texts):
        calls.append(1)
        if len(calls) > 1:
            raise Stopped

    with other(tmp_path, Other(stop)) as new, pytest.raises(Stopped):
        new.reembed()
    third = Third()
    with other(tmp_path, third) as new:
        new.reembed()
        assert len(third.seen) == 100 and new.store.embedder()["name"] == "third"


def test_a_purge_meanwhile_leaves_no_vector(tmp_path):
    with opened(tmp_path) as memory:
        memory.memorize("keep this one")
        secret = memory.memorize("xylophone quartz").memory
        row = Other().encode_memories(["xylophone quartz"])[0].astype("<f4").tobytes()
        stop = Other(lambda texts: None)
        with other(tmp_path, stop) as new:
            texts = new.store.texts_of(new.store.without_new_keys(stop_identity(new)))
            rows = new._verbs.load_encoder().memories(list(texts.values()))
            new.store.prepare_keys(stop_identity(new), {n: (texts[n], key) for n, key in zip(texts, rows, strict=True)})
        memory.erase(secret.id, purge=True)
    assert not any(row in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


def stop_identity(memory):
    return memory._verbs.load_encoder().identity


def test_an_import_lets_others_write_while_the_embedder_works(tmp_path):
    with opened(tmp_path / "a", {"memory_dim": 16}) as memory:
        memory.memorize_many({"content": f"note {number}"} for number in range(70))
        memory.memorize("first", key="k")
        memory.memorize("second", key="k")
        text = memory.export_text()["text"]
    wrote = []
    with opened(tmp_path / "b", {"store": {"lock_seconds": 0.0}}) as writer:
        writer.memorize("there already")

        class Slow(TinyEmbedder):
            def encode_memories(self, texts):
                wrote.append(writer.memorize(f"written meanwhile {len(wrote)}").action)
                return super().encode_memories(texts)

        with NTMMemoryManager(tmp_path / "b", config={**TINY, **STORE}, embedder=Slow()) as memory:
            done = memory.import_text(text)
            assert (done.created, done.failed) == (71, ())
            assert memory.store.check() == []
            assert len(wrote) == 2 and memory.store.count() == 71 + 1 + len(wrote)
            assert json.loads(memory.export_text()["text"])["memories"]
