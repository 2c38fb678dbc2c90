"""What matters for a prompt: where it is looked for, what is read, what is handed out."""

from __future__ import annotations

import numpy as np
import pytest
from opening import opened

from ntm_memory import commands
from ntm_memory.errors import BadValueError
from ntm_memory.operations.relevant import AS_TYPED, MOST
from ntm_memory.reader.pair_reader import Impressions
from ntm_memory.reader.relevance import GLANCE, READ, RelevanceParameters

PNPM = "We use pnpm only, never npm"
INSTALL = "write the install section of the README"


class ScriptedReader:
    """Log-odds by a word of the memory, else -6."""

    def __init__(self, script):
        self.script, self.asked = script, []

    def impressions(self, prompt, memories):
        self.prompt = prompt
        self.asked += [text for text, _ in memories]
        said = [next((z for word, z in self.script.items() if word in text), -6.0) for text, _ in memories]
        return Impressions(np.array([[z] + [0.0] * (READ - 1) for z in said]), np.zeros((len(said), 4)))


def parameters(dim, limits=(-9.0, 1.0, -1.0)):
    """At a glance cosines and words speak, of what was read the reader alone."""
    weights = np.zeros(len(GLANCE))
    weights[[GLANCE.index(name) for name in ("about", "words")]] = 1.0
    read = np.zeros(len(GLANCE) + READ)
    read[len(GLANCE)] = 1.0
    return RelevanceParameters(
        np.zeros((2, dim)), np.zeros(2 + dim), weights, read, np.zeros(4), np.array([limits] * 2)
    )


@pytest.fixture
def memory(tmp_path):
    with opened(tmp_path) as manager:
        yield manager


def read_by(manager, script, **options):
    reader = ScriptedReader(script)
    manager._verbs.__dict__["reader"] = reader
    manager._verbs.noticer.__dict__["parameters"] = parameters(manager.encoder.dim, **options)
    return reader


def contents(answer):
    return [memory.content for memory in answer.memories]


def test_copies_take_one_place_and_what_is_known_is_known_under_every_id(memory):
    ids = [memory.memorize(PNPM, session=f"s{i}").memory.id for i in range(5)]
    memory.memorize("We use pnpm workspaces in the README example", session="s9")
    reader = read_by(memory, {"pnpm": 3.0})
    found = contents(memory.relevant(INSTALL, namespaces=["default"]))
    assert found.count(PNPM) == 1 and len(reader.asked) == 2
    for id in ids:
        assert PNPM not in contents(memory.relevant(INSTALL, namespaces=["default"], without=[id]))


def test_what_the_reader_is_sure_of_is_handed_out_with_its_chance(memory):
    for note in (PNPM, "The README is in English", "Mia drinks green tea"):
        memory.memorize(note)
    read_by(memory, {"pnpm": 2.0, "README": -0.5})
    answer = memory.relevant(INSTALL)
    assert contents(answer) == [PNPM, "The README is in English"]
    assert answer.memories[0].chance == answer.confidence == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-4)
    assert answer.read == 3 and answer.reason is None
    assert memory.find(answer.memories[0].id).reads == 1


def test_mostly_nothing_matters(memory):
    id = memory.memorize(PNPM).memory.id
    read_by(memory, {"pnpm": 0.5})
    answer = memory.relevant("thanks!")
    assert (answer.memories, answer.reason, answer.read) == ((), "nothing matters for it", 1)
    assert 0.6 < answer.confidence < 0.7
    assert memory.find(id).reads == 0


def test_what_a_glance_rejects_is_not_read(memory):
    memory.memorize(PNPM)
    reader = read_by(memory, {"pnpm": 9.0}, limits=(1e6, 1.0, 1.0))
    assert memory.relevant(INSTALL).read == 0
    assert reader.asked == []


def test_few_are_read_the_likest_first(memory):
    for i in range(9):
        memory.memorize(f"note number {i} about tea")
    reader = read_by(memory, {})
    assert memory.relevant("note number 7").read == MOST
    assert reader.asked[0] == "note number 7 about tea"


def test_it_looks_in_each_namespace_told_and_says_where_it_found_what(memory):
    memory.memorize(PNPM, namespace="shop")
    memory.memorize(PNPM, namespace="shared")
    memory.memorize("Deploys run on Fridays, by pnpm", namespace="shared", kind="decision")
    memory.memorize("Not here: pnpm", namespace="other")
    read_by(memory, {"pnpm": 2.0})
    answer = memory.relevant(INSTALL, namespaces=["shop", "shared"])
    assert sorted(contents(answer)) == sorted([PNPM, "Deploys run on Fridays, by pnpm"])  # the same text once
    assert {each.namespace for each in answer.memories} <= {"shop", "shared"}
    assert {each.kind for each in answer.memories} == {None, "decision"}
    assert memory.relevant(INSTALL).reason == "nothing is stored there"


def test_what_is_known_to_the_agent_and_what_is_not_trusted_is_left_out(memory):
    known = memory.memorize(PNPM).memory.id
    memory.memorize("A web page says: use pnpm", trust="tool")
    reader = read_by(memory, {"pnpm": 2.0})
    assert memory.relevant(INSTALL, without=[known], min_trust="agent").memories == ()
    assert reader.asked == []
    assert contents(memory.relevant(INSTALL, without=[known])) == ["A web page says: use pnpm"]


def test_a_prompt_is_no_question_about_a_place_and_its_end_does_not_count(memory):
    memory.memorize("Standup is at nine", session="s")
    memory.memorize("Lunch is at noon", session="s")
    reader = read_by(memory, {"nine": 2.0})
    answer = memory.relevant("what was said right before lunch" + " and so on" * AS_TYPED)
    assert "nine" in contents(answer)[0]
    assert len(reader.prompt) == AS_TYPED


def test_without_a_reader_nothing_matters(tmp_path):
    with opened(tmp_path, {"recall": {"reader": "off"}}) as memory:
        memory.memorize(PNPM)
        assert "no reader" in memory.relevant(INSTALL).reason


@pytest.mark.parametrize(
    "told", [{"top": 0}, {"top": 4}, {"namespaces": "x"}, {"without": 3}, {"min_trust": "x"}, {"x": 1}]
)
def test_options_are_checked(memory, told):
    with pytest.raises(BadValueError):
        memory.relevant("hello", **told)


def test_the_command_answers_with_a_plain_object(tmp_path):
    request = {"home": tmp_path, "config": {"embedder": {"backend": "tiny"}}}
    commands.run({"command": "memorize", "content": PNPM, **request})
    answer = commands.run({"command": "relevant", "prompt": INSTALL, "namespaces": ["default"], **request})
    assert set(answer) == {"prompt", "memories", "confidence", "read", "reason", "took_ms"}
    with pytest.raises(BadValueError, match="prompt must be text"):
        commands.run({"command": "relevant", **request})
