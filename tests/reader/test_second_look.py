"""Both looks joined: what is read, when reading stops, what comes first, what is shown."""

from __future__ import annotations

import numpy as np
import pytest
from opening import opened
from told_asking import asked_for, let_ask

from ntm_memory.errors import CheckpointError
from ntm_memory.reader.joining import FirstLook, judge, leads
from ntm_memory.reader.parameters import (
    CHANCE,
    CONFIDENCE,
    FEATURES,
    READ,
    SEEN,
    SHAPES,
    SecondLookParameters,
    load_parameters,
    save_parameters,
)
from ntm_memory.reader.second_look import AT_ONCE, LIKEST, LONGEST, MOST, read_until_sure

NOTES = [f"note number {i} about tea in the garden" for i in range(20)]


def parameters(null=0.0):
    """Only the reader counts; a chance of one half at NULL; the first look goes by attention."""
    p = SecondLookParameters(**{name: np.zeros(shape) for name, shape in SHAPES.items()})
    for stage, name in ((SEEN, "attention"), (READ, "reader")):
        p.ranker[stage, 0, FEATURES.index(name)] = 1.0
    p.null[:, 0] = null
    p.newest[:] = 0.0, 0.5, 1.0
    p.chance[:, CHANCE.index("logit")] = p.confidence[:, CONFIDENCE.index("best")] = 1.0
    return p


def first_look(count, **columns):
    """What a first look that knows nothing says of `count` memories."""
    given = {name: np.zeros(count) for name in ("cosine", "question_cosine", "words")}
    given |= {"attention": np.full(count, 1 / count), "memories": 1, "confidence": 0.0}
    given["talk"] = 0.0
    return FirstLook(**{**given, **columns})


def test_features_stand_in_the_order_of_their_names():
    look = first_look(2, attention=np.array([0.5, 0.0]), cosine=np.array([1.0, 2.0]))
    features = look.features(np.array([7.0, 8.0]))
    assert features.shape == (2, len(FEATURES))
    assert features[:, FEATURES.index("reader")].tolist() == [7.0, 8.0]
    assert features[0, FEATURES.index("attention")] == pytest.approx(np.log(0.5))
    assert np.isfinite(features).all()  # no attention at all is a small number, not minus infinity
    assert features[:, FEATURES.index("cosine")].tolist() == [1.0, 2.0]
    assert look.features()[:, FEATURES.index("reader")].tolist() == [0.0, 0.0]


def test_some_of_a_first_look_are_what_they_were():
    look = first_look(3, cosine=np.array([1.0, 2.0, 3.0]))
    assert look[np.array([2, 0])].cosine.tolist() == [3.0, 1.0]
    assert len(look[:2]) == 2
    assert look[:2].memories == look.memories


def test_a_judgement_is_above_null_and_counts_a_talk_by_its_own_weights():
    p = parameters(null=2.0)
    p.ranker[READ, 1, FEATURES.index("reader")] = 3.0
    read = np.array([1.0, -1.0])
    assert judge(first_look(2), p, read).logits.tolist() == [-1.0, -3.0]
    assert judge(first_look(2, talk=1.0), p, read).logits.tolist() == [2.0, -6.0]
    judged = judge(first_look(2), p, read)
    assert judged.chances[0] == judged.confidence == pytest.approx(1 / (1 + np.e))
    assert judge(first_look(2, attention=np.array([0.1, 0.9])), p).order.tolist() == [1, 0]  # the first look alone


def test_leads_are_over_the_best_other_one():
    assert leads(np.array([1.0, 4.0, 2.0])).tolist() == [-3.0, 2.0, -2.0]
    assert leads(np.array([3.0])).tolist() == [3.0]
    assert leads(np.array([-50.0, 50.0])).tolist() == [-10.0, 10.0]


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ([9.0] + [-9.0] * 11, AT_ONCE),  # sure at once
        ([-9.0] * (AT_ONCE + 1) + [9.0] + [-9.0] * (10 - AT_ONCE), 2 * AT_ONCE),  # sure after the second batch
        ([9.0, 9.0] + [-9.0] * 10, 12),  # two answer: perhaps there are more
        ([-9.0] * 12, 12),
    ],
)
def test_reading_stops_where_one_memory_has_everything(said, read):
    asked = []

    def reader(part):
        asked.append(part)
        return np.array(said[part], dtype=np.float32)

    judged, told = read_until_sure(first_look(12), reader, parameters())
    assert len(judged.logits) == len(told) == read
    assert all(part.stop - part.start <= AT_ONCE for part in asked)


def test_no_more_than_there_are_are_read():
    judged, _ = read_until_sure(first_look(2), lambda part: np.zeros(2, dtype=np.float32)[part], parameters())
    assert len(judged.logits) == 2


class ScriptedReader:
    """Log-odds by a word of the memory, else -6; of two memories, that they have nothing to do with each other."""

    def __init__(self, script):
        self.script, self.asked = script, []
        self.shares = [0.0, 0.0, 0.0, 1.0]

    def relevance(self, question, memories):
        self.asked += memories
        return np.array([next((z for word, z in self.script.items() if word in text), -6.0) for text, _ in memories])

    def relations(self, pairs):
        return np.tile(np.array(self.shares), (len(pairs), 1))


@pytest.fixture
def memory(tmp_path):
    with opened(tmp_path, {"recall": {"confidence_floor": 0.5}}) as manager:
        yield manager


def read_by(manager, script):
    reader = ScriptedReader(script)
    manager._verbs.__dict__["reader"] = reader
    manager._verbs.context.__dict__["joining"] = parameters()
    return reader


def test_what_the_reader_says_decides_what_is_shown(memory):
    for note in NOTES[:8]:
        memory.memorize(note)
    read_by(memory, {"number 7 ": 2.0, "number 3 ": 1.0})
    answer = memory.recall("which tea")
    assert [found.content for found in answer.memories] == [NOTES[7], NOTES[3]]
    assert answer.memories[0].chance == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-4)
    assert answer.confidence == answer.memories[0].chance
    for note in NOTES[8:]:
        memory.memorize(note)
    weights = [found.weight for found in memory.recall("which tea", all=True, top_k=20).memories]
    assert weights == sorted(weights, reverse=True)
    assert sum(weights) == pytest.approx(1, abs=1e-3)
    assert len(weights) == 20  # those that were not read follow


def test_the_first_look_chooses_what_is_read(memory):
    for note in NOTES:
        memory.memorize(note)
    reader = read_by(memory, {})
    memory.recall("note number 13")
    assert len(reader.asked) == MOST
    assert reader.asked[0][0] == NOTES[13]


def test_nothing_is_shown_where_nothing_answers_unless_asked_for(memory):
    for note in NOTES[:4]:
        memory.memorize(note)
    read_by(memory, {})
    assert memory.recall("the capital of France").reason == "nothing relevant"
    assert len(memory.recall("the capital of France", all=True).memories) == 4


def test_the_reader_is_not_asked_where_a_place_or_nothing_is_asked_for(memory):
    first = memory.memorize(NOTES[0], session="s").memory
    memory.memorize(NOTES[1], session="s")
    reader = read_by(memory, {})
    assert memory.recall_from(first.id, 1).memories[0].content == NOTES[1]
    memory.recall("number 0", shift=1)
    assert reader.asked == []


def test_what_has_no_word_is_not_read(memory):
    cake = memory.memorize("🎂🎂").memory
    memory.memorize(NOTES[0])
    reader = read_by(memory, {})
    memory.recall("which tea")
    assert [text for text, _ in reader.asked] == [NOTES[0]]
    assert memory.recall("🎂🎂").memories[0].id == cake.id  # nor is a question without a word
    assert len(reader.asked) == 1


def test_who_has_most_of_the_rare_words_is_read_however_long_it_is(memory):
    for note in NOTES:
        memory.memorize(note)
    text = " ".join(f"On day {n} the harbour was calm." for n in range(600))
    memory.memorize(f"{text} The bench was built by Zyxquorblatt. {text}")
    reader = read_by(memory, {"Zyxquorblatt": 2.0})
    answer = memory.recall("Zyxquorblatt and the tea in the garden")
    assert len(reader.asked) <= MOST and any("Zyxquorblatt" in text for text, _ in reader.asked)
    assert "Zyxquorblatt" in answer.memories[0].content


def test_of_a_long_chinese_text_as_much_is_read_as_the_reader_takes(memory):
    memory.memorize("码头很安静。" * 200 + "修泵的人叫祖克夸布。" + "码头很安静。" * 200)
    memory.memorize("The harbour was calm. " * 200 + "Zyxquorblatt mends pumps. " + "The harbour was calm. " * 200)
    reader = read_by(memory, {})
    memory.recall("祖克夸布 Zyxquorblatt")
    read = {"zh" if "码头" in text else "en": text for text, _ in reader.asked}
    assert len(read["zh"]) == LONGEST // 3 and "祖克夸布" in read["zh"]
    assert len(read["en"]) == LONGEST and "Zyxquorblatt" in read["en"]


def test_a_turn_is_read_with_the_one_before_it(memory):
    memory.memorize("Tom: which tea?", session="s")
    memory.memorize("Mia: the green one", session="s")
    memory.memorize("Green tea is sold out")
    reader = read_by(memory, {})
    memory.recall("green tea")
    assert set(reader.asked) == {
        ("Tom: which tea?", ""),
        ("Mia: the green one", "Tom: which tea?"),
        ("Green tea is sold out", ""),
    }


def test_copies_of_a_text_are_read_once_and_take_no_place_of_others(memory):
    copies = [memory.memorize("Standup tea is at 9:15", session=f"s{i}").memory.id for i in range(30)]
    for note in NOTES[: MOST - 1]:
        memory.memorize(note)
    reader = read_by(memory, {"9:15": 2.0, "number 3 ": 1.0})
    answer = memory.recall("standup tea")
    assert sorted(text for text, _ in reader.asked) == sorted(["Standup tea is at 9:15", *NOTES[: MOST - 1]])
    assert [found.content for found in answer.memories] == ["Standup tea is at 9:15", NOTES[3]]
    assert answer.memories[0].told == 30 and {answer.memories[0].id, *answer.memories[0].also} == set(copies)


def test_of_copies_one_that_nothing_revised_is_read(memory):
    old = memory.memorize("Standup is at 9:30", session="a").memory
    new = memory.memorize("Standup moved to 10:00", session="b").memory
    again = memory.memorize("Standup is at 9:30", session="c").memory
    memory.store.amend(old.id, superseded_by=new.id)
    read_by(memory, {"9:30": 4.0, "10:00": 2.0})
    first = memory.recall("when is standup").memories[0]
    assert (first.id, first.superseded_by, first.also) == (again.id, None, (old.id,))


def test_turns_that_say_the_same_after_different_turns_are_all_read(memory):
    for session, asked in (("s", "Tom: more tea?"), ("t", "Tom: more milk?")):
        memory.memorize(asked, session=session)
        memory.memorize("Mia: yes please", session=session)
    reader = read_by(memory, {})
    memory.recall("yes please")
    assert {("Mia: yes please", "Tom: more tea?"), ("Mia: yes please", "Tom: more milk?")} <= set(reader.asked)


def test_how_many_further_ones_answer_is_said_where_top_k_cuts(memory):
    for note in NOTES[:5]:
        memory.memorize(note)
    read_by(memory, {"number 1 ": 2.0, "number 2 ": 1.5, "number 3 ": 1.0})
    for top_k, further in ((1, 2), (2, 1), (3, 0), (5, 0)):
        answer = memory.recall("which tea", top_k=top_k)
        assert (len(answer.memories), answer.further) == (min(top_k, 3), further)
        assert answer.more >= further
    assert memory.recall("which tea", top_k=1, all=True).further == 2  # the others hardly answer


def test_where_all_there_is_is_asked_for_more_is_read_and_shown_and_the_set_is_sure(memory, monkeypatch):
    for note in NOTES[:LIKEST]:
        memory.memorize(note)
    reader = read_by(memory, {"number 1 ": 0.5, "tea": -3.5})
    one = memory.recall("tea of note number 1")
    assert [found.content for found in one.memories] == [NOTES[1]] and len(reader.asked) == MOST
    reader.asked.clear()
    let_ask(monkeypatch, {"tea of note number 1": asked_for(all=0.9)})
    answer = memory.recall("tea of note number 1", top_k=20)
    assert {found.content for found in answer.memories} == set(NOTES[:LIKEST]) and len(reader.asked) == LIKEST
    none = np.prod([1 - found.chance for found in answer.memories])
    assert answer.confidence == pytest.approx(1 - none, abs=1e-3) and answer.confidence > one.confidence + 0.05


def test_one_that_surely_answers_does_not_end_the_reading_where_all_there_is_is_asked_for(memory, monkeypatch):
    for note in NOTES[:LIKEST]:
        memory.memorize(note)
    reader = read_by(memory, {"number 1 ": 6.0})
    memory.recall("tea of note number 1")
    assert len(reader.asked) == AT_ONCE
    reader.asked.clear()
    let_ask(monkeypatch, {"tea of note number 1": asked_for(all=0.9)})
    memory.recall("tea of note number 1")
    assert len(reader.asked) == LIKEST


def test_switched_off_it_is_as_if_there_were_none(tmp_path):
    with opened(tmp_path, {"recall": {"reader": "off"}}) as memory:
        memory.memorize(NOTES[0])
        assert memory.recall("tea").memories[0].chance is None


def test_of_two_that_answer_the_newer_stands_first(memory):
    old = memory.memorize("Standup is at 9:30").memory
    new = memory.memorize("Standup moved to 10:00").memory
    memory.memorize("Lunch is at noon")
    memory.store.amend(old.id, superseded_by=new.id)
    read_by(memory, {"9:30": 4.0, "10:00": 2.0})
    answer = memory.recall("when is standup")
    assert [found.id for found in answer.memories] == [new.id, old.id]
    assert answer.memories[1].superseded_by == new.id
    read_by(memory, {"9:30": 4.0, "10:00": -4.0})  # what does not answer moves nothing
    assert memory.recall("when is standup").memories[0].id == old.id


@pytest.mark.parametrize(
    ("said", "revises", "first"),
    [(2.0, 0.9, "The budget is 45k"), (2.0, 0.1, "The budget is 40k"), (-4.0, 0.9, "The budget is 40k")],
)
def test_of_two_that_may_answer_the_newer_stands_first_where_it_revises_the_older(memory, said, revises, first):
    memory.memorize("The budget is 40k")
    memory.memorize("Lunch is at noon")
    memory.memorize("The budget is 45k")
    reader = read_by(memory, {"40k": 2.5, "45k": said})
    reader.shares = [revises, 0.0, 0.0, 1 - revises]
    found = memory.recall("what is the budget", all=True).memories
    assert found[0].content == first
    assert found[0].chance >= found[1].chance


def test_what_has_another_number_than_the_question_does_not_stand_before_what_has_it(memory):
    memory.memorize("The key of room 322 is with Pia")
    memory.memorize("The key of room 323 is with Kai")
    reader = read_by(memory, {"322": 2.5, "323": 2.2})
    reader.shares = [0.9, 0.0, 0.0, 0.1]
    assert "322" in memory.recall("who has the key of room 322").memories[0].content
    assert "323" in memory.recall("who has the key of that room").memories[0].content


def test_what_happened_and_what_has_keys_is_not_read_against_each_other(memory):
    memory.memorize("Uli lent Kai 30 euros", kind="episode")
    memory.memorize("Kai lent Uli 50 euros", kind="episode")
    reader = read_by(memory, {"30": 2.5, "50": 2.0})
    reader.shares = [0.99, 0.0, 0.0, 0.01]
    assert memory.recall("who lent whom money").memories[0].content == "Uli lent Kai 30 euros"


BEFORE = "what was the budget before"


@pytest.mark.parametrize(
    ("old", "unrelated", "first"),
    [(1.5, 0.1, "The budget is 40k"), (1.5, 0.9, "The budget is 45k"), (-1.0, 0.1, "The budget is 45k")],
)
def test_where_the_past_is_asked_for_the_older_of_two_stands_first_until_the_newer(
    memory, monkeypatch, old, unrelated, first
):
    let_ask(monkeypatch, {BEFORE: asked_for(past=1.0)})
    memory.memorize("The budget is 40k", occurred_at="2026-03-01")
    memory.memorize("Lunch is at noon")
    memory.memorize("The budget is 45k", occurred_at="2026-05-08")
    reader = read_by(memory, {"40k": old, "45k": 2.0})
    reader.shares = [0.8 * (1 - unrelated), 0.2 * (1 - unrelated), 0.0, unrelated]
    found = memory.recall(BEFORE, all=True).memories
    assert found[0].content == first and found[0].chance >= found[1].chance
    until = {memory.content: memory.until for memory in found}
    assert until.pop("The budget is 40k") == ("2026-05-08" if first == "The budget is 40k" else None)
    assert set(until.values()) == {None}
    assert memory.recall("what is the budget", all=True).memories[0].content == "The budget is 45k"


def test_the_newer_one_that_a_question_about_before_names_is_not_what_it_asks_for(memory, monkeypatch):
    asked = ["where did Pia work before", "where did Pia work before Kestrel", "where did Pia work before at Novatek"]
    let_ask(monkeypatch, {question: asked_for(past=1.0) for question in asked})
    memory.memorize("Pia works at Novatek")
    memory.memorize("Lunch is at noon")
    memory.memorize("Pia works at Kestrel")
    reader = read_by(memory, {"Novatek": -2.0, "Kestrel": 2.0})
    reader.shares = [0.6, 0.4, 0.0, 0.0]
    first = [memory.recall(question, all=True).memories[0].content for question in asked]
    assert first == ["Pia works at Kestrel", "Pia works at Novatek", "Pia works at Kestrel"]


def test_an_older_one_that_leads_anyhow_says_until_when_it_was_so(memory, monkeypatch):
    let_ask(monkeypatch, {BEFORE: asked_for(past=1.0)})
    memory.memorize("The budget is 40k")
    new = memory.memorize("The budget is 45k").memory
    reader = read_by(memory, {"40k": 2.5, "45k": 1.0})
    reader.shares = [0.9, 0.0, 0.0, 0.1]
    found = memory.recall(BEFORE).memories
    assert [(each.content, each.until) for each in found] == [
        ("The budget is 40k", new.created_at),
        ("The budget is 45k", None),
    ]
    read_by(memory, {"40k": 2.5, "45k": -3.0}).shares = reader.shares  # what does not answer ends nothing
    assert memory.recall(BEFORE).memories[0].until is None


@pytest.fixture
def rents(memory):
    """Rent that changed twice, each time told with when it happened; and a memory that never changed."""
    memory.memorize("Tom plays the cello", occurred_at="2021-07-01")
    id = memory.memorize("The rent is 800 euros", key="rent", occurred_at="2023-02-01").memory.id
    memory.update(id, content="The rent is 850 euros", occurred_at="2023-05-01")
    memory.update(id, content="The rent is 920 euros", occurred_at="2023-10-02")
    read_by(memory, {"rent": 2.0})


@pytest.mark.parametrize(("month", "rent"), [("March", 800), ("July", 850), ("September", 850), ("October", 920)])
def test_of_a_time_that_is_over_what_was_so_then_answers(memory, rents, month, rent):
    answer = memory.recall(f"what is the rent in {month} 2023", all=True)
    assert answer.memories[0].content == f"The rent is {rent} euros"
    assert answer.confidence > 0.5
    assert (answer.memories[0].until is None) == (rent == 920)


@pytest.mark.parametrize(
    "question",
    [
        "what is the rent",
        "what is the rent tomorrow",
        "what is the rent since May 2023",
        "What is the rent now? Which cello did Tom play in July 2023?",
    ],
)
def test_what_asks_for_no_time_that_is_over_hears_nothing_of_before(memory, rents, question):
    assert {found.until for found in memory.recall(question, all=True).memories} == {None}


def test_explain_tells_what_the_reader_said(memory):
    memory.memorize(NOTES[0])
    memory.memorize(NOTES[1])
    read_by(memory, {"number 1 ": 2.5})
    steps = memory.recall("which tea", explain=True).memories[0].steps
    assert steps["reader"] == 2.5
    assert steps["heads"]


def test_parameters_are_written_and_read(tmp_path):
    file = tmp_path / "parameters.json"
    save_parameters(file, parameters(null=0.5), {"command": "a test"})
    assert load_parameters(file).null.tolist() == [[0.5, 0]] * 2
    file.write_text("{}")
    with pytest.raises(CheckpointError):
        load_parameters(file)
