"""What a new memory may concern, the mark on what it surely revises, what the caller decides; by a scripted reader."""

from __future__ import annotations

import numpy as np
import pytest
from opening import opened

from ntm_memory import CognitiveAgent
from ntm_memory.errors import BadValueError, NotFoundError
from ntm_memory.operations import related as finding
from ntm_memory.reader import relations
from ntm_memory.reader.relations import RELATED, SURE, relations_of

PARIS, BERLIN, CELLO = "Maria lives in Paris", "Maria moved to Berlin", "Maria plays the cello"
OTHERS = ("Tom repairs old bicycles", "The library closes at nine")


class ScriptedReader:
    """Says of each pair what the script says, else that it is unrelated; keeps what it was asked."""

    def __init__(self, script):
        self.script, self.asked = script, []

    def relevance(self, question, memories):
        return np.zeros(len(memories), dtype=np.float32)

    def relations(self, pairs):
        self.asked.append(list(pairs))
        shares = {"revises": 0, "beside": 1, "same": 2, "unrelated": 3}
        found = np.full((len(pairs), 4), 0.01, dtype=np.float32)
        for row, pair in zip(found, pairs, strict=True):
            name, share = self.script.get(pair, ("unrelated", 0.97))
            row[shares[name]] = share
            row[3] += max(1 - row.sum(), 0)
        return found


def reading(manager, script):
    """The manager, its reader being a scripted one."""
    manager._verbs.__dict__["reader"] = reader = ScriptedReader(script)
    return reader


@pytest.fixture
def memory(tmp_path):
    """Some memories, and a reader for which only Berlin revises Paris."""
    with opened(tmp_path) as manager:
        reading(manager, {(PARIS, BERLIN): ("revises", 0.97), (CELLO, BERLIN): ("beside", 0.9)})
        for text in OTHERS:
            manager.memorize(text)
        yield manager


@pytest.fixture
def paris(memory):
    return memory.memorize(PARIS).memory


def mark(memory, older):
    return memory.store.get(older.id).superseded_by


def contents(memory):
    return [each.content for each in memory.store.memories()]


def test_what_a_pair_seems_to_be():
    told = relations_of(np.array([[0.5, 0.2, 0.2, 0.1], [0.1, 0.6, 0.2, 0.1], [0.1, 0.1, 0.5, 0.3], [0, 0, 0.1, 0.9]]))
    assert [each and each.name for each in told] == ["revises", "beside", "same", None]
    assert told[0].chance == pytest.approx(0.7) and told[0].revises == pytest.approx(0.5)
    assert 0 < RELATED < SURE < 1


def test_related_memories_are_named_and_the_surely_revised_one_is_marked(memory, paris):
    cello = memory.memorize(CELLO).memory
    told = memory.memorize(BERLIN)
    assert [(each.id, each.relation) for each in told.related] == [(paris.id, "revises"), (cello.id, "beside")]
    assert told.related[0].chance == pytest.approx(0.98) and told.related[0].content == PARIS
    assert mark(memory, paris) == told.memory.id and mark(memory, cello) is None
    shown = {each.content: each.superseded_by for each in memory.recall(PARIS, top_k=9).memories}
    assert (shown[PARIS], shown[BERLIN]) == (told.memory.id, None)


def test_a_reader_that_is_not_sure_marks_nothing(memory, paris):
    reading(memory, {(PARIS, BERLIN): ("revises", SURE - 0.02)})
    assert memory.memorize(BERLIN).related[0].id == paris.id
    assert mark(memory, paris) is None


def test_without_a_reader_what_says_nearly_the_same_is_named(memory):
    reading(memory, {})
    memory._verbs.__dict__["reader"] = None
    first = memory.memorize("the code is 4711").memory
    (found,) = memory.memorize("the code is 4712").related
    assert (found.id, found.relation, found.chance) == (first.id, "unknown", 0.75)
    assert mark(memory, first) is None


def test_a_few_candidates_are_read_and_none_twice(memory):
    reader = reading(memory, {})
    memory.memorize_many({"content": f"note {number} of the year"} for number in range(40))
    reader.asked.clear()
    memory.memorize("the sheep of the year, note 3")
    (pairs,) = reader.asked
    assert len(pairs) == len(set(pairs)) <= finding.LIKEST + finding.BY_WORDS


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"kind": "episode"}, {}),
        ({}, {"kind": "episode"}),
        ({"occurred_at": "2025-06-02"}, {"occurred_at": "2025-06-01"}),
        ({"key": "home"}, {"key": "second home"}),
    ],
)
def test_what_is_never_marked(memory, old, new):
    older = memory.memorize(PARIS, **old).memory
    assert memory.memorize(BERLIN, **new).related[0].id == older.id
    assert mark(memory, older) is None


def test_another_namespace_is_never_related(memory, paris):
    assert memory.memorize(BERLIN, namespace="elsewhere").related == ()


@pytest.mark.parametrize("change", ["key", "update", "erase", "purge"])
def test_a_successor_that_is_rewritten_or_erased_frees_its_marks(memory, paris, change):
    after = memory.memorize(BERLIN, key="maria").memory
    assert mark(memory, paris) == after.id
    if change == "key":
        memory.memorize(CELLO, key="maria")
    elif change == "update":
        memory.update(after.id, content=CELLO)
    else:
        memory.erase(after.id, purge=change == "purge")
    assert mark(memory, paris) is None


def test_a_rewritten_memory_may_revise_what_it_did_not_before(memory, paris):
    after = memory.memorize(CELLO).memory
    memory.update(after.id, content=BERLIN)
    assert mark(memory, paris) == after.id


@pytest.mark.parametrize("told_before", [False, True])
def test_replaces_makes_a_new_version_of_the_older_one(memory, told_before):
    older = memory.memorize(PARIS, tags=["people"], importance=0.9, occurred_at="2020-01-01").memory
    copy = memory.memorize(BERLIN).memory.id if told_before else None  # and `related` named the older one
    done = memory.memorize(BERLIN, replaces=older.id)
    assert done.taken_back == copy
    assert (done.action, done.memory.id, done.memory.version) == ("updated", older.id, 2)
    assert (done.memory.tags, done.memory.importance, done.memory.occurred_at) == (("people",), 0.9, None)
    assert contents(memory) == [*OTHERS, BERLIN]
    assert [old.content for old in memory.store.history(older.id)] == [PARIS]
    assert memory.memorize(BERLIN, replaces=older.id).action == "unchanged"


def test_replaces_takes_a_key_over_and_gives_one(memory, paris):
    memory.memorize(BERLIN, key="home")
    done = memory.memorize(BERLIN, key="home", replaces=paris.id)
    assert (done.memory.id, done.memory.key, contents(memory)) == (paris.id, "home", [*OTHERS, BERLIN])
    memory.memorize(CELLO, key="hobby")
    with pytest.raises(BadValueError, match="has the key"):
        memory.memorize("Maria sings", key="hobby", replaces="home")
    assert contents(memory) == [*OTHERS, BERLIN, CELLO]


@pytest.mark.parametrize("told_before", [False, True])
def test_same_as_stores_nothing(memory, paris, told_before):
    copy = memory.memorize(BERLIN).memory.id if told_before else None
    assert (mark(memory, paris) is not None) == told_before
    done = memory.memorize(BERLIN, same_as=paris.id)
    assert done.taken_back == copy
    assert (done.action, done.memory.id, done.related) == ("unchanged", paris.id, ())
    assert contents(memory) == [*OTHERS, PARIS] and mark(memory, paris) is None


@pytest.mark.parametrize("told_before", [False, True])
def test_beside_keeps_both_without_a_mark(memory, paris, told_before):
    if told_before:
        memory.memorize(BERLIN)
    done = memory.memorize(BERLIN, beside=[paris.id])
    assert (done.action, done.related) == ("unchanged" if told_before else "created", ())
    assert mark(memory, paris) is None and contents(memory) == [*OTHERS, PARIS, BERLIN]


def test_decisions_that_cannot_be_are_refused_and_nothing_is_written(memory, paris):
    gone, far = memory.memorize(CELLO).memory.id, memory.memorize(PARIS, namespace="elsewhere").memory.id
    memory.erase(gone)
    for name in ("replaces", "same_as", "beside"):
        for id, error in (
            ("m_nobody12", NotFoundError),
            (gone, NotFoundError),
            (far, NotFoundError),
            (["x", 1.5], BadValueError),
        ):
            with pytest.raises(error):
                memory.memorize(BERLIN, **{name: id})
    contradictions = ({"replaces": paris.id, "same_as": paris.id}, {"same_as": paris.id, "beside": paris.id})
    for told in (*contradictions, {"replaces": paris.id, "beside": paris.id}):
        with pytest.raises(BadValueError):
            memory.memorize(BERLIN, **told)
    assert contents(memory) == [*OTHERS, PARIS, PARIS]


def test_many_at_once_are_related_marked_and_decided(memory, paris, monkeypatch):
    monkeypatch.setattr(finding, "BULK_ALIKE", -1.0)
    rome = "Maria moved to Rome"
    reader = reading(memory, {(PARIS, BERLIN): ("revises", 0.97), (BERLIN, rome): ("revises", 0.97)})
    monkeypatch.setattr(finding, "BULK_SHARE", 9)
    monkeypatch.setattr(finding, "IN_BULK", 9)
    lines = [{"content": BERLIN}, {"content": rome}, {"content": "gone", "replaces": "m_nobody12"}]
    done = memory.memorize_many([*lines, {"content": "Tom sells bicycles", "same_as": paris.id}])
    assert [bad.line for bad in done.failed] == [3] and len(reader.asked) == 1
    assert {id: [each.id for each in found] for id, found in done.related.items()} == {
        done.ids[0]: [paris.id],
        done.ids[1]: [done.ids[0]],
    }
    assert mark(memory, paris) == done.ids[0] and memory.store.get(done.ids[0]).superseded_by == done.ids[1]
    assert (done.ids[3], done.unchanged) == (paris.id, 1)


def test_a_bulk_write_reads_few_pairs(memory):
    reader = reading(memory, {})
    memory.memorize_many({"content": f"Item {number} of the list is ready"} for number in range(200))
    assert 0 < sum(map(len, reader.asked)) <= finding.BULK_SHARE * 200 + finding.IN_BULK
    assert len(reader.asked) <= 4


def test_the_tiny_embedder_has_no_reader_and_config_may_say_off(tmp_path, monkeypatch):
    with opened(tmp_path, {"recall": {"reader": "off"}}) as manager:
        assert manager._verbs.reader is None
    with opened(tmp_path) as manager:
        assert manager._verbs.reader is None
    assert relations.RELATIONS[-1] == "unrelated"


def test_an_agent_decides_too(tmp_path):
    with CognitiveAgent(memory={"type": "ntm", "home": str(tmp_path), "embedder": {"backend": "tiny"}}) as agent:
        first = agent.memorize({"content": PARIS}).memory
        assert agent.memorize({"content": BERLIN, "replaces": first.id}).memory.id == first.id
        assert agent.external_memory.write_to_memory(CELLO, beside=[first.id]).action == "created"
