"""Which keys and texts count as the same, and which keys are near each other."""

from __future__ import annotations

import json
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.text.folding import folded_key, folded_text, near_keys, same_telling, word_for_word
from ntm_memory.text.likeness import likeness

TEXTS = st.text(max_size=40)


@given(TEXTS)
def test_folding_twice_is_folding_once(text):
    assert folded_key(folded_key(text)) == folded_key(text)
    assert folded_text(folded_text(text)) == folded_text(text)


@given(TEXTS, st.sampled_from([" ", "\t", "\r\n", "\u3000", "\u00a0  "]))
def test_form_case_and_white_space_do_not_count(text, blank):
    for fold in (folded_key, folded_text):
        assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text)) == fold(text)
        assert fold(blank + text + blank) == fold(text)
        assert fold(fold(text).upper()) == fold(text.upper()) or not text.isascii()
        assert fold(f"a{blank}b") == fold("A b")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("café-hours", "cafe\u0301-hours"),
        ("deploy  port", "Deploy port"),
        ("port:8080", "ｐｏｒｔ：８０８０"),
        ("ガ", "ｶﾞ"),
    ],
)
def test_the_same_key(one, other):
    assert folded_key(one) == folded_key(other)


@pytest.mark.parametrize(("one", "other"), [("v2", "v²"), ("deploy-port", "deploy_port"), ("a.b", "a b"), ("x", "х")])
def test_another_key(one, other):
    assert folded_key(one) != folded_key(other)


@pytest.mark.parametrize(
    "other",
    [
        "ute is a  baker\r\nin Kiel",
        "Ute is a baker in Kiel.",
        "Ute is a ba\u200bker\tin kiel",
        "Ｕｔｅ is a baker in Kiel。",
    ],
)
def test_the_same_text(other):
    assert folded_text("Ute is a baker\nin Kiel") == folded_text(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Is it?", "Is it"), ("a b", "ab"), ("5,0", "50"), ("Bär", "Bar"), ("...", "-"), ("it's", "its")],
)
def test_another_text(one, other):
    assert folded_text(one) != folded_text(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ute is a baker\nin Kiel", "ute is a  baker in Kiel."),
        ("打印机在二楼", "打印机在二楼。"),
        ("Ｃｏｄｅ ＡＢＣ", "code abc"),
        ("We meet at 9AM", "we meet at 9am"),
        ("The password is Elkhorn2", "the  password is Elkhorn2."),
    ],
)
def test_one_telling(one, other):
    assert same_telling(one, other) and same_telling(other, one)
    assert word_for_word(one) == word_for_word(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Port 5432 on db1", "Port 5433 on db1"),
        ("The password is Elkhorn2", "The password is elkhorn2"),
        ("MAX_SIZE is 5", "max_size is 5"),
        ("It is in src/Main.py", "It is in src/main.py"),
        ("userId is unique", "userid is unique"),
        ("It is -5 degrees", "It is 5 degrees"),
        ("It is written in C++", "It is written in C"),
        ("Is it late?", "Is it late"),
        ("Room 5,0", "Room 50"),
        ("Anna: I am tired", "Anna, I am tired"),
        ("Lena beat Ida", "Ida beat Lena"),
    ],
)
def test_two_tellings(one, other):
    assert not same_telling(one, other) and not same_telling(other, one)
    assert word_for_word(one) != word_for_word(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It's late!", "it’s late."),
        ('He said "no", and left', "He said no and left"),
        ("我 喜欢，绿茶！", "我喜欢绿茶"),
        ("tea; milk", "Tea, milk…"),
    ],
)
def test_the_same_words_otherwise_punctuated(one, other):
    assert word_for_word(one) == word_for_word(other)
    assert not same_telling(one, other)


@given(TEXTS)
def test_white_space_around_a_text_tells_nothing_new(text):
    around = f"  {text}\r\n"
    assert same_telling(text, around) and word_for_word(text) == word_for_word(around)


@pytest.mark.parametrize(
    "hard", ["." * 100_000 + "a", "a'" * 50_000, "吗 " * 80_000, "a1" * 100_000, "\"'" * 60_000 + "x"]
)
def test_the_words_of_the_worst_text_cost_little(hard):
    start = time.perf_counter()
    word_for_word(hard)
    assert time.perf_counter() - start < 2


def strangers_pairs():
    """(label, older, newer) as strangers wrote them; nothing was chosen by them but that likeness decides nothing."""
    root = Path(__file__).parents[2]
    for file in [*(root / "bench" / "pairs").rglob("*.jsonl"), *(root / "tests" / "outsiders").rglob("*.jsonl")]:
        for line in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            for pair in [line, *line.get("pairs", ())]:
                if {"label", "old", "new"} <= set(pair):
                    yield pair["label"], pair["old"], pair["new"]


def test_no_least_likeness_tells_repeats_from_revisions():
    """What is measured in the module's own words: whichever least value is taken, more revisions fold than repeats."""
    pairs = list(strangers_pairs())
    alike = [(label, likeness(old, new)) for label, old, new in pairs]
    assert len(pairs) > 4_000 and sum(label == "revises" for label, _ in alike) > 1_500
    for least in (0.85, 0.9, 0.95, 1.0):
        folded = [label for label, value in alike if value >= least]
        assert folded.count("revises") > folded.count("same"), least
    assert not [pair for pair in pairs if word_for_word(pair[1]) == word_for_word(pair[2])]


def test_quotation_marks_are_of_one_form():
    assert folded_text("It’s “late”") == folded_text('it\'s "late"')


@pytest.mark.parametrize(
    ("key", "other", "near"),
    [
        ("deploy-port", "deploy_port", True),
        ("deploy-port", "deployport", True),
        ("deploy-port", "deploy-ports", True),
        ("deploy-port", "deploy-prt", True),
        ("deploy-port", "deploy-post", True),
        ("deploy-port", "Deploy-Port", False),  # the same
        ("note-0001", "note-0002", False),  # counted, not mistyped
        ("note-1", "note-12", False),
        ("cat", "car", False),
        ("deploy-port", "deploy-prot", False),
        ("deploy-port", "deploy-portal", False),
    ],
)
def test_near_keys(key, other, near):
    assert near_keys(key, [other]) == ([other] if near else [])
    assert near_keys(other, [key]) == ([key] if near else [])
