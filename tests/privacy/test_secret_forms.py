"""Secrets of public forms are known without the embedder, and what only resembles them is left."""

from __future__ import annotations

import time

import pytest

from ntm_memory.privacy.secret_forms import is_hong_kong_id
from ntm_memory.privacy.secrets import find_secrets, known_secrets

HEX = "3f1b9c7ad2e85046" * 4
WORDS = "rib tell maze soda pond oak tuna wage zone jar fox lamp"
KEY = "MHcCAQEEIBk1vQ0q7pXc2mDl9sYtRz4wEoJhUa6KfNg3bVxZ5iPy"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("curl -s -u otto:Regen!88wolke https://example.org", "Regen!88wolke"),
        ("sshpass -p 'Nebel 7 Fluss' ssh root@192.0.2.7", "Nebel 7 Fluss"),
        ("db.example.org:5432:shop:app:Moos-Stein#5", "Moos-Stein#5"),
        (f"-----BEGIN EC PRIVATE KEY-----\n{KEY}\n", KEY),
        (f"private key of the wallet: 0x{HEX}", f"0x{HEX}"),
        (f"https://b.example.org/x?X-Amz-Signature={HEX}", HEX),
        (f"my wallet words are {WORDS}", WORDS),
        (f"seed phrase: {WORDS}", WORDS),
        ("hash: $2b$10$" + "a1B2c" * 10 + "xyz", "$2b$10$" + "a1B2c" * 10 + "xyz"),
        ("SSN 219-09-9321", "219-09-9321"),
        ("her social security number is 219099321", "219099321"),
        ("National Insurance number: AB 12 34 56 C", "AB 12 34 56 C"),
        ("passport number X4R7K20P1", "X4R7K20P1"),
        ("driver's license number: S530460", "S530460"),
        ("护照号码是G28233515", "G28233515"),
        ("身份证 C668668(9)", "C668668(9)"),
        ("key AKIA\u200bZ7QWERTY2345ABCD", "Z7QWERTY2345ABCD"),
    ],
)
def test_it_is_known(text, secret):
    assert any(secret in text[each.start : each.end] for each in known_secrets(text)), known_secrets(text)


def test_full_width_is_read_as_usual():
    text = "密码：Ａｂｃ９８７６５４"
    assert [text[each.start : each.end] for each in find_secrets(text).secrets] == ["Ａｂｃ９８７６５４"]


@pytest.mark.parametrize(
    "text",
    [
        "curl -u and --user tell curl who asks",
        "10:30:00:12:45 was the split",
        "The passport number is on page two",
        f"commit {HEX[:40]}",
        f"sha256 {HEX}",
        "call 555-01-0000 or 000-12-3456",
        "room A123456(4)",
        "the seed words are on paper",
        "-----BEGIN PUBLIC KEY-----\n" + KEY,
    ],
)
def test_what_only_resembles_one_is_left(text):
    assert known_secrets(text) == []


def test_the_check_digit_of_hong_kong():
    assert is_hong_kong_id("C", "668668", "9") and is_hong_kong_id("A", "123456", "3")
    assert sum(is_hong_kong_id("A", "123456", digit) for digit in "0123456789A") == 1


@pytest.mark.parametrize(
    "piece", ["curl ", "a:", "passport number ", "seed words abandon ", "0x", "$", "&sig=", "护照"]
)
def test_patterns_are_linear(piece):
    text = (piece * 100_000)[:100_000]
    start = time.process_time()
    known_secrets(text)
    assert time.process_time() - start < 2
