"""A memory that stays open over many requests serves each as one opened anew would."""

from __future__ import annotations

import gc
import json
import weakref

import pytest
from opening import TINY, write_config

from ntm_memory import NTMMemoryManager, commands
from ntm_memory.commands import OpenMemory, run
from ntm_memory.embedding.tiny import TinyEmbedder
from ntm_memory.errors import BadValueError, ConfigError, NotFoundError
from ntm_memory.recall.parameters import SHIPPED

TEA = "Mia likes green tea"
SETTINGS = {"embedder": {"backend": "tiny"}, "recall": {"confidence_floor": 0}, "store": {"backups": 0}}


@pytest.fixture
def home(tmp_path, monkeypatch):
    folder = tmp_path / "m"
    write_config(folder, **SETTINGS)
    monkeypatch.setenv("NTM_MEMORY_HOME", str(folder))
    return folder


@pytest.fixture
def memory(home):
    kept = OpenMemory()
    yield kept
    kept.close()


@pytest.fixture
def openings(monkeypatch):
    """A list that grows whenever a manager is opened."""
    seen = []

    class Counted(NTMMemoryManager):
        def __init__(self, *args, **options):
            seen.append(args)
            super().__init__(*args, **options)

    monkeypatch.setattr(commands, "NTMMemoryManager", Counted)
    return seen


def ask(memory, query="What does Mia like?"):
    return [each["content"] for each in memory.run({"command": "recall", "query": query})["memories"]]


def test_it_opens_once_and_answers_as_run_does(memory, openings):
    id = memory.run({"command": "memorize", "content": TEA})["memory"]["id"]
    assert ask(memory) == [TEA]
    kept, fresh = (answer({"command": "recall", "query": "tea"}) for answer in (memory.run, run))
    assert [each["id"] for each in kept["memories"]] == [each["id"] for each in fresh["memories"]] == [id]
    assert memory.run({"command": "list"})["total"] == 1
    assert len(openings) == 2  # this one's, and that of `run`


def test_what_others_write_is_seen_at_once(memory, openings):
    memory.run({"command": "memorize", "content": TEA, "key": "mia"})
    for text in ("Mia likes coffee", "Mia likes milk"):
        run({"command": "update", "id_or_key": "mia", "content": text})
        assert ask(memory) == [text]
    run({"command": "erase", "ids_or_key": ["mia"]})
    assert ask(memory) == []
    assert sum(len(args) == 1 for args in openings) == 4


def test_settings_that_changed_hold_at_once(memory, home, openings):
    memory.run({"command": "memorize", "content": TEA})
    assert ask(memory) == [TEA]
    write_config(home, **{**SETTINGS, "recall": {"confidence_floor": 1.0}})
    assert ask(memory) == []
    (home / "config.json").write_text("no json")
    with pytest.raises(ConfigError):
        ask(memory)
    write_config(home, **SETTINGS)
    assert ask(memory) == [TEA]
    assert len(openings) == 6, "once more each for what only reads, and by the settings that ship"


def test_tuned_parameters_hold_at_once(memory, home):
    memory.run({"command": "memorize", "content": TEA})
    assert ask(memory) == [TEA]
    (home / "recall.json").write_text("{}")
    assert ask(memory) == [TEA]
    assert any("recall.json" in line for line in memory.run({"command": "status"})["warnings"])
    (home / "recall.json").write_text(SHIPPED.read_text())
    assert ask(memory) == [TEA]


def test_another_file_in_the_place_of_the_memory(memory, home, tmp_path):
    run({"command": "memorize", "content": "Mia likes milk", "home": str(tmp_path / "other"), "config": TINY})
    memory.run({"command": "memorize", "content": TEA})
    assert ask(memory) == [TEA]
    (tmp_path / "other" / "memory.db").replace(home / "memory.db")
    (home / "matrix.bin").unlink(missing_ok=True)
    assert ask(memory) == ["Mia likes milk"]


def test_a_folder_that_was_removed_is_a_new_memory(memory, home):
    import shutil

    memory.run({"command": "memorize", "content": TEA})
    shutil.rmtree(home)
    write_config(home, **SETTINGS)
    assert ask(memory) == []


def test_a_home_that_the_user_chose_since(memory, tmp_path, monkeypatch):
    memory.run({"command": "memorize", "content": TEA})
    write_config(tmp_path / "chosen", **SETTINGS)
    monkeypatch.setenv("NTM_MEMORY_HOME", str(tmp_path / "chosen"))
    assert memory.run({"command": "status"})["home"] == str(tmp_path / "chosen")


def test_keys_that_were_all_written_anew_meanwhile(memory, home, monkeypatch):
    class Other(TinyEmbedder):
        name = "other"

    memory.run({"command": "memorize", "content": TEA})
    assert ask(memory) == [TEA]
    with NTMMemoryManager(home, embedder=Other()) as other:
        other.reembed()
    monkeypatch.setattr("ntm_memory.embedding.load_embedder", lambda *args, **options: Other())
    assert ask(memory) == [TEA]
    assert memory.run({"command": "memorize", "content": "Ben likes milk"})["action"] == "created"


def test_requests_with_settings_of_their_own_stand_beside_it(memory, home, tmp_path):
    memory.run({"command": "memorize", "content": TEA})
    elsewhere = {"command": "status", "home": str(tmp_path / "else"), "config": TINY}
    assert memory.run(elsewhere)["memories"]["live"] == 0
    kept = memory.run({"command": "memorize", "content": "my password is hunter2-Tr0ub4dor", "on_secret": "allow"})
    assert kept["secrets"] == ()
    assert memory.run({"command": "status", "repair": True})["repaired"] is not None
    assert memory.run({"command": "status"})["memories"]["live"] == 2


def test_what_is_wrong_is_told_and_the_next_request_works(memory):
    with pytest.raises(BadValueError, match="unknown command"):
        memory.run({"command": "dream"})
    with pytest.raises(NotFoundError):
        memory.run({"command": "update", "id_or_key": "nobody", "content": "x"})
    with pytest.raises(TypeError):
        memory.run({"command": "memorize"})
    assert memory.run({"command": "memorize", "content": TEA})["action"] == "created"
    memory.close()
    memory.close()
    assert ask(memory) == [TEA]


def test_warming_up_writes_nothing_into_the_memory(memory, home):
    memory.run({"command": "memorize", "content": TEA})
    before = memory.run({"command": "list"})
    memory.warm_up()
    assert memory.run({"command": "list"}) == before


def test_the_days_backup_is_made_when_nobody_waits(home):
    write_config(home, **{**SETTINGS, "store": {"backups": 3}})
    memory = OpenMemory()
    memory.settle()
    memory.run({"command": "memorize", "content": TEA})
    assert not list((home / "backups").glob("*.db"))
    memory.settle()
    assert len(list((home / "backups").glob("*.db"))) == 1
    memory.run({"command": "memorize", "content": "Ben likes milk"})
    memory.settle()
    memory.close()
    assert len(list((home / "backups").glob("*.db"))) == 1


def test_an_answer_is_plain(memory):
    memory.run({"command": "memorize", "content": TEA})
    json.dumps([memory.run({"command": name}) for name in ("list", "status")])


def test_what_was_open_is_gone_once_it_is_opened_anew(home, memory):
    memory.run({"command": "memorize", "content": TEA})
    memory.run({"command": "recall", "query": "tea"})
    before = weakref.ref(memory._manager._verbs.encoder)
    write_config(home, **SETTINGS, memory_size=5_000)
    gc.disable()
    try:
        memory.run({"command": "recall", "query": "tea"})
        assert before() is None
    finally:
        gc.enable()
