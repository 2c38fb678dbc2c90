"""Large memories are seen by what is kept beside the store, by each process and after whatever was written."""

from __future__ import annotations

import numpy as np
import pytest
from opening import opened

from ntm_memory.codes.files import derived_files
from ntm_memory.codes.word_lists import number_of
from ntm_memory.large_memory import kept, views
from ntm_memory.large_memory.large_view import LargeView
from ntm_memory.privacy.sealing import HEAD
from ntm_memory.recall.corpus import Corpus

PLACES = ("attic", "garage", "shed", "cellar", "porch", "barn")
NOTES = [f"{name} keeps {thing} in the {place}" for name in ("Ann", "Bob") for thing in ("tea", "rope", "salt")
         for place in PLACES]  # fmt: skip


@pytest.fixture(autouse=True)
def _all_are_large(monkeypatch):
    monkeypatch.setattr(views, "LARGE", 5)
    monkeypatch.setattr(kept, "UNSEEN", 10**6)  # one memory in forty is no sample of them


@pytest.fixture
def home(tmp_path):
    with opened(tmp_path) as memory:
        for number, note in enumerate(NOTES):
            memory.memorize(note, session=str(number // 6))
        memory.recall("where is the rope?")
    assert [file.name for file in derived_files(tmp_path)] == ["index-1.bin"]
    return tmp_path


@pytest.fixture
def made_anew(monkeypatch):
    """How often an index was made anew."""
    made = []
    arrays_of = views.arrays_of
    monkeypatch.setattr(views, "arrays_of", lambda *given: made.append(1) or arrays_of(*given))
    return made


def answered(memory, asked="where does Ann keep rope?"):
    memory.store.note_reads = lambda addresses: None  # what was read often counts more
    result = memory.recall(asked, all=True)
    assert isinstance(memory._verbs.context.view(Corpus(memory.store, "default")), LargeView)
    return [(each.content, round(each.weight, 6)) for each in result.memories], result.confidence


def found(memory, asked):
    return [each.content for each in memory.recall(asked, all=True).memories]


def test_another_process_begins_where_one_ended(home, made_anew):
    with opened(home) as memory:
        first = answered(memory)
        assert answered(memory) == first  # the first question and later ones are answered alike
        memory.memorize("Cem keeps the compass under the stairs")
        again = answered(memory, "where is the compass?")
    with opened(home) as memory:
        assert answered(memory, "where is the compass?") == again
    assert not made_anew


def test_the_first_question_after_a_write_reads_what_was_written_alone(home, made_anew, monkeypatch):
    monkeypatch.setattr(kept, "UNSEEN", 0)
    with opened(home) as memory:
        memory.recall("salt?")
        told = []
        words_at = memory.store.words_at
        memory.store.words_at = lambda addresses: told.extend(addresses.tolist()) or words_at(addresses)
        new = memory.memorize("Cem keeps the compass under the stairs").memory
        memory.recall("where is the compass?")
        assert {*told} == {new.address} and not made_anew


def test_what_was_rolled_back_is_not_found(home):
    with opened(home) as memory:
        with pytest.raises(RuntimeError), memory.store.transaction():
            memory.memorize("Cem keeps the compass under the stairs")
            raise RuntimeError
        new = memory.memorize("Dora keeps the anchor in the harbour").memory
        assert new.content in found(memory, "where is the anchor?")
        assert not any(each.startswith("Cem") for each in found(memory, "where is the compass of Cem?"))


def test_a_purge_leaves_no_file_and_no_word_of_it(home, made_anew):
    with opened(home) as memory:
        secret = memory.memorize("Cem keeps the zyzzyva under the stairs").memory
        memory.recall("where is the zyzzyva?")
        memory.erase(secret.id, purge=True)
        assert not derived_files(home)
        assert secret.content not in found(memory, "where is the zyzzyva?")
        memory.recall("where is the rope?")
    (file,) = derived_files(home)
    assert number_of("zyzzyva").tobytes() not in file.read_bytes() and number_of("rope").tobytes() in file.read_bytes()
    assert not made_anew


def test_a_file_that_lags_by_much_is_written_anew_when_the_memory_is_closed(home, monkeypatch):
    before = derived_files(home)[0].read_bytes()
    with opened(home) as memory:
        memory.memorize("Cem keeps the compass under the stairs")
        memory.recall("where is the compass?")
    assert derived_files(home)[0].read_bytes() == before
    monkeypatch.setattr(views, "LAG", 0)
    monkeypatch.setattr(views, "SHARE", 100)
    with opened(home) as memory:
        memory.recall("where is the compass?")
    assert derived_files(home)[0].read_bytes() != before


@pytest.mark.parametrize("harm", ["cut", "flip", "other", "folder"])
def test_a_damaged_file_is_made_anew(home, made_anew, harm):
    (file,) = derived_files(home)
    with opened(home) as memory:
        right = answered(memory)
    content = bytearray(file.read_bytes())
    if harm == "flip":
        content[len(content) // 2] ^= 1
    elif harm == "other":
        content[:40] = b"x" * 40
    file.unlink()
    if harm == "folder":
        file.mkdir()
    else:
        file.write_bytes(content[: len(content) // 2] if harm == "cut" else content)
    with opened(home) as memory:
        assert answered(memory) == right
    assert made_anew == [1]


def test_a_copy_that_is_whole_is_believed(home, made_anew):
    (file,) = derived_files(home)
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content)
    with opened(home) as memory:
        answered(memory)
    assert not made_anew


def test_of_a_database_that_was_put_back_it_is_not_believed(home, made_anew, tmp_path):
    before = (home / "memory.db").read_bytes()
    (home / "index-1.bin").unlink()
    with opened(home) as memory:
        memory.memorize("Cem keeps the compass under the stairs")
        memory.recall("where is the compass?")
    assert made_anew == [1]
    (home / "memory.db").write_bytes(before)
    with opened(home) as memory:
        new = memory.memorize("Dora keeps the anchor in the harbour").memory
        assert new.content in found(memory, "where is the anchor?")
    assert made_anew == [1, 1]


def test_writes_are_compared_by_the_same_codes(home):
    with opened(home) as memory:
        view = memory._verbs.context.view(Corpus(memory.store, "default"))
        assert isinstance(view, LargeView)
        key = view.slots.key_rows(np.array([7]))[0]
        assert view.likest(key, False, 3)[0] == 7


def test_no_more_than_the_limit_is_seen_otherwise(home, monkeypatch):
    monkeypatch.setattr(views, "LARGE", len(NOTES))
    with opened(home) as memory:
        assert not isinstance(memory._verbs.context.view(Corpus(memory.store, "default")), LargeView)


def test_of_an_encrypted_memory_it_is_sealed(tmp_path, monkeypatch, made_anew):
    pytest.importorskip("sqlcipher3", reason="needs the extra `encrypt`")
    pytest.importorskip("cryptography", reason="needs the extra `encrypt`")
    monkeypatch.setenv("NTM_MEMORY_KEY", "5a" * 32)
    encrypted = {"privacy": {"encrypt": "sqlcipher"}}
    with opened(tmp_path, config=encrypted) as memory:
        for note in NOTES:
            memory.memorize(note)
        first = answered(memory)
        key = memory.store.memory_matrix("default").key_rows(np.array([0]))
    content = derived_files(tmp_path)[0].read_bytes()
    assert content.startswith(HEAD) and number_of("rope").tobytes() not in content and key.tobytes() not in content
    made_anew.clear()
    with opened(tmp_path, config=encrypted) as memory:
        assert answered(memory) == first and not made_anew
        assert "plain" not in memory.status()["encryption"]["index-1.bin"]
