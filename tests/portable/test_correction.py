"""Corrections: the corrected value is the answer, after everything was made anew, and the history is whole."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

LONG_AGO = 1_750_000_000.0


def _first(memory, text, **fields):
    """What is corrected afterwards was told long ago: `--as-of` counts whole seconds."""
    with memory.python(clock=lambda: LONG_AGO) as manager:
        return manager.memorize(text, **fields).memory.id


def _replaced(memory):
    id = _first(memory, "Ute lives in Kiel, Harbour Street 5", key="ute-home")
    memory.tell("Ute lives in Bonn, Rose Lane 9", "--key", "UTE-HOME")
    return SimpleNamespace(id=id, right="Ute lives in Bonn, Rose Lane 9", wrong="Kiel", asked="Where does Ute live?")


def _polarity(memory):
    id = _first(memory, "Ute eats meat")
    memory.tell("Ute does not eat meat", "--replaces", id)
    return SimpleNamespace(id=id, right="Ute does not eat meat", wrong="Ute eats meat", asked="Does Ute eat meat?")


def _retracted(memory):
    id = _first(memory, "Ute has a sister in Rome")
    memory.ask("erase", id, "--retract")
    right = memory.ask("memorize", "Ute has a brother in Rome")["memory"]["content"]
    return SimpleNamespace(id=id, right=right, wrong="sister", asked="Whom has Ute in Rome?")


def _partly(memory):
    id = _first(memory, "The team meets on Monday at nine in room four", key="team-meeting")
    memory.ask("update", id, "--content", "The team meets on Monday at ten in room four")
    right = "The team meets on Monday at ten in room four"
    return SimpleNamespace(id=id, right=right, wrong="at nine", asked="When does the team meet?")


def _until(memory):
    """Its end is told by what holds from then on: a version holds until the next one."""
    id = _first(memory, "The office is open until six", key="office-hours")
    memory.ask("update", "--key", "office-hours", "--content", "The office is closed for good")
    right = "The office is closed for good"
    return SimpleNamespace(id=id, right=right, wrong="until six", asked="When is the office open?")


SHAPES = {
    "replaced": _replaced,
    "polarity flipped": _polarity,
    "retracted": _retracted,
    "partly superseded": _partly,
    "valid until": _until,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_correction_survives_reindex(memory, shape):
    """Given a value and its correction → keys and indexes are made anew → the correction is the answer, history whole.

    Control is built in: the history has the old text under its version, what held before the correction is recalled
    as of then, and the unrelated neighbour is there. A pass does not prove that a correction is noticed by itself:
    each is told as such, by key, id, update or retraction. There is no field for an end in the future.
    """
    told = SHAPES[shape](memory)
    memory.tell("The ferry leaves at seven")
    first = memory.memory(told.id)
    memory.background()
    found = memory.recalled(told.asked)
    assert found[0] == told.right and "The ferry leaves at seven" in found
    assert told.wrong not in memory.all_said(told.asked)
    whole = memory.memory(told.id)
    assert whole["history"] == first["history"] and whole["memory"]["content"] == first["memory"]["content"]
    if shape == "retracted":
        assert whole["memory"]["state"] == "erased" and told.wrong in whole["memory"]["content"]
        return
    (old,) = whole["history"]
    assert told.wrong in old["content"] and whole["memory"]["version"] == 2
    assert old["valid_from"] < old["valid_to"]
    assert memory.recalled(told.asked, "--as-of", old["valid_from"]) == [old["content"]]


def test_correction_retraction_without_replacement(memory):
    """Given "I have a sister", then "I misspoke, I have no sister" as a retraction → the source is fed again → absent.

    Nothing takes the value's place. Control: the rest of the source is recalled. A pass does not prove that the words
    "I misspoke" are understood: the retraction is told by the caller, `erase.py --retract`.
    """
    source = ["I live in Kiel by the harbour", "I have a sister", "I work as a baker in Bonn"]
    ids = [memory.tell(line) for line in source]
    memory.ask("erase", ids[1], "--retract")
    for _ in range(2):
        assert [memory.say("memorize", line).error for line in source] == [None, "retracted", None]
        assert memory.say("memorize", "-", text=". ".join(source)).error in ("retracted", "echo")
        memory.background()
    assert sorted(memory.recalled("Do I have a sister?")) == sorted([source[0], source[2]])
    assert "sister" not in memory.all_said("What family is there?")
    assert memory.memory(ids[1])["memory"]["state"] == "erased"
