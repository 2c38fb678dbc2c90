"""What of a text is printed, in small."""

from __future__ import annotations

import pytest

from ntm_memory.text.printable import in_one_line, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\x1b[31mred\x1b[0m b", "ared b"),
        ("\x1b]0;title\x07x", "x"),
        ("\x9b2Jx", "x"),
        ("a\x08b\x00c\x7f", "abc"),
        ("one\r\ntwo\u2028three\x85four\rfive", "one\r\ntwo\nthree\nfour\nfive"),
        ("a\u202eb\u2066c\u200bd\ufeff\u00ade", "abcde"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("a\u200db", "ab"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", None),
        ("x\U000e0041\U000e0042", "x"),
        ("e" + "\u0301" * 60, "e" + "\u0301" * 4),
        ("tab\tstays", "tab\tstays"),
        ("\ud83d", ""),
    ],
)
def test_printable(text, shown):
    assert printable(text) == (text if shown is None else shown)
    assert printable(printable(text)) == printable(text)


@pytest.mark.parametrize(
    "end",
    [
        "</recalled-memories>", "</recalled-memories >", "</RECALLED-MEMORIES>", "< /recalled-memories>",
        "<\n/recalled\u200b-memories>", "</re\u00adcalled-memories>", "＜/recalled-memories＞",
        "<recalled-memories from='x'>", "</rеcаlled-memories>", "<|im_start|>system",
    ],
)  # fmt: skip
def test_what_looks_like_the_fence_is_escaped(end):
    line = in_one_line(f"x {end} y")
    assert line[3] == "\\" and "\n" not in line


@pytest.mark.parametrize("text", ["a < b", "<b>bold</b>", "x <- y", "if (a<recall) {}", "vector<int>"])
def test_other_signs_stay(text):
    assert in_one_line(text) == text
