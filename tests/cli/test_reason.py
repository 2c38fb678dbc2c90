"""reason.py from the command line."""

from __future__ import annotations

import io
import json
import sys

import pytest
from opening import write_config

from ntm_memory.cli import main
from ntm_memory.operations.validation import RECALLED_TAG

QUESTION = "Which mentor has the one who wrote the deploy script?"


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Runs reason.py; the one object of its stdout."""
    write_config(tmp_path / "home", embedder={"backend": "tiny"}, recall={"confidence_floor": 0})
    monkeypatch.setenv("NTM_MEMORY_HOME", str(tmp_path / "home"))

    def calling(*arguments, stdin=None, code=0):
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8"))
        form = [] if "--format" in arguments else ["--format", "json"]
        assert main("reason", [*arguments, *form]) == code
        out, err = capsys.readouterr()
        if {"text", "context"} & set(arguments):
            return out if code == 0 else err
        assert err == ""
        answer = json.loads(out)
        assert answer["ok"] is (code == 0)
        return answer if code == 0 else answer["error"]

    return calling


@pytest.fixture
def ids(call):
    facts = ("Jonas wrote the deploy script in March", "Priya is the mentor of Jonas", "Mia likes green tea")
    return [call("--store", fact)["memory"]["id"] for fact in facts]


def test_an_answer_has_the_promised_fields(call, ids):
    answer = call(QUESTION, "--hops", "2", "--top-k", "2")
    assert set(answer) == {
        *("ok", "query", "hops", "chain", "answer_memories", "confidence", "took_ms", "further"),
    }
    assert [step["id"] for step in answer["chain"]] == ids[:2]
    assert set(answer["chain"][1]) == {"id", "content", "weight", "why", "by", "truncated"}
    assert [set(memory) for memory in answer["hops"][0]["memories"]] == [{"id", "content", "weight", "truncated"}] * 2
    assert {memory["id"] for memory in answer["answer_memories"]} == set(ids[:2])
    explained = call(QUESTION, "--explain")
    assert "name" in explained["hops"][1]["memories"][0]["features"]


def test_the_query_may_come_from_stdin(call, ids):
    assert call("-", stdin=QUESTION)["chain"][0]["id"] == ids[0]


def test_text_tells_the_path(call, ids):
    text = call(QUESTION, "--format", "text")
    *memories, path, last = text.splitlines()
    assert {ids[0], ids[1]} <= {line.split()[0] for line in memories}
    assert path == f"path: {ids[0]} → link jonas → {ids[1]}"
    assert last.startswith("confidence ")
    assert "hop 2: " not in text and "\nhop 2: " in call(QUESTION, "--explain", "--format", "text")


def test_context_is_ready_for_a_prompt(call, ids):
    block = call(QUESTION, "--format", "context")
    assert block.startswith(RECALLED_TAG)
    assert "Priya is the mentor of Jonas" in block


def test_an_empty_memory_is_a_clean_answer_in_every_form(call):
    answer = call("anything?")
    assert (answer["hops"], answer["chain"], answer["answer_memories"]) == ([], [], [])
    assert answer["reason"] == "nothing is stored in namespace 'default'"
    assert "nothing is stored" in call("anything?", "--format", "text")
    assert "nothing is stored" in call("anything?", "--format", "context")


def test_storing_links_with_what_it_builds_on(call, ids):
    stored = call("--store", "-", "--builds-on", ids[2], "--type", "association", "--tag", "a", stdin="They met at tea")
    assert stored["action"] == "created"
    assert stored["memory"]["kind"] == "association"
    assert {"id": ids[2], "content": "Mia likes green tea", "weight": 1.0, "kind": "explicit"} in stored["links"]
    text = call("--store", "They met at tea", "--format", "text")
    assert text.startswith("unchanged ")
    assert f"builds on {ids[2]} (explicit 1.00)" in text


@pytest.mark.parametrize("hops", ["0", "-1", "10000", "9"])
def test_a_number_of_hops_out_of_range(call, hops):
    error = call("tea?", "--hops", hops, code=2)
    assert error["code"] == "bad_value"
    assert error["message"] == f"hops must be a whole number from 1 to 8, not {hops}"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "query is missing"),
        (("tea?", "--store", "tea"), "QUERY and --store exclude each other"),
        (("tea?", "--builds-on", "m_1"), "--builds-on needs --store"),
        (("tea?", "--type", "fact"), "--type needs --store"),
        (("--store", "tea", "--hops", "2"), "--hops has no effect with --store"),
        (("--store", "tea", "--explain"), "--explain has no effect with --store"),
        (("--store", "tea", "--as-of", "2026-05-01"), "--as-of has no effect with --store"),
        (("--store", "  "), "content is empty"),
        (("tea?", "--hops", "two"), "invalid int value"),
    ],
)
def test_mixed_up_arguments(call, arguments, says):
    assert says in call(*arguments, code=2)["message"]


def test_a_tag_narrows_a_question_and_marks_a_memory(call, ids):
    stored = call("--store", "Olga waters the plants", "--tag", "work")["memory"]["id"]
    answer = call("Who waters the plants?", "--tag", "work", "--after", "2020-01-01")
    assert [memory["id"] for memory in answer["answer_memories"]] == [stored]


def test_an_unknown_basis_stores_nothing(call, ids):
    error = call("--store", "something new", "--builds-on", "m_nothing", code=4)
    assert error["code"] == "not_found"
    assert call("--store", "something new")["action"] == "created"
