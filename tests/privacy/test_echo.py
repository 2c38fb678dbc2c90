"""What of a text memories tell, and whether the rest only presents them."""

from __future__ import annotations

import dataclasses
import json

import pytest

from ntm_memory.errors import CheckpointError
from ntm_memory.operations import reasoning_report, results
from ntm_memory.privacy import framing
from ntm_memory.privacy.echo import FIELDS, KnownMemory, echo_in
from ntm_memory.store.records import Link, Memory

KEY = KnownMemory("m_2222222222", "The spare key is under the blue pot", ("spare-key", "2026-05-08"))
VET = KnownMemory("m_3333333333", "Nora's cat sees the vet on 14 March at 9:30")
TEA = KnownMemory("m_4444444444", "小美喜欢喝绿茶，不喝咖啡", ("2026-05-09",))
ALL = (KEY, VET, TEA)


def ids(text, known=ALL):
    found = echo_in(text, known, framing.shipped())
    return None if found is None else found.ids


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[m_2222222222, 2026-05-08] The spare key is under the blue pot", [KEY]),
        ("m_2222222222 2026-05-08 spare-key .92  The spare key is under the blue pot\nconfidence .9, 3 more", [KEY]),
        (
            "m_2222222222 2026-05-08 spare-key by tool 40% until 2026-06-01 perhaps revised by m_9999999999 cut  "
            "The spare key is under the blue pot\nconfidence .31, cut ones whole: --from ID --max-chars 20000",
            [KEY],
        ),
        (
            "m_2222222222 2026-05-08 spare-key .92 told 8 times, last 2026-06-01  The spare key is under the blue pot\n"
            "confidence .31, not sure, more: 7 further",
            [KEY],
        ),
        (
            "m_2222222222 2026-05-08 spare-key told 2 times, last 2026-06-01 cut  The spare key is under the blue pot\n"
            "1-20 of 1,027 shown in default, more: 1,007 further, go on with --cursor newest:12",
            [KEY],
        ),
        ("[m_2222222222, 2026-05-08, agent, chance .92, told 2 times, last 2026-06-01] The spare key is under the blue "
         "pot", [KEY]),
        ('[m_2222222222, 2026-05-08, person, key spare-key, chance .92] The spare key is under the blue pot', [KEY]),
        ("- **The spare key is under the blue pot**\n- Nora’s cat sees the vet on 14 March at 9:30", [KEY, VET]),
        ("According to my notes, the spare key is under the blue pot.", [KEY]),
        ("根据记忆：小美喜欢喝绿茶，不喝咖啡。", [TEA]),
        ("THE SPARE KEY IS UNDER THE BLUE POT; nora's cat sees the vet on 14 march at 9:30", [KEY, VET]),
        ("The spare key is under the blue pot\u200b; nora&#39;s cat sees the vet on 14 March at 9:30", [KEY, VET]),
        ("m_2222222222 May 8, 2026 [spare-key] The spare key is under the blue pot; Nora's cat se…", [KEY, VET]),
        ('{"memories": [{"id": "m_7777777777", "content": "The spare key is under the blue pot", "wei', [KEY]),
    ],
)  # fmt: skip
def test_an_echo_names_what_it_tells(text, told):
    assert ids(text) == tuple(memory.id for memory in told)


@pytest.mark.parametrize(
    "text",
    [
        "The spare key is under the red pot",
        "The spare key is not under the blue pot",
        "The spare key is under the blue pot; it broke on Sunday",
        "m_2222222222: the spare key is under the blue pot. Tom took it to Oslo",
        "According to my notes, the spare key is under the blue pot, but Nora moved it to the shed",
        "Nora's cat sees the vet on 14 March at 9:45",
        "2026-07-01: the spare key is under the blue pot",
        "m_2222222222 2026-05-08 broken .92  The spare key is under the blue pot",
        "m_2222222222 2026-05-08 spare-key .92  The spare key is under the red pot",
        "m_2222222222 2026-05-08 spare-key .92  The spare key is under the blue pot\nconfidence .95\nTom is ill",
        "[m_2222222222, 2026-05-08, agent, key broken, chance .92] The spare key is under the blue pot",
        "小美喜欢喝绿茶，不喝咖啡，小李也是",
        "小美喜欢喝红茶，不喝咖啡",
        "Nora's dog sees the vet",
        "The spare key",
        "",
    ],
)
def test_what_says_more_or_other_or_less_is_none(text):
    assert ids(text) is None


def test_a_fact_told_again_stands_alone_and_an_answer_in_json_is_printed():
    found = echo_in("the spare key is under the blue pot!", ALL, framing.shipped())
    assert found is not None and found.alone and not found.printed
    answer = {"ok": True, "memories": [{"id": KEY.id, "content": KEY.content, "weight": 0.7}], "reason": None}
    found = echo_in(json.dumps(answer, indent=2), ALL, framing.shipped())
    assert found is not None and found.printed and not found.alone


def test_a_little_said_by_chance_is_no_echo():
    hi, bye = KnownMemory("m_5555555555", "Hi!"), KnownMemory("m_6666666666", "Good night")
    assert ids("Hi! Good night", [hi, bye]) is None


def test_the_names_of_our_fields_are_known():
    answers = [Memory, Link, *(each for room in (results, reasoning_report) for each in vars(room).values())]
    names = {
        field.name
        for each in answers
        if isinstance(each, type) and dataclasses.is_dataclass(each)
        if each.__module__ in (results.__name__, reasoning_report.__name__, Memory.__module__)
        for field in dataclasses.fields(each)
    }
    assert names - FIELDS == set()


def test_damaged_weights_are_told(tmp_path):
    for text in (
        "",
        "{}",
        json.dumps({"format": framing.FORMAT, "version": 9, "parameters": {"least": 0, "weights": {}}}),
    ):
        file = tmp_path / "framing.json"
        file.write_text(text)
        with pytest.raises(CheckpointError):
            framing.load(file)
