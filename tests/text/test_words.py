from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.text.words import ASKS, NUMBER, SPOKEN, TIME, index_words, marks, memory_words, split_speaker
from ntm_memory.text.writing_systems import is_cjk

WORDS = [
    ("running Runner runs", ("run", "runner", "run")),
    ("the cat's toys are THE best", ("cat", "toy", "best")),
    ("We didn’t adopt O’Brien", ("adopt", "o'brien")),
    ("café Straße ﬁne ＡＢＣ", ("café", "strass", "fine", "abc")),
    ("code 4711, not 4712", ("code", "4711", "4712")),
    ("snake_case x-ray", ("snake", "case", "x", "ray")),
    ("喜欢绿茶", ("喜欢", "欢绿", "绿茶")),
    ("茶", ("茶",)),
    ("喜欢 green tea 绿茶", ("喜欢", "green", "tea", "绿茶")),
    ("用Python写", ("用", "python", "写")),
    ("お茶をのむ", ("お茶", "茶を", "をの", "のむ")),
    ("ﾃﾚﾋﾞ", ("テレ", "レビ")),
    ("한국어 책", ("한국", "국어", "책")),
    ("Привет, мир", ("привет", "мир")),
    ("tea 😀🍵 time", ("tea", "time")),
    ("😀😀", ()),
    ("?! …", ()),
    ("", ()),
]


@pytest.mark.parametrize(("text", "words"), WORDS)
def test_index_words(text, words):
    assert index_words(text) == words


def test_a_text_of_nothing_but_stop_words_keeps_them():
    assert index_words("What is it?") == ("what", "is", "it")
    assert index_words("What is tea?") == ("tea",)


@given(st.text(max_size=60))
def test_index_words_are_stable_and_hold_neither_space_nor_marks(text):
    words = index_words(text)
    assert words == index_words(text)
    assert all(word and not any(map(str.isspace, word)) and "@" not in word for word in words)
    assert memory_words(text)[: len(words)] == words


@given(st.text(alphabet="绿茶喜欢会议天性한국おテ", min_size=2, max_size=12))
def test_every_pair_of_neighbouring_characters_is_a_word(text):
    assert index_words(text) == tuple(text[i : i + 2] for i in range(len(text) - 1))
    assert is_cjk(text)


@pytest.mark.parametrize(
    ("text", "cjk"),
    [("绿茶", True), ("I like 绿茶", False), ("喝了tea", True), ("tea", False), ("", False), ("123 😀", False)],
)
def test_script_of_a_text(text, cjk):
    assert is_cjk(text) is cjk


@pytest.mark.parametrize(
    ("text", "speaker", "said"),
    [
        ("Caroline: Hi!", "Caroline", "Hi!"),
        ("  Mary Ann Smith :  so", "Mary Ann Smith", "so"),
        ("小明：你好", "小明", "你好"),
        ("no speaker here", "", "no speaker here"),
        ("one two three four five: too long for a name", "", "one two three four five: too long for a name"),
        ("first line\nsecond: line", "", "first line\nsecond: line"),
        ("nothing said:", "", "nothing said:"),
        ("x" * 41 + ": too long", "", "x" * 41 + ": too long"),
        (": nobody", "", ": nobody"),
    ],
)
def test_speaker(text, speaker, said):
    assert split_speaker(text) == (speaker, said)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Caroline Smith: Hi!", {SPOKEN, "@by=carolin", "@by=smith"}),
        ("小明：你好吗？", {SPOKEN, "@by=小明", ASKS}),
        ("Did you eat?", {ASKS}),
        ("去不去呢", {ASKS}),
        ("We met yesterday", {TIME}),
        ("昨天见了他", {TIME}),
        ("three dogs", {NUMBER}),
        ("in May 2023", {TIME, NUMBER}),
        ("三只狗", {NUMBER}),
        ("Green tea is good.", set()),
        ("", set()),
    ],
)
def test_marks(text, kinds):
    assert set(marks(text)) == kinds


def test_marks_cannot_be_written_by_hand():
    assert set(memory_words("@asks @by=caroline")) == {"ask", "carolin"}


def test_a_title_is_no_speaker():
    assert marks("Deadline: 3 May", spoken=False) == ["@by=deadlin", NUMBER]


def test_the_same_name_twice_is_one_mark():
    assert marks("Bo Bo: yes") == [SPOKEN, "@by=bo"]


def test_stems_are_the_librarys_without_its_other_languages():
    code = (
        "import sys; from ntm_memory.text.words import index_words; index_words('running');"
        "print([name for name in sys.modules if name.startswith('snowballstemmer.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    import snowballstemmer

    words = "running dogs generously cities nationality children's happily".split()
    stemmer = snowballstemmer.stemmer("english")
    assert [index_words(word)[0] for word in words] == [stemmer.stemWord(word.removesuffix("'s")) for word in words]
