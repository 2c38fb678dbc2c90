"""What changes without a key: marks, ranks, and what becomes of them; with the real embedder."""

from __future__ import annotations

import pytest

from ntm_memory import NTMMemoryManager

pytestmark = pytest.mark.real_model


@pytest.fixture
def manager(tmp_path):
    with NTMMemoryManager(tmp_path) as opened:
        yield opened


def successor(manager, id):
    return manager.store.get(id).superseded_by


@pytest.mark.parametrize(
    ("old", "new", "besides", "question"),
    [
        ("Maria lives in Paris.", "Maria moved to Berlin.", "Maria plays the cello.", "Where does Maria live?"),
        ("张伟住在上海。", "张伟搬到了成都。", "张伟会拉大提琴。", "张伟住在哪里？"),
    ],
)
def test_a_revision_ranks_above_what_it_revises(manager, old, new, besides, question):
    before = manager.memorize(old).memory
    other = manager.memorize(besides)
    after = manager.memorize(new)
    assert other.supersedes == ()
    assert after.supersedes == (before.id,)
    assert successor(manager, before.id) == after.memory.id
    answers = [memory.id for memory in manager.recall(question).memories]
    assert answers.index(after.memory.id) < answers.index(before.id)
    assert other.memory.id not in answers[:1]


def test_many_at_once_are_marked_in_their_order(manager):
    told = ["Tom reports to Alice.", "Tom's car is red.", "Tom now reports to Dmitri.", "Tom now reports to Chen."]
    ids = manager.memorize_many({"content": content} for content in told).ids
    assert [successor(manager, id) for id in ids] == [ids[2], None, ids[3], None]


def test_keys_namespaces_and_episodes_are_left_alone(manager):
    manager.memorize("Maria lives in Paris.", namespace="elsewhere")
    manager.memorize("Maria lives in Rome.", kind="episode")
    manager.memorize("Maria lives in Oslo.", key="maria-home")
    assert manager.memorize("Maria moved to Berlin.", key="maria-second-home").supersedes == ()


def test_an_erased_revision_gives_back_the_rank_it_took(manager):
    before = manager.memorize("Maria lives in Paris.").memory
    after = manager.memorize("Maria moved to Berlin.").memory
    manager.erase(after.id, strength=0.5)
    assert successor(manager, before.id) == after.id
    manager.erase(after.id)
    assert successor(manager, before.id) is None
    assert not manager.store.memory_matrix("default").superseded.any()


def test_what_happened_earlier_revises_nothing_when_it_is_told_later(manager):
    now = manager.memorize("Ilse lives in Ulm.", occurred_at="2025-06-01").memory
    assert manager.memorize("Ilse moved to Kiel.", occurred_at="2019-03-01").supersedes == ()
    assert manager.recall("Where does Ilse live?").memories[0].id == now.id


def test_what_was_revised_may_be_told_again(manager):
    first, second = (manager.memorize(content).memory for content in ("Bo lives in Graz.", "Bo moved to Linz."))
    again = manager.memorize("Bo lives in Graz.")
    assert (again.action, again.supersedes) == ("created", (second.id,))
    assert manager.recall("Where does Bo live?").memories[0].id == again.memory.id != first.id


def test_a_file_that_is_read_twice_tells_nothing_anew(manager):
    told = [{"content": content} for content in ("Bo lives in Graz.", "Bo moved to Linz.")]
    first, second = manager.memorize_many(told), manager.memorize_many(told)
    assert (second.unchanged, second.ids) == (2, first.ids)


def test_a_restored_revision_takes_its_rank_again(manager):
    before = manager.memorize("Maria lives in Paris.").memory
    after = manager.memorize("Maria moved to Berlin.").memory
    manager.erase(after.id)
    manager.restore(after.id)
    assert successor(manager, before.id) == after.id


@pytest.mark.parametrize(
    ("old", "new", "now", "ever"),
    [
        (
            "Oskar lives in Leeds with two flatmates.",
            "Oskar has moved to Cardiff.",
            "Where does Oskar live?",
            "Did Oskar ever live in Leeds?",
        ),
        ("周航住在南京鼓楼区。", "周航搬去了苏州。", "周航住在哪里？", "周航以前住过南京吗？"),
    ],
)
def test_questions_about_the_past_are_answered_from_what_was_revised(manager, old, new, now, ever):
    before = manager.memorize(old).memory
    after = manager.memorize(new).memory
    assert manager.recall(now).memories[0].id == after.id
    assert manager.recall(ever).memories[0].id == before.id


@pytest.mark.parametrize("keyed", [False, True])
def test_a_revision_that_is_rewritten_gives_back_the_rank_it_took(manager, keyed):
    before = manager.memorize("Maria lives in Paris.").memory
    after = manager.memorize("Maria moved to Berlin.", key="maria" if keyed else None).memory
    assert successor(manager, before.id) == after.id
    if keyed:
        manager.memorize("Maria plays the cello.", key="maria")
    else:
        manager.update(after.id, content="Maria plays the cello.")
    assert successor(manager, before.id) is None
    assert manager.recall("Where does Maria live?").memories[0].id == before.id


def test_a_rewritten_memory_may_revise_what_it_did_not_before(manager):
    before = manager.memorize("Maria lives in Paris.").memory
    after = manager.memorize("Maria plays the cello.").memory
    manager.update(after.id, content="Maria moved to Berlin.")
    assert successor(manager, before.id) == after.id
