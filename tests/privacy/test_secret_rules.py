"""The rules of services: taken over as they are, linear, and in agreement with the library they come from."""

from __future__ import annotations

import json
import time

import pytest

from bench.dataset import rows
from bench.fit_secrets import SETS
from bench.secret_rules import in_python
from ntm_memory.privacy import secret_rules
from ntm_memory.privacy.secret_spans import redacted
from ntm_memory.privacy.secrets import known_secrets

AWS = "AKIA" + "43MGIHST3MDHXCXG"
FED, SECONDS = 100_000, 5.0


def rules():
    return [json.loads(line) for line in secret_rules.RULES.read_text(encoding="utf-8").splitlines()[1:]]


def test_a_key_is_found_where_it_stands():
    text = f"the key is {AWS}, keep it"
    (found,) = known_secrets(text)
    assert text[found.start : found.end] == AWS
    assert redacted(text, [found]) == f"the key is [secret: {found.kind}], keep it"


@pytest.mark.parametrize("text", ["", "a", "AKIA", "$AWS_SECRET_ACCESS_KEY", "key = <your-token>", "密码是什么"])
def test_a_placeholder_is_none(text):
    assert known_secrets(text) == []


def test_no_rule_is_read_where_no_keyword_stands(monkeypatch):
    secret_rules._lines.cache_clear()
    secret_rules._rule.cache_clear()
    monkeypatch.setattr(secret_rules, "_lines", lambda: pytest.fail("the rules were read"))
    assert known_secrets("Mia likes green tea") == []


def test_the_first_line_says_whose_the_rules_are():
    head = json.loads(secret_rules.RULES.read_text(encoding="utf-8").splitlines()[0])
    assert "MIT" in head["licence"] and head["revision"].startswith("betterleaks")
    assert {line for lines in head["keywords"].values() for line in lines} == set(range(len(rules())))


@pytest.mark.parametrize(
    ("go", "python"),
    [
        (r"a(?i)b", r"a(?i:b)"),
        (r"(?:x(?i)b|c)d", r"(?:x(?i:b)|(?i:c))d"),
        (r"(?i)ab\z", r"(?i)ab\Z"),
        (r"([(?i]|a(?i)b)c", r"([(?i]|a(?i:b))c"),
    ],
)
def test_a_flag_amid_a_pattern_holds_to_the_end_of_its_group(go, python):
    assert in_python(go) == python


def test_every_rule_is_linear():
    """Fed its keywords again and again; the whole of it in seconds."""
    for word, numbers in secret_rules._keywords().items():
        for piece in (word, f"{word} ", f"{word}=\n"):
            text = piece * (FED // len(piece))
            for number in numbers:
                started = time.process_time()
                list(secret_rules._matches(secret_rules._rule(number), text, 0, len(text)))
                assert time.process_time() - started < SECONDS, (rules()[number]["id"], piece)


def test_what_the_library_finds_is_found():
    betterleaks = pytest.importorskip("betterleaks", reason="its wheels are for Linux on x86-64")
    ours = {rule["id"] for rule in rules()}
    theirs, missed = 0, []
    for file in sorted(SETS.glob("*.jsonl")):
        for line in rows(file):
            text = line["text"]
            here = {(kind, text[start:end]) for kind, start, end in secret_rules.find_credentials(text, text.lower())}
            found = {(each.rule_id, each.secret) for each in betterleaks.scan_string(text) if each.rule_id in ours}
            theirs += len(found)
            missed += sorted(found - here)
    assert theirs > 200
    assert len(missed) <= 0.03 * theirs, missed
