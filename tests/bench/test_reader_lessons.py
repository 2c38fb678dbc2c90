"""What the pair reader is taught: only what may be learned from, never what is held back, and fair candidates."""

from __future__ import annotations

import random

import made_up
import numpy as np
import pytest

from bench import data_roles, held_stores, reader_data
from bench.data_roles import DATA_SETS, find_data, with_role
from bench.fit_reader import ROLE, STEP
from bench.reader_data import LABELS, Asked, MemoryPool, draw_candidates, exchange_name, plain_pool
from bench.reader_lessons import LARGE, find_likest, find_sharing, gather_lessons, unlike_statements, written_stores
from ntm_memory.embedding.tiny import TinyEmbedder
from ntm_memory.reader.pair_reader import RELATIONS

MAY_NOT = {"locomo", "realtalk", "memdaily_zh", "beam100k"}
ALLOWED = ("Apache-2.0", "CC BY 4.0", "CC BY-SA 4.0", "CC0 1.0", "MIT")


@pytest.fixture
def found(tmp_path, monkeypatch):
    notes, *_ = made_up.ours(tmp_path / "ours")
    monkeypatch.setattr(data_roles, "BESIDE", (notes, *made_up.pairs_to_read(tmp_path / "ours" / "pairs")))
    data = tmp_path / "data"
    for name in MAY_NOT | {"lifebench_en_lite"}:
        made_up.talks(data / name / "dev", 1)
    made_up.pool(data / "hotpot" / "dev", "hotpot")
    made_up.passages(data / "qa" / "xquad.en.json", "had the")
    made_up.passages(data / "qa" / "xquad.zh.json", "hatte")
    made_up.talk(data / "qa" / "friendsqa_tst.json")
    return with_role(find_data([data]), ROLE)


def keys_of(texts, limit):
    return TinyEmbedder().encode_memories(list(texts))


def test_licences_of_what_is_learned_from_allow_it():
    for name, known in DATA_SETS.items():
        if ROLE in known.roles:
            assert known.licence.startswith(ALLOWED), name
    assert not any(ROLE in DATA_SETS[name].roles for name in MAY_NOT)
    assert STEP.roles == (ROLE,)


def test_lessons_are_of_the_sets_for_it_alone(found):
    lessons = gather_lessons(found)
    assert set(lessons.groups) == {"stores", "answers", "details", "prompts", "passages"}
    sources = {asked.source for asked in lessons.asked}
    kinds = {"stores own_words", "stores absent_topic", "stores prompt"}
    xquad = {"xquad_en", "xquad_zh", "xquad_crossed"}
    details = {f"details {kind}" for kind in ("answered", "missing", "other")}
    assert sources == {
        "answers",
        "prompts",
        *details,
        "notes",
        "hotpot",
        "lifebench_en_lite",
        "friendsqa",
        *kinds,
        *xquad,
    }
    for asked in lessons.asked:
        assert all(0 <= place < len(asked.pool.texts) for place in (*asked.gold, *asked.near))
        assert not set(asked.gold) & set(asked.near)
        assert len(asked.pool.before) == len(asked.pool.texts)


def test_held_stores_are_not_learned_from(found):
    lessons = gather_lessons(found)
    told = [text for asked in lessons.asked for text in (asked.text, *asked.pool.texts)]
    assert any("en1-01" in text for text in told)
    assert not any("en1-08" in text for text in told)
    taught, held = written_stores(found)
    assert [[store["store"] for store in each] for each in (taught, held)] == [["en1-01"], ["en1-08"]]
    assert len(lessons.statements) == 16  # of the writer's folder, and of the store that is taught


def test_of_the_project_s_own_stores_some_of_each_writer_and_some_writers_are_held():
    taught, held = written_stores(with_role(find_data([]), ROLE))
    names = [store["store"] for store in taught + held]
    assert len(set(names)) == len(names)
    assert {name.split("-")[0] for name in names[: len(taught)]}.isdisjoint(held_stores.HELD_WRITERS)
    held_names = [store["store"] for store in held]
    assert sum(name.endswith(("08", "09")) for name in held_names) >= 16
    assert sum(name.startswith(held_stores.HELD_WRITERS) for name in held_names) == 12
    for store in taught + held:
        assert len(store["notes"]) >= 38
        ids = {note["id"] for note in store["notes"]}
        for each in (*store["questions"], *store["prompts"]):
            assert set(each["gold"]) <= ids


def test_nothing_to_learn_from_is_told(found):
    with pytest.raises(SystemExit, match="for answers$"):
        gather_lessons([each for each in found if each.name != "en_life"])


def test_questions_of_xquad_are_asked_in_their_language_and_across(found):
    asked = [each for each in gather_lessons(found).groups["passages"] if each.source.startswith("xquad")]
    assert len(asked) == 16
    for each in asked:
        what = each.text.rstrip("?").split()[-1]
        assert [each.pool.texts[i].rstrip(".").split()[-1] for i in each.gold] == [what]
        german = each.text.startswith("hatte")
        assert ("hatte" in each.pool.texts[0]) == (german != (each.source == "xquad_crossed"))


def test_a_note_answers_what_it_holds_and_no_more(found):
    details = gather_lessons(found).groups["details"]
    answered, missing, other = details[:3]
    assert [each.source for each in details[:3]] == ["details answered", "details missing", "details other"]
    assert answered.gold == missing.near == other.near  # the very note
    assert not missing.gold and not other.gold
    drawn = draw_candidates(missing, random.Random(0))
    assert drawn.answer is None
    assert missing.pool.texts[missing.near[0]] in [text for text, _ in drawn.memories]


def test_the_line_before_stands_beside_talk(found):
    talk = [each for each in gather_lessons(found).groups["passages"] if each.source == "friendsqa"]
    assert talk[0].pool.before[:2] == ["", "Mia: I bring tea"]


def test_the_likest_are_none_of_the_answers(found):
    lessons = gather_lessons(found)
    before = len(lessons.statements)
    find_likest(lessons, keys_of, 5)
    for asked in lessons.asked:
        assert 0 < len(asked.likest) <= 5
        assert not set(asked.likest) & set(asked.gold)
    unlike = lessons.statements[before:]
    assert unlike and all(pair.label is None and pair.older != pair.newer for pair in unlike)


def test_in_a_large_pool_rare_words_find_the_likest():
    texts = [f"the note of number {i}" for i in range(LARGE)] + ["the cello of Ben", "the piano of Ben"]
    asked = Asked("a set", "whose is the cello of Ben", plain_pool(texts), [LARGE])
    find_sharing(asked.pool, [asked], 3)
    assert asked.likest[0] == LARGE + 1 and LARGE not in asked.likest


def test_pairs_that_are_alike_leave_out_what_is_likest_of_all():
    texts = [f"note {'x' * i}" for i in range(20)]
    keys = np.eye(20, dtype=np.float32) + 0.1
    pairs = unlike_statements(plain_pool(texts), keys, random.Random(0))
    assert len(pairs) == 20 and all(pair.older in texts and pair.newer in texts for pair in pairs)


@pytest.mark.parametrize("count", [3, 6, 9])
def test_candidates_begin_with_the_answer_and_hold_no_other(count):
    pool = MemoryPool([f"t{i}" for i in range(12)], [f"b{i}" for i in range(12)])
    rng = random.Random(0)
    told = set()
    for number in range(200):
        gold, near = [number % 12, (number + 1) % 12], [(number + 2) % 12, (number + 3) % 12]
        asked = Asked("friendsqa", "q", pool, gold, near, [i for i in range(12) if i not in gold][:6])
        drawn = draw_candidates(asked, rng, count)
        places = [int(text[1:]) for text, _ in drawn.memories]
        assert drawn.answer == 0 and places[0] in gold
        assert not set(places[1:]) & set(gold)
        assert len(places) == len(set(places)) == count
        assert set(places) & set(near)
        assert len({bool(before) for _, before in drawn.memories}) == 1
        told.add(drawn.memories[0][1] in ("b0", "b1"))
    assert told == {True, False}


def test_candidates_of_what_nothing_answers():
    drawn = draw_candidates(Asked("stores", "q", plain_pool(["a", "b", "c"]), [], (), [2]), random.Random(0))
    assert drawn.answer is None
    assert sorted(text for text, _ in drawn.memories) == ["a", "b", "c"]


def test_labels_stand_where_the_reader_has_its_relations():
    assert [RELATIONS[number] for number in LABELS.values()] == list(LABELS)
    assert reader_data.statement_pairs([{"old": "a", "new": "b", "label": "same"}]) == [("a", "b", 2)]


def test_a_question_about_somebody_else_is_answered_by_nothing():
    pool = plain_pool(["when asked, Mia drinks tea", "they say Ben drinks milk", "and Ada has a cat", "snow fell"])
    asked = Asked("stores", "what does Mia drink?", pool, [0])
    made = exchange_name(asked, random.Random(0), 3)
    assert made.answer is None
    assert made.memories[0] == (pool.texts[0], "")  # what answered it before
    assert made.question in ("what does Ben drink?", "what does Ada drink?")
    assert len(made.memories) == 3
    nobody = Asked("stores", "what fell?", pool, [3])
    assert exchange_name(nobody, random.Random(0)) is None
    assert exchange_name(Asked("stores", "what does Mia drink?", pool, []), random.Random(0)) is None
