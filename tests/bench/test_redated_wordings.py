"""Wordings with another time: they ask for the same, and are held back with what they were made of."""

from __future__ import annotations

from bench.redated_wordings import redated_lines
from ntm_memory.controller.asking import WANTS


def kind(question, *times, language="en", wants="time"):
    return {"question": question, "times": list(times), "language": language, "wants": wants}


def test_a_time_is_exchanged_for_another_and_for_one_in_digits():
    lines = [kind(f"what did I do on {day} May", f"on {day} May") for day in range(1, 13)]
    made = redated_lines(lines)
    assert all(line.group == line.wording and line.wants[WANTS.index("time")] == 1 and line.step == 0 for line in made)
    assert all(line.text != line.wording and line.text.startswith("what did I do on ") for line in made)
    in_digits = [line for line in made if "May" not in line.text]
    assert len(in_digits) == 12 and {line.how for line in made} == {"redated"}


def test_what_tells_no_time_or_several_is_left_alone():
    assert redated_lines([kind("who lived here"), kind("between May and June", "May", "June")]) == []
    assert redated_lines([{"question": "who lived here before", "wants": "past"}]) == []
