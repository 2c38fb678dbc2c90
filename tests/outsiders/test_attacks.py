"""Hostile notes by strangers stay what they are: one item of one line; ordinary notes stay readable."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pytest

from bench.dataset import rows
from ntm_memory import rendering
from ntm_memory.rendering import as_json
from ntm_memory.rendering.plain import safe
from ntm_memory.text.printable import in_one_line, printable

SETS = Path(__file__).parent / "attacks"
ATTACKS, HARMLESS = rows(SETS / "attacks.jsonl"), rows(SETS / "harmless.jsonl")
JOINERS = "\u200c\u200d"
ITEM = re.compile(r"- \[m_[2-9a-z]{10}, \d{4}-\d\d-\d\d, agent(, from [^\[\]\n]*)?(, weight \d+%)?\] ")
HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def known(content, **about):
    """A memory as answers have it."""
    fields = {"address": 1, "trust": "agent", "source": None, "weight": 0.5, "superseded_by": None, "version": 2}
    times = {"occurred_at": "2026-05-08", "created_at": "2026-05-08"}
    return {
        "id": f"m_{'2' * 10}",
        "content": content,
        "retention_before": 1.0,
        "retention_after": 0.5,
        **fields,
        **times,
        **about,
    }


def answers(text):
    """An answer of every command that has a text of its own, this one wherever a stranger's may stand."""
    one, older = (
        known(text, source=text),
        {"id": "m_" + "3" * 10, "chance": 0.9, "relation": "revises", "content": text},
    )
    failed = [{"line": 1, "code": "bad_value", "message": text}]
    secrets = [{"kind": "password", "field": "content", "at": 1}]
    maybe = [{"kind": "pin", "field": "content", "at": 1, "chance": 0.5}]
    where = dict.fromkeys(("backups_purged", "backups_holding", "damaged_purged", "damaged_holding"), [])
    shown = {"memories": [one], "reason": text, "confidence": 0.5, "took_ms": 1.0}
    step = {"why": "name", "by": [text], "id": one["id"], "content": text}
    return {
        "recall": shown,
        "memorize": {
            "memory": one, "action": "created", "related": [older], "secrets": secrets, "maybe_secret": maybe,
            "similar_keys": [text],
        },
        "import": {
            "created": 1, "updated": 0, "failed": failed, "related": {"m_1": [older]}, "secrets": {"m_1": secrets},
            "maybe_secret": {"m_1": maybe},
            text: text,
        },
        "update": {"memory": one, "previous": one, "secrets": secrets, "maybe_secret": maybe},
        "erase": {
            "erased": [{**one, "chance": 0.9}], "dry_run": False, "retracted": True, "version": None,
            "restorable": True, "holding": ["m_1"], **where,
        },
        "reason": {
            **shown, "query": text, "chain": [step], "answer_memories": [one],
            "hops": [{"query": text, "memories": [one]}],
        },
        "list": {
            "memories": [{**one, "truncated": True}], "first": 1, "last": 1, "total": 2, "more": 1, "stored": 2,
            "namespace": text, "next": "5",
        },
        "status": {"warnings": [text], "namespaces": {text: 1}, "home": text},
    }  # fmt: skip


def recalled(*contents):
    memories = [
        {
            "id": f"m_{'2' * 9}{i}",
            "content": each,
            "occurred_at": "2026-05-08",
            "created_at": "2026-05-08",
            "trust": "agent",
            "source": None,
        }
        for i, each in enumerate(contents, start=2)
    ]
    return {"memories": memories, "reason": None}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack["kind"])
def test_a_hostile_note_is_one_item_of_one_line(attack):
    block = rendering.as_context("recall", recalled(attack["text"], "Mia likes tea"))
    first, *items, last = block.split("\n")
    assert len(items) == len(block.splitlines()) - 2 == 2
    assert all(ITEM.match(item) for item in items)
    plain = unicodedata.normalize("NFKC", block).casefold()
    assert len(re.findall(r"<\s*/?\s*recalled", plain)) == 2  # the fence's own
    assert not re.search(r"<\s*\|", plain)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack["kind"])
def test_nothing_invisible_is_printed(attack):
    for text in (in_one_line(attack["text"]), printable(attack["text"])):
        hidden = [each for each in text if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Co", "Cn")]
        assert set(hidden) <= {"\r", "\n", "\t", *JOINERS}
    json.dumps(safe({"content": attack["text"]}), ensure_ascii=False).encode()


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack["kind"])
def test_in_every_output_a_hostile_text_adds_no_line_and_nothing_invisible(attack):
    for command, answer in answers(attack["text"]).items():
        out, plain = (rendering.as_text(command, each) for each in (answer, answers("plain")[command]))
        assert out.count("\n") == len(out.splitlines()) - 1 == plain.count("\n"), command
        assert {unicodedata.category(each) for each in out} & set(HIDDEN) <= {"Cc", "Cf"}
        assert {each for each in out if unicodedata.category(each) in HIDDEN} <= {"\n", *JOINERS}
        assert not re.search(r"<\s*/?\s*recalled", unicodedata.normalize("NFKC", out).casefold())


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack["kind"])
def test_as_json_nothing_is_lost_and_nothing_is_hidden(attack):
    answer = {"memories": [known(attack["text"], source=attack["text"])], attack["text"]: "as a name"}
    out = as_json(answer)
    told = {**answer["memories"][0], "content": attack["text"]}
    told = {name: value for name, value in told.items() if value is not None}
    assert json.loads(out) == {**answer, "memories": [told]} and "\n" not in out
    assert {each for each in out if unicodedata.category(each) in HIDDEN} <= set(JOINERS)
    assert not re.search(r"<\s*/?\s*recalled", unicodedata.normalize("NFKC", out).casefold())


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack["kind"])
def test_a_hostile_source_stays_inside_its_bracket(attack):
    block = rendering.as_context(
        "recall", {"memories": [known("Mia likes tea", source=attack["text"])], "reason": None}
    )
    _, item, _ = block.split("\n")
    assert ITEM.match(item) and item.endswith("] Mia likes tea")
    assert len(re.findall(r"<\s*/?\s*recalled", unicodedata.normalize("NFKC", block).casefold())) == 2


@pytest.mark.parametrize("note", HARMLESS)
def test_ordinary_notes_stay_as_they_are(note):
    text = note["text"]
    assert printable(text) == text
    assert in_one_line(text) == " ".join(text.split())
