"""Learning from use: what is recorded, what is learned, what is kept, what can be undone."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
from opening import opened
from told_asking import asked_for, let_ask

from ntm_memory.errors import BadValueError, DiskFullError, NotFoundError
from ntm_memory.recall.features import FEATURES, PRIORS
from ntm_memory.recall.parameters import SHIPPED, load_parameters

SYLLABLES = ("ka", "lo", "mi", "ne", "ru", "ta", "vo", "zi")
TURNS = 10


def talk(count=120):
    """Turns that share hardly a word, in sessions of ten."""
    draw = random.Random(5)
    words = ["".join(draw.choices(SYLLABLES, k=3)) for _ in range(400)]
    return [" ".join(draw.sample(words, 8)) for _ in range(count)]


TALK = talk()


@pytest.fixture
def ids(memory):
    records = [{"content": text, "session": f"s{i // TURNS}"} for i, text in enumerate(TALK)]
    return memory.memorize_many(records).ids


def asked(turn):
    return " ".join(TALK[turn].split()[:5])


def asked_turns(count):
    """Turns with a neighbour on either side, spread over the talk."""
    inside = [i for i in range(len(TALK)) if 0 < i % TURNS < TURNS - 1]
    return random.Random(3).sample(inside, count)


def pairs(ids, count, step=1):
    """The answer is always `step` turns after the one that matches."""
    return [{"query": asked(turn), "gold": [ids[turn + step]]} for turn in asked_turns(count)]


def files(home: Path):
    return sorted(path.name for path in home.glob("recall*"))


def judge(memory, ids, count, step=1):
    for turn in asked_turns(count):
        memory.feedback(asked(turn), used=[ids[turn + step]], unused=[ids[turn]])


# feedback


def test_feedback_is_kept_with_the_ids_of_what_was_named(memory):
    first = memory.memorize("Mia drinks tea", key="tea").memory
    second = memory.memorize("Ben drinks coffee").memory
    assert memory.feedback("what does Mia drink?", used=["tea"], unused=[second.id]).pending == 1
    done = memory.feedback("and Ben?", used=[second.id], previous=["tea", first.id])
    assert (done.recorded, done.pending) == (1, 2)
    verdict, after_that = memory.store.feedback()
    assert (verdict.query, verdict.used, verdict.unused) == ("what does Mia drink?", (first.id,), (second.id,))
    assert (verdict.previous, after_that.previous) == ((), (first.id,))


@pytest.mark.parametrize(
    ("query", "used", "unused", "namespace", "error", "says"),
    [
        ("q", ["m_unknown"], [], "default", NotFoundError, "m_unknown"),
        ("q", ["tea"], ["m_unknown"], "default", NotFoundError, "m_unknown"),
        ("q", [], ["tea"], "default", BadValueError, "used is empty"),
        ("q", ["tea"], ["tea"], "default", BadValueError, "both used and unused"),
        ("  ", ["tea"], [], "default", BadValueError, "query is empty"),
        ("q", "tea", [], "default", BadValueError, "must be a list"),
    ],
)
def test_a_verdict_that_cannot_be_is_refused(memory, query, used, unused, namespace, error, says):
    memory.memorize("Mia drinks tea", key="tea")
    with pytest.raises(error, match=says):
        memory.feedback(query, used=used, unused=unused, namespace=namespace)
    assert memory.store.feedback() == []


def test_feedback_on_an_erased_memory_and_one_of_another_namespace_is_refused(memory):
    gone, other = (memory.memorize(text, namespace=space).memory.id for text, space in (("a", "default"), ("b", "x")))
    memory.erase([gone])
    with pytest.raises(NotFoundError, match="erased"):
        memory.feedback("q", used=[gone])
    with pytest.raises(NotFoundError, match="is in namespace 'x', not 'default'"):
        memory.feedback("q", used=[other])
    with pytest.raises(NotFoundError, match="is in namespace 'default', not 'x'"):
        memory.feedback("q", used=[other], previous=[memory.memorize("c").memory.id], namespace="x")
    assert memory.feedback("q", used=[other], namespace="x").pending == 1


# learning


def test_what_use_says_is_learned_and_holds_for_other_questions(memory, ids, tmp_path):
    judge(memory, ids, 24)
    later = [turn for turn in range(1, len(TALK) - 1) if turn % TURNS not in (0, 9) and turn not in asked_turns(24)]

    def share():
        return np.mean([memory.recall(asked(turn)).memories[0].id == ids[turn + 1] for turn in later])

    before = share()
    result = memory.tune()
    assert (result.kept, result.examples, result.held_out, result.skipped) == (True, 16, 8, 0)
    assert result.after.loss < result.before.loss
    assert result.after.recall_at_5 >= result.before.recall_at_5
    assert result.after.mrr > result.before.mrr
    assert result.path == str(tmp_path / "recall.json")
    assert result.changes
    # the same manager, and one opened afterwards, answer by what was learned
    after = share()
    assert after > before + 0.3
    with opened(tmp_path) as again:
        assert again.recall(asked(later[0])).memories[0].id == memory.recall(asked(later[0])).memories[0].id


def test_the_controller_alone_is_learned_and_hindsight_is_not(memory, ids, tmp_path):
    for turn in asked_turns(24):  # what answers has been read more often than anything else; that must not count
        memory.store.note_reads([memory.find(ids[turn + 1]).address] * 20)
    memory.close()
    with opened(tmp_path) as again:
        assert again.store.memory_matrix("default").reads.max() == 20
        assert again.tune(pairs(ids, 24)).kept
    saved, shipped = load_parameters(tmp_path / "recall.json"), load_parameters()
    changed = {name for name, value in vars(saved).items() if not np.allclose(value, getattr(shipped, name), atol=1e-5)}
    assert changed == {"share", "ranker"}
    for name in ("usage", "superseded"):
        column = FEATURES.index(name)
        assert saved.ranker[:, column] == pytest.approx(shipped.ranker[:, column], abs=1e-5)


def test_heads_are_learned_where_asked(memory, ids, tmp_path):
    result = memory.tune(pairs(ids, 15), heads=True)
    assert result.kept
    saved, shipped = load_parameters(tmp_path / "recall.json"), load_parameters()
    assert not np.allclose(saved.shift, shipped.shift, atol=1e-3)
    assert (np.round(shipped.gate, 6) == saved.gate).all()


@pytest.mark.parametrize("by_feedback", [False, True])
def test_the_gate_is_learned_from_what_was_in_focus_before(memory, ids, tmp_path, by_feedback):
    told = [pair | {"previous": [ids[(number * 37 + 5) % len(ids)]]} for number, pair in enumerate(pairs(ids, 15))]
    for record in told if by_feedback else ():
        memory.feedback(record["query"], used=record["gold"], previous=record["previous"])
    assert memory.tune(None if by_feedback else told, heads=True).kept
    saved, shipped = load_parameters(tmp_path / "recall.json"), load_parameters()
    assert not np.allclose(saved.gate, shipped.gate, atol=1e-3)


def test_the_same_words_from_another_focus_are_another_question(memory, ids):
    told = [{"query": asked(3), "gold": [ids[3]], "previous": [ids[i]]} for i in range(10)]
    result = memory.tune([*told, *told], dry_run=True)
    assert result.examples + result.held_out == 10


def test_useless_feedback_keeps_the_old_ones(memory, ids, tmp_path):
    draw = random.Random(11)
    useless = [{"query": asked(turn), "gold": [draw.choice(ids)]} for turn in asked_turns(60)]
    result = memory.tune(useless)
    assert (result.kept, result.path, result.changes) == (False, None, ())
    assert result.reason.startswith("kept the old ones")
    assert files(tmp_path) == []


def test_attention_that_is_merely_sharper_keeps_the_old_ones(memory, ids):
    result = memory.tune(pairs(ids, 24, step=0))
    assert result.before.mrr == result.after.mrr == 1.0
    assert result.after.loss < result.before.loss
    assert result.kept is False


def test_a_dry_run_writes_nothing_and_says_the_same(memory, ids, tmp_path):
    dry = memory.tune(pairs(ids, 24), dry_run=True)
    assert (dry.kept, dry.dry_run, files(tmp_path)) == (True, True, [])
    wet = memory.tune(pairs(ids, 24))
    assert (wet.before, wet.after, wet.changes) == (dry.before, dry.after, dry.changes)
    assert files(tmp_path) == ["recall.json"]


def test_too_few_pairs_are_counted(memory, ids):
    judge(memory, ids, 7)
    with pytest.raises(BadValueError, match="7 usable pairs .* at least 8 are needed"):
        memory.tune()
    judge(memory, ids, 7)  # the same questions again are no more pairs
    with pytest.raises(BadValueError, match="^7 usable"):
        memory.tune()


def test_the_last_word_on_a_memory_holds(memory, ids):
    for turn in asked_turns(9):
        memory.feedback(asked(turn), used=[ids[turn]])
    for turn in asked_turns(2):
        memory.feedback(asked(turn).upper(), used=[ids[turn + 1]], unused=[ids[turn]])
    turn = asked_turns(3)[2]
    memory.feedback(asked(turn), used=[ids[turn - 1]])
    memory.feedback(asked(turn), used=[ids[turn + 1]], unused=[ids[turn - 1], ids[turn]])
    result = memory.tune()
    assert result.examples + result.held_out == 9


def test_pairs_that_teach_nothing_are_skipped(memory, ids, monkeypatch):
    erased = pairs(ids, 12)
    judge(memory, ids, 12)
    memory.erase([pair["gold"][0] for pair in erased[:2]])
    let_ask(monkeypatch, {"what came right after the tea?": asked_for(1, "the tea")})
    memory.feedback("what came right after the tea?", used=[ids[0]])  # reads by location, whatever was learned
    result = memory.tune()
    assert (result.examples + result.held_out, result.skipped) == (10, 3)


def test_what_was_told_later_is_no_wrong_answer(memory, ids):
    judge(memory, ids, 12)
    before = memory.tune(dry_run=True).before
    for turn in asked_turns(12):
        memory.memorize(f"{asked(turn)} again, later", session="later")
    assert memory.tune(dry_run=True).before.recall_at_5 == before.recall_at_5


# records


def test_records_that_are_not_usable_are_reported_by_number(memory, ids):
    lines = [json.dumps(pair) for pair in pairs(ids, 12)]
    other = memory.memorize("elsewhere", namespace="x").memory.id
    bad = {
        1: ('{"query": "a", "gold": [', "not JSON"),
        3: ("[1]", "not a JSON object"),
        5: ('{"query": "a", "gold": ["m_unknown"]}', "m_unknown"),
        6: ('{"query": "", "gold": ["m_unknown"]}', "query is empty"),
        7: ('{"query": "a", "gold": []}', "gold is empty"),
        8: ('{"query": "a", "gold": "m_1"}', "must be a list"),
        9: ('{"query": "a", "gold": ["x"], "answer": 1}', "unknown field 'answer'"),
        10: (json.dumps({"query": "a", "gold": [other]}), "is in namespace 'x'"),
        11: ('{"gold": ["x"]}', "query must be text"),
        12: (json.dumps({"query": "a", "gold": [ids[0]], "previous": "m_1"}), "previous must be a list"),
    }
    for number, (line, _) in sorted(bad.items()):
        lines.insert(number - 1, line)
    result = memory.tune(lines=lines, dry_run=True)
    assert [failure.line for failure in result.failed] == sorted(bad)
    assert all(bad[failure.line][1] in failure.message for failure in result.failed)
    assert result.examples + result.held_out == 12
    with pytest.raises(BadValueError, match="10 not usable, the first in line 1: not JSON"):
        memory.tune(lines=lines[:13])


def test_records_may_name_keys_and_namespaces(memory):
    talk = [{"content": text, "key": f"k{i}", "namespace": "work"} for i, text in enumerate(TALK[:20])]
    memory.memorize_many(talk)
    records = [{"query": asked(i), "gold": [f"k{i}"], "namespace": "work"} for i in range(10)]
    result = memory.tune(records, dry_run=True)
    assert result.examples + result.held_out == 10


# keeping and undoing


def test_revert_goes_back_one_step_and_then_to_the_shipped_ones(memory, ids, tmp_path):
    shipped = SHIPPED.read_bytes()
    plain = memory.recall(asked(14)).memories
    memory.tune(pairs(ids, 24))
    first = (tmp_path / "recall.json").read_bytes()
    assert memory.tune(pairs(ids, 24, step=-1)).kept
    assert files(tmp_path) == ["recall.json", "recall.previous.json"]
    assert (tmp_path / "recall.previous.json").read_bytes() == first
    assert (tmp_path / "recall.json").stat().st_mode & 0o077 == 0
    assert (lambda done: (done.reverted, done.in_force))(memory.revert_tuning()) == (True, "previous")
    assert (tmp_path / "recall.json").read_bytes() == first
    assert memory.revert_tuning().in_force == "shipped"
    assert files(tmp_path) == []
    assert [each.id for each in memory.recall(asked(14)).memories] == [each.id for each in plain]
    assert memory.revert_tuning().reverted is False
    assert SHIPPED.read_bytes() == shipped


def test_a_former_file_that_is_gone_does_not_come_back(memory, ids, tmp_path):
    memory.tune(pairs(ids, 24))
    memory.tune(pairs(ids, 24, step=-1))
    (tmp_path / "recall.json").unlink()
    memory.tune(pairs(ids, 24))
    assert files(tmp_path) == ["recall.json"]


def test_a_full_disk_leaves_what_was(memory, ids, tmp_path, monkeypatch):
    memory.tune(pairs(ids, 24))
    before = (tmp_path / "recall.json").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ntm_memory.persistence.atomic.os.fsync", full)
    with pytest.raises(DiskFullError):
        memory.tune(pairs(ids, 24, step=-1))
    assert files(tmp_path) == ["recall.json"]
    assert (tmp_path / "recall.json").read_bytes() == before


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_tuned_file_with_nan_is_not_used_and_can_be_undone(memory, ids, tmp_path, value):
    memory.tune(pairs(ids, 24))
    file = tmp_path / "recall.json"
    saved = json.loads(file.read_text(encoding="utf-8"))
    saved["parameters"]["ranker"][0][0] = value
    file.write_text(json.dumps(saved), encoding="utf-8")
    with opened(tmp_path) as again:
        assert any("NaN or infinite" in warning for warning in again.status()["warnings"])
        assert again.recall(asked(14)).memories
        assert again.revert_tuning().in_force == "shipped"
        assert again.recall(asked(14)).memories


def test_settings_under_which_tuning_would_be_in_vain(tmp_path):
    for section, name, says in (("recall", "tuned", "recall.tuned is off"), ("addressing", "content", "content addr")):
        with opened(tmp_path, {section: {name: False}}) as memory, pytest.raises(BadValueError, match=says):
            memory.tune()
    with opened(tmp_path, {"addressing": {"location": False}}) as memory:
        with pytest.raises(BadValueError, match="do not shift"):
            memory.tune(heads=True)


@pytest.mark.parametrize("heads", [False, True])
def test_only_what_config_leaves_on_is_learned(memory, ids, tmp_path, heads):
    config = {"num_read_heads": 3, "recall": {"priors": False, "beta": 2.0}}
    with opened(tmp_path, config) as few:
        assert few.tune(pairs(ids, 24), heads=heads).kept
    saved, shipped = load_parameters(tmp_path / "recall.json"), load_parameters()
    assert saved.heads == shipped.heads
    assert saved.share[:, 3:] == pytest.approx(shipped.share[:, 3:], abs=1e-5)
    assert not np.allclose(saved.share[:, :3], shipped.share[:, :3], atol=1e-3)
    assert saved.beta == pytest.approx(shipped.beta, abs=1e-5)
    priors = [FEATURES.index(name) for name in PRIORS]
    assert saved.ranker[:, priors] == pytest.approx(shipped.ranker[:, priors], abs=1e-5)


def test_without_location_the_controller_still_learns(memory, ids, tmp_path):
    with opened(tmp_path, {"addressing": {"location": False}}) as flat:
        result = flat.tune(pairs(ids, 24), dry_run=True)
    assert np.isfinite([result.after.loss, *(change.after for change in result.changes)]).all()
