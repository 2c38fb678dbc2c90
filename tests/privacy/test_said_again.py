"""What is left out once is left out everywhere in its text; in a table, of every row."""

from __future__ import annotations

import time

import pytest
from opening import opened

from ntm_memory.privacy.secret_spans import Secret, everywhere, redacted
from ntm_memory.privacy.secrets import find_secrets, known_secrets

KEY = "AKIA" + "43MGIHST3MDHXCXG"


def left(text, value, kind="password"):
    at = text.find(value)
    return redacted(text, everywhere(text, [Secret(kind, at, at + len(value))]))


@pytest.mark.parametrize(
    ("text", "value", "kept"),
    [
        ("密码是Lanhai@9020 → 好的，Lanhai@9020 已保存", "Lanhai@9020", "密码是# → 好的，# 已保存"),
        ("pin 4821 → saved 4821, not 48210 or A4821", "4821", "pin # → saved #, not 48210 or A4821"),
        ("it is blueKettle, yes, blueKettle!", "blueKettle", "it is #, yes, #!"),
        ("password: a red boat sails (a red boat sails)", "a red boat sails", "password: # (#)"),
        ("the word is banana; we had banana bread", "banana", "the word is #; we had banana bread"),
        ("box 12, row 12", "12", "box #, row 12"),
    ],
)
def test_a_secret_that_is_no_word_is_left_out_wherever_it_stands(text, value, kept):
    assert left(text, value) == kept.replace("#", "[secret: password]")


@pytest.mark.parametrize("way", ["memorize", "update"])
def test_in_a_turn_s_answer_as_in_its_prompt(tmp_path, way):
    told, kept = (
        "我的邮箱密码是Lanhai@9020 → 好的，Lanhai@9020 已保存",
        "我的邮箱密码是[secret: password] → 好的，[secret: password] 已保存",
    )
    with opened(tmp_path) as memory:
        if way == "memorize":
            done = memory.memorize(told)
        else:
            done = memory.update(memory.memorize("mail").memory.id, content=told)
        assert done.memory.content == kept
        assert [each.at for each in done.secrets] == [told.find("L"), told.rfind("L")]


def test_what_a_rule_knows_is_found_where_no_rule_would_know_it():
    text = f"{KEY} is old; x{KEY}, say {KEY}"
    assert len(known_secrets(text)) == text.count(KEY) - 1


TABLES = [
    "| site | user | password |\n|---|---|---|\n| shop | ann | Zwerg-22x |\n| bank | ann | Rumpel!88 |",
    "site\tuser\tpassword\nshop\tann\tZwerg-22x\nbank\tann\tRumpel!88\n",
    'site,user,"Password"\nshop,ann,"Zwerg-22x"\nbank,ann,Rumpel!88'.replace('"Password"', "Password"),
    "网站;用户;登录密码\n商店;安;Zwerg-22x\n银行;安;Rumpel!88",
]


@pytest.mark.parametrize("table", TABLES)
def test_every_row_of_a_column_of_passwords(table):
    kept = redacted(table, known_secrets(table))
    assert kept == table.replace("Zwerg-22x", "[secret: password]").replace("Rumpel!88", "[secret: password]")


@pytest.mark.parametrize(
    "table",
    [
        "| site | password |\n|---|---|\n| shop | in the vault |\n| bank | none |\n| mail | see Ben |",
        "| model | tokens |\n|---|---|\n| small | 8000 |\n| large | 200000 |",
        "| signal | pin |\n|---|---|\n| SDA | 21 |\n| SCL | 22 |",
        "site,password changed\nshop,2026-05-01\nbank,2026-06-02",
        "I lost my user, password\nand found 22x, Zwerg-22x behind the sofa, both",
    ],
)
def test_columns_of_words_about_secrets_stay(table):
    assert known_secrets(table) == []


def test_pins_and_keys_in_columns():
    table = (
        "| door | PIN | api key |\n| --- | --- | --- |\n| front | 4821 | kx93-pq71-zz08 |\n| back | 77120 | see Ben |"
    )
    assert [each.kind for each in known_secrets(table)] == ["pin", "key", "pin"]


def test_the_password_before_is_one_too():
    text = "My password used to be Sonne123, now it is the other"
    assert [text[each.start : each.end] for each in find_secrets(text).secrets] == ["Sonne123"]


@pytest.mark.parametrize("piece", ["password,a1b2\n", "4821 ", "4821", "| password ", "pin is 48211 "])
def test_its_time_is_linear(piece):
    text = piece * (100_000 // len(piece))
    started = time.process_time()
    known_secrets(text)
    everywhere(text, [Secret("pin", 0, 4), Secret("pin", 4, 8)])
    assert time.process_time() - started < 5.0
