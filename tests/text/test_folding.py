"""Which keys and texts count as the same, and which keys are near each other."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.text.folding import folded_key, folded_text, near_keys

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
