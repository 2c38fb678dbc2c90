"""What was encoded on its way reads as it did before; what says something stays."""

from __future__ import annotations

import html
import json
import re
import urllib.parse

import pytest

from ntm_memory.privacy.echo import KnownMemory, echo_in
from ntm_memory.privacy.framing import shipped
from ntm_memory.privacy.recoded import decoded, joined, without_line_starts

MEMORIES = (
    KnownMemory("m_2222222222", "Nora's spare key hangs under the blue pot", ("spare-key", "2026-03-04")),
    KnownMemory("m_3333333333", "Dr Okafor moved his practice to Mill Lane", ("dentist", "2026-03-05")),
    KnownMemory("m_4444444444", "诺拉的车停在地下二层，靠近电梯", ("car", "2026-03-06")),
)
PRINTED = "\n".join(f"- [{each.id}, {each.about[1]}] {each.content}" for each in MEMORIES)


def as_json(text=None):
    fields = {"ok": True, "confidence": 0.8}
    memories = [{"id": each.id, "key": each.about[0], "content": text or each.content} for each in MEMORIES]
    return json.dumps({**fields, "memories": memories}, ensure_ascii=False)


def in_columns(text, columns):
    return "\n".join(line[at : at + columns] for line in text.split("\n") for at in range(0, len(line), columns))


WAYS = {
    "entities, twice": lambda text: html.escape(html.escape(text)),
    "an address, twice": lambda text: urllib.parse.quote(urllib.parse.quote(text)),
    "a form": lambda text: urllib.parse.quote_plus(text),
    "another character set": lambda text: text.encode().decode("latin-1"),
    "a string of JSON": json.dumps,
    "a database's string": lambda text: text.replace("'", "''"),
    "Markdown": lambda text: re.sub(r"([*_#\[\]()\-.!])", r"\\\1", text),
    "a terminal": lambda text: in_columns(text, 23),
    "capitals": str.upper,
    "lines with numbers": lambda text: "\n".join(f"{n:6}\t{line}" for n, line in enumerate(text.split("\n"), 1)),
    "a log": lambda text: "\n".join(f"2026-05-01 12:00:0{n} {line}" for n, line in enumerate(text.split("\n"))),
    "full width": lambda text: "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_was_recoded_is_an_echo_and_with_something_new_in_it_is_not(way):
    assert echo_in(WAYS[way](PRINTED), MEMORIES, shipped()) is not None
    assert echo_in(WAYS[way](f"{PRINTED}\n- Tom is ill since Monday"), MEMORIES, shipped()) is None
    assert echo_in(WAYS[way](PRINTED.replace("blue", "green")), MEMORIES, shipped()) is None


@pytest.mark.parametrize("way", ["a string of JSON", "an address, twice", "entities, twice", "a terminal"])
def test_so_is_our_json(way):
    assert echo_in(WAYS[way](as_json()), MEMORIES, shipped()) is not None
    assert echo_in(WAYS[way](as_json("Tom is ill since Monday")), MEMORIES, shipped()) is None


def test_a_text_that_was_cut_in_a_printed_head_is_an_echo():
    for end in range(PRINTED.index("m_3333") + 1, PRINTED.index("m_3333") + 24):
        assert echo_in(PRINTED[:end], MEMORIES, shipped()) is not None, PRINTED[:end]


@pytest.mark.parametrize(
    "text",
    [
        "The pot is 50% full, 20% more than in May",
        "Naïve café Ångström",
        "C:\\Users\\nora",
        "2 + 2 = 4",
        "1 plum\n3 figs",
    ],
)
def test_ordinary_texts_stay_as_they_are(text):
    assert without_line_starts(decoded(text)) == text
    assert joined(text) == []


def test_a_tag_keeps_what_it_says():
    assert decoded('<p class="x" title="Tom is ill">a<br/>b</p>') == '<p title="Tom is ill">a\nb</p>'
