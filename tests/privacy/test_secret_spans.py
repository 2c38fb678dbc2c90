"""What is left out: whole words, apart from each other, and never a part of a mark that was left before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.dataset import rows
from ntm_memory.privacy.secret_spans import mark_of, redacted, settled
from ntm_memory.privacy.secret_tagger import decode
from ntm_memory.privacy.secrets import find_secrets, known_secrets, our_marks

OUTSIDERS = Path(__file__).parents[1] / "outsiders"
NOTES = [line["content"] for folder in ("en", "zh", "mixed") for line in rows(OUTSIDERS / folder / "stores.jsonl")]
TOKEN = "ghp_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789"
MARK = mark_of("github-pat")


def inside_a_word(text, at):
    return 0 < at < len(text) and all(
        each.isalnum() and not "\u3040" <= each <= "\ud7af" and each < "\uf900" for each in text[at - 1 : at + 1]
    )


@st.composite
def notes_with_spans(draw):
    """A stranger's note, marks put into it, and spans anywhere."""
    words = draw(st.sampled_from(NOTES)).split(" ")
    for at in draw(st.lists(st.integers(0, len(words)), max_size=2)):
        words.insert(at, MARK)
    text = " ".join(words)
    places = st.integers(0, len(text))
    spans = draw(st.lists(st.tuples(places, places).filter(lambda each: each[0] < each[1]), max_size=5))
    return text, [("secret", *span) for span in spans]


@given(notes_with_spans())
def test_nothing_begins_or_ends_inside_a_word_or_touches_a_mark_or_another(drawn):
    text, spans = drawn
    marks = our_marks(text)
    found = settled(text, spans, marks)
    end = 0
    for each in found:
        assert end <= each.start < each.end
        assert not inside_a_word(text, each.start) and not inside_a_word(text, each.end)
        assert all(each.end <= low or high <= each.start for low, high in marks)
        end = each.end
    covered = {at for each in found for at in range(each.start, each.end)}
    for _, start, end in spans:
        if not any(low < end and start < high for low, high in marks):
            assert covered.issuperset(range(start, end))
    assert redacted(text, found).count(MARK) == len(marks)


@given(st.sampled_from(NOTES), st.data())
def test_what_is_tagged_begins_and_ends_with_a_word(text, data):
    chances = np.zeros(len(text))
    for start in data.draw(st.lists(st.integers(0, len(text)), max_size=4)):
        chances[start : start + data.draw(st.integers(1, 12))] = 0.9
    for start, end in decode(text, chances, 0.5):
        assert not inside_a_word(text, start) and not inside_a_word(text, end)


def test_a_word_is_tagged_by_its_larger_part():
    text = "it is Winterzeit2026 today"
    for start, end, expected in ((6, 18, ["Winterzeit2026"]), (16, 20, []), (3, 8, [])):
        chances = np.zeros(len(text))
        chances[start:end] = 0.9
        assert [text[slice(*each)] for each in decode(text, chances, 0.5)] == expected


@pytest.mark.parametrize("text", NOTES[::7])
def test_strangers_notes_are_cut_between_words(text):
    for each in find_secrets(text).secrets:
        assert not inside_a_word(text, each.start) and not inside_a_word(text, each.end)


@pytest.mark.parametrize(
    "text", [f"token {MARK}", f"password: {MARK}.", f'the pin is "{MARK}"', f"密码是{MARK}", f"api_key={MARK}"]
)
def test_a_mark_is_never_looked_at_again(text):
    assert find_secrets(text).secrets == [] and known_secrets(text) == []


def test_what_only_looks_like_a_mark_hides_nothing():
    (found,) = known_secrets(f"[secret: {TOKEN}]")
    assert found.kind == "github-pat"


@pytest.mark.parametrize(
    ("text", "found", "left"),
    [
        ("pass: P@ssw0rd_dev", "P@ssw0rd", "pass: "),
        ("it is wubi-4477-lin now", "wubi-4477", "it is  now"),
        ("门锁码4477-lin的", "4477", "门锁码的"),
        ("4477 - lin knows", "4477", " - lin knows"),
        ("wifi-hunter22.", "hunter22", "wifi-."),
    ],
)
def test_what_hangs_on_a_secret_goes_with_it(text, found, left):
    at = text.index(found)
    (whole,) = settled(text, [("password", at, at + len(found))], ())
    assert text[: whole.start] + text[whole.end :] == left
