"""However a value is spelled, it is known again; another value is not."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.privacy.folding import folded_value, parts_of

WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Z", "M", "S"]), min_size=1, max_size=40)
INVISIBLE = st.sampled_from("\u200b\u200c\u200d\u2060\ufeff\u00ad\u202e\u2066\u200e\ufe0f\U000e0101\U000e0041\u3164")
PUNCTUATION = st.sampled_from(list("\"'“”‘’«»「」,-–—_()[]{}*#/\\¿") + [" ", "\u00a0", "\u3000", "\u2003"])
LOOK_ALIKES = str.maketrans("aceopxyhkmtABCEHKMOPTXijs", "асеорхуһкмтАВСЕНКМОРТХіјѕ")
GREEK = str.maketrans("oavABEHIKMNOPTXYZ", "οανΑΒΕΗΙΚΜΝΟΡΤΧΥΖ")


@given(WORDS)
def test_what_is_folded_stays_as_it_is(text):
    assert folded_value(folded_value(text)) == folded_value(text)


@given(WORDS)
def test_case_form_and_width_do_not_count(text):
    value = folded_value(text)
    assert folded_value(unicodedata.normalize("NFD", text)) == folded_value(unicodedata.normalize("NFC", text)) == value
    assert folded_value(text.casefold()) == value
    wide = "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text)
    assert folded_value(wide) == value


@given(WORDS, st.lists(st.tuples(st.integers(0, 40), st.one_of(INVISIBLE, PUNCTUATION)), max_size=8))
def test_what_is_strewn_in_does_not_count(text, strewn):
    letters = list("x" + text.replace("\u0345", ""))
    for at, each in strewn:
        if not unicodedata.combining(letters[min(at, len(letters) - 1)][0]):
            letters.insert(min(at, len(letters)), each)
    plain = [each for each in letters if each not in {sign for _, sign in strewn}]
    assert folded_value("".join(letters)) == folded_value("".join(plain))


@given(st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,äöüéñ", max_size=60))
def test_letters_of_other_scripts_that_look_alike_do_not_count(text):
    assert folded_value(text.translate(LOOK_ALIKES)) == folded_value(text)
    text = "q" + text.replace(".", "")  # some Latin in the same sentence tells what N is
    assert folded_value(text.translate(GREEK)) == folded_value(text)


@given(st.text("abcxyz .,\n", max_size=200))
def test_the_parts_together_are_the_whole(text):
    parts = parts_of(text)
    assert "".join(part.folded for part in parts) == folded_value(text)
    assert all(part.folded for part in parts)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("My PIN is 1234", "my  pin is “１２３４”."),
        ("My PIN is 1020", "My PIN is lO2O"),
        ("Köln", "K\u043e\u0308ln"),
        ("Karl repairs roofs", "K̶a̶r̶l̶ r̲e̲p̲a̲i̲r̲s̲ roofs"),
        ("price 12", "price ١٢"),
        ("Ute is a baker\nin Kiel", "Ute is a baker in Kiel!"),
        ("打印机在二楼", "打印机 在「二楼」。"),
        ("Anna likes tea", "𝐀𝐧𝐧𝐚 𝓵𝓲𝓴𝓮𝓼 🅣ea".replace("🅣", "t")),
    ],
)
def test_launderings(one, other):
    assert folded_value(one) == folded_value(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The port is 80", "The port is 81"),
        ("Karl repairs roofs", "Karl does not repair roofs"),
        ("Бар на углу", "Бак на углу"),
        ("an el", "an al"),
        ("C++", "C"),
        ("הוא", "היא"),
        ("दिन", "दीन"),
        ("5 < 6", "5 > 6"),
        ("👍", "👎"),
        ("Er heißt Bär", "Er heißt Bar"),
    ],
)
def test_other_values_stay_apart(one, other):
    assert folded_value(one) != folded_value(other)


def test_parts_are_sentences_lines_cells_and_what_a_speaker_says():
    text = "Ute: My pin is 1234. It is v1.2 at 9:15!\n| Karl | roofs |\n- 猫在家。狗也在"
    assert [part.folded for part in parts_of(text)] == [
        "ute", "mypinisl234", "itisvl.2at9:l5".replace(".", "").replace(":", ""), "karl", "roofs", "猫在家", "狗也在",
    ]  # fmt: skip
    assert [text[part.start :][:2] for part in parts_of(text)][0] == "Ut"


def test_a_text_of_signs_alone_has_no_value():
    assert folded_value(" … !? — ") == ""
