"""Cards and accounts by their check digits; what people seem to tell as secrets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.privacy import secrets
from ntm_memory.privacy.secret_spans import redacted
from ntm_memory.privacy.secret_tagger import Limits, PieceStates, Tagged
from ntm_memory.privacy.secrets import find_secrets, known_secrets, supposed_secrets
from ntm_memory.privacy.told_secrets import is_card, is_iban


def with_check_digit(digits):
    doubled = [sum(divmod(2 * int(each), 10)) for each in digits[::-2]]
    rest = [int(each) for each in digits[-2::-2]]
    return digits + str(-(sum(doubled) + sum(rest)) % 10)


@given(st.text("0123456789", min_size=14, max_size=14))
def test_a_card_has_luhn_s_digit(digits):
    number = with_check_digit("4" + digits)
    assert is_card(number) == (len(set(number)) > 1)
    other = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert not is_card(other)


CARD = "4111 1111 1111 1111"


@pytest.mark.parametrize(
    "text",
    [
        f"card {CARD}",
        f"card {CARD} 12/28",
        f"card {CARD} 123",
        f"2 {CARD}",
        f"我的卡号是{CARD}吗",
        "卡号4111111111111111，有效期12/28",
        "4111-1111-1111-1111",
        "amex 3782 822463 10005.",
    ],
)
def test_a_card_is_found_whatever_stands_around_it(text):
    (found,) = known_secrets(text)
    assert found.kind == "card-number" and is_card(text[found.start : found.end])


@pytest.mark.parametrize("text", [f"a{CARD}", f"0.{CARD}", f"{CARD}-2", f"{CARD}x", "0000 0000 0000 0000"])
def test_digits_of_something_longer_are_no_card(text):
    assert known_secrets(text) == []


@pytest.mark.parametrize("text", ["GB82 WEST 1234 5698 7654 32", "DE89370400440532013000"])
def test_an_iban_has_its_check_digits(text):
    assert is_iban(text)
    assert not is_iban(text.replace("4", "5", 1))
    assert [each.kind for each in known_secrets(f"pay to {text} please")] == ["iban"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("the wifi password is Blue-Kettle-42", "Blue-Kettle-42"),
        ("wifi 密码是 lanhu8823", "lanhu8823"),
        ("postgres://app:s3cr3tpw@db/x", "s3cr3tpw"),
    ],
)
def test_what_is_told_as_a_secret_is_supposed(text, value):
    assert value in [text[each.start : each.end] for each in supposed_secrets(text)]


@pytest.mark.parametrize(
    "text", ["I forgot my password again", "the password policy demands 12 characters", "密码锁坏了"]
)
def test_talk_of_secrets_is_none(text):
    assert find_secrets(text).secrets == []


@given(st.text(max_size=300))
def test_whatever_is_told_what_is_found_stands_apart_and_in_order(text):
    found = find_secrets(text).secrets
    ends = [0]
    for each in found:
        assert ends[-1] <= each.start < each.end <= len(text)
        ends.append(each.end)
    kept = redacted(text, found)
    assert kept.count("[secret: ") == len(found) + text.count("[secret: ")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("the guest wifi password is sunflower", False),
        ("我的密码是 sunflower", False),
        ("we planted a sunflower", True),
    ],
)
def test_a_word_is_dear_unless_its_name_stands_before_it(monkeypatch, text, kept):
    def tagged(text, read, known, least, apart=()):
        at = text.find("sunflower")
        return [Tagged("password", at, at + len("sunflower"), 0.7)]

    monkeypatch.setattr(secrets, "tag", tagged)
    monkeypatch.setattr(secrets, "limits", lambda: Limits(0.5, 0.6, 0.9, 0.4))
    found = find_secrets(text, PieceStates(np.zeros((1, 1), np.float32), np.zeros(len(text), np.int64)))
    assert bool(found.doubtful) == kept and bool(found.secrets) != kept
