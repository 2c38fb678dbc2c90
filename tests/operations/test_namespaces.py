"""A namespace is a wall for ids too: what is named by its id is of the namespace that is meant, unless any will do."""

from __future__ import annotations

import pytest
from opening import opened

from ntm_memory.commands import run
from ntm_memory.errors import BadValueError, NotFoundError


@pytest.fixture
def memory(tmp_path):
    with opened(tmp_path) as manager:
        yield manager


@pytest.fixture
def secret(memory):
    return memory.memorize("Mia's diary is under the floor", namespace="private").memory


def test_an_id_of_another_namespace_names_nothing(memory, secret):
    erased = memory.memorize("an old secret", namespace="private").memory
    memory.erase(erased.id, namespace="private")
    widened = (
        lambda: memory.update(secret.id, content="changed", namespace="public"),
        lambda: memory.update(secret.id, content="changed"),
        lambda: memory.erase(secret.id),
        lambda: memory.erase(secret.id, purge=True, namespace="public"),
        lambda: memory.restore(erased.id),
        lambda: memory.recall_from(secret.id),
        lambda: memory.status(history=secret.id),
        lambda: memory.find(secret.id),
    )
    confined = (
        lambda: memory.feedback("where is it", used=[secret.id]),
        lambda: memory.memorize("it is in the attic", replaces=secret.id),
        lambda: memory.memorize("it is in the attic", beside=[secret.id]),
        lambda: memory.store_with_reasoning("it is in the attic", builds_on=[secret.id]),
    )
    for call in (*widened, *confined):
        with pytest.raises(NotFoundError, match="is in namespace 'private'") as caught:
            call()
        assert ("--any-namespace" in caught.value.hint) == (call in widened)
    assert memory.store.get(secret.id) == secret
    assert memory.store.get(erased.id).state == "erased"


def test_where_any_will_do_it_is_found(memory, secret):
    assert memory.find(secret.id, None) == secret
    assert memory.recall_from(secret.id, namespace=None).memories[0].id == secret.id
    assert memory.status(history=secret.id, namespace=None)["memory"]["id"] == secret.id
    assert memory.update(secret.id, content="it is gone", namespace=None).memory.version == 2
    assert memory.erase(secret.id, namespace=None).erased[0].id == secret.id
    assert memory.restore(secret.id, None).state == "live"


def test_no_key_is_spelled_like_an_id(memory, secret):
    with pytest.raises(BadValueError, match="reads like the id"):
        memory.memorize("the office is on the third floor", key=secret.id)
    with pytest.raises(NotFoundError):
        memory.erase(secret.id)
    assert memory.store.get(secret.id) == secret


def test_any_namespace_finds_no_key(memory):
    memory.memorize("Mia likes tea", key="tea", namespace="private")
    with pytest.raises(NotFoundError):
        memory.find("tea", None)
    assert memory.find("tea", "private").key == "tea"


def test_restoring_many_restores_all_or_none(tmp_path):
    with opened(tmp_path) as manager:
        gone = manager.memorize("an old fact").memory
        manager.erase(gone.id)
    config = {"embedder": {"backend": "tiny"}}
    with pytest.raises(NotFoundError):
        run(
            {
                "command": "erase",
                "home": tmp_path,
                "config": config,
                "ids_or_key": [gone.id, "m_nobody"],
                "restore": True,
            }
        )
    with opened(tmp_path) as manager:
        assert manager.store.get(gone.id).state == "erased"
    run({"command": "erase", "home": tmp_path, "config": config, "ids_or_key": [gone.id], "restore": True})
    with opened(tmp_path) as manager:
        assert manager.store.get(gone.id).state == "live"
