"""Seed phrases of wallets are one secret, whole, however they are written down; a row of other words is none."""

from __future__ import annotations

import json
import time
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opening import opened

from ntm_memory.privacy import seed_phrases
from ntm_memory.privacy.secret_spans import redacted
from ntm_memory.privacy.secrets import known_secrets

MARK = "[secret: wallet-seed]"
HELD = "legal winner thank year wave sausage worth useful legal winner thank yellow"
OTHER = "legal winner thank year wave sausage worth useful legal winner thank wave"
"""A row without its checksum."""
SIZES = [16, 20, 24, 28, 32]


def phrase(language, entropy):
    """The words that BIP-39 makes of some bytes, by another way than the one that is tested: over a string of bits."""
    words = list(seed_phrases._lists()[language])
    bits = "".join(f"{byte:08b}" for byte in entropy)
    bits += f"{sha256(entropy).digest()[0]:08b}"[: len(entropy) // 4]
    return [words[int(bits[at : at + 11], 2)] for at in range(0, len(bits), 11)]


def left(text):
    return redacted(text, known_secrets(text))


@given(st.sampled_from(SIZES).flatmap(lambda size: st.binary(min_size=size, max_size=size)))
def test_words_made_of_bytes_have_their_checksum(entropy):
    words = phrase("english", entropy)
    numbers = [seed_phrases._lists()["english"][word] for word in words]
    assert seed_phrases.has_checksum(numbers)
    assert not seed_phrases.has_checksum([*numbers[:-1], numbers[-1] ^ 1])
    assert not seed_phrases.has_checksum(numbers[:-1])


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"My 12 words: {HELD}", f"My 12 words: {MARK}"),
        (f"助记词：{HELD}", f"助记词：{MARK}"),
        (f"助记词是 {HELD}，别忘了", f"助记词是 {MARK}，别忘了"),
        (f"{HELD.upper()} is what Ben uses", f"{MARK} is what Ben uses"),
        ("助记词 " + "abandon " * 11 + "about", f"助记词 {MARK}"),
        (f"wallet seed {HELD}", f"wallet seed {MARK}"),
        (f"wallet seed: {OTHER}", f"wallet seed: {MARK}"),
        (f"I wrote down {OTHER}.", f"I wrote down {MARK}."),
        ("seed: " + ", ".join(OTHER.split()), f"seed: {MARK}"),
        ("on paper: " + ", ".join(HELD.split()), f"on paper: {MARK}"),
        (json.dumps(HELD.split()), f'["{MARK}"]'),
        ("the words\n" + "\n".join(f"{n}. {w}" for n, w in enumerate(HELD.split(), 1)), f"the words\n1. {MARK}"),
        ("| 1 | " + " |\n| 2 | ".join(HELD.split()) + " |", f"| 1 | {MARK} |"),
    ],
)
def test_a_phrase_is_one_secret_however_it_is_written(text, kept):
    assert left(text) == kept


@pytest.mark.parametrize("language", sorted(seed_phrases._lists()))
@pytest.mark.parametrize("size", SIZES)
def test_of_every_language_and_length(language, size):
    words = phrase(language, bytes(range(7, 7 + size)))
    for joined in (" ".join(words), "\n".join(words), "、".join(words)):
        assert left(f"A: {joined}") == f"A: {MARK}"


@pytest.mark.parametrize("language", ["chinese_simplified", "chinese_traditional"])
@pytest.mark.parametrize("label", ["助记词：", "助记词是", "助記詞就是", "钱包的恢复词如下:"])
def test_chinese_without_spaces_behind_its_name(language, label):
    words = phrase(language, bytes(range(40, 56)))
    assert left(f"{label}{''.join(words)}。抄好了") == f"{label}{MARK}。抄好了"
    other = [*words[:-1], words[0]]
    assert left(f"{label}{''.join(other)}。抄好了") == f"{label}{''.join(other)}。抄好了"


@pytest.mark.parametrize(
    "text",
    [
        "助记词一定要抄下来放在安全的地方，不要告诉别人",
        "To plant: apple, banana, bamboo, berry, bean, cabbage, carbon, clover, coconut, corn, cherry, cotton",
        " ".join(HELD.split()[:11]),
        "The seed packets are in the shed, the wallet lies beside the door",
        "",
    ],
)
def test_other_words_are_none(text):
    assert left(text) == text


@pytest.mark.parametrize("way", ["memorize", "many", "update", "import", "older"])
def test_it_is_left_out_by_every_way_in_without_a_network(tmp_path, way):
    with opened(tmp_path) as memory:
        told = f"my wallet: {HELD}"
        if way == "memorize":
            memory.memorize(told)
        elif way == "many":
            memory.memorize_many([{"content": told}])
        elif way == "update":
            memory.update(memory.memorize("my wallet").memory.id, content=told)
        else:
            memory.memorize("my wallet", key="wallet")
            memory.update("wallet", content="my other wallet")
            changed = json.loads(memory.export_text("json")["text"])
            memory.erase(["wallet"], purge=True)
            (record,) = changed["memories"]
            (record if way == "import" else record["history"][0])["content"] = told
            memory.import_text(json.dumps(changed), force_retracted=True)
        (there,) = memory.store.memories()
        texts = [there.content, *(old.content for old in memory.store.history(there.id))]
        assert f"my wallet: {MARK}" in texts and not any("winner" in text for text in texts)


def test_no_list_is_read_where_no_such_row_stands(monkeypatch):
    monkeypatch.setattr(seed_phrases, "_lists", lambda: pytest.fail("the lists were read"))
    assert left("Mia likes green tea, and Ben would rather have a cup of coffee in the morning") != ""
    assert left("我们今天去公园散步，然后在湖边吃了午饭，晚上又一起看了电影") != ""


@pytest.mark.parametrize("piece", ["abandon ", "abandon, ", "的 ", "助记词的一是", "seed ", "1. abandon\n", "a ", "é"])
def test_its_time_is_linear(piece):
    started = time.process_time()
    known_secrets(piece * (100_000 // len(piece)))
    assert time.process_time() - started < 5.0


def test_the_lists_are_those_of_the_package():
    package = pytest.importorskip("mnemonic")
    head = json.loads(seed_phrases.LISTS.read_text(encoding="utf-8"))
    assert "MIT" in head["licence"] and head["revision"].startswith("mnemonic-")
    assert sorted(package.Mnemonic.list_languages()) == sorted(seed_phrases._lists()) == head["languages"]
    for language, words in seed_phrases._lists().items():
        theirs = package.Mnemonic(language)
        assert [theirs.normalize_string(word) for word in theirs.wordlist] == list(words)
        made = theirs.to_mnemonic(bytes(range(99, 131)))
        assert left(made) == MARK
