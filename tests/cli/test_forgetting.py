"""Forgetting from the command line: what is refused, what is told, and what a question takes."""

from __future__ import annotations

import json

import pytest
from opening import write_config

from ntm_memory.cli import main

VALUE = "The safe opens with 4711"


@pytest.fixture
def home(tmp_path, monkeypatch):
    write_config(tmp_path / "home", embedder={"backend": "tiny"}, recall={"confidence_floor": 0})
    monkeypatch.setenv("NTM_MEMORY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NTM_MEMORY_ACTOR", "test")
    return tmp_path / "home"


@pytest.fixture
def call(home, capsys):
    def calling(command, *arguments, code=0):
        assert main(command, [*arguments, "--format", "json"]) == code
        answer = json.loads(capsys.readouterr().out)
        return answer if code == 0 else answer["error"]

    return calling


@pytest.fixture
def text(home, capsys):
    def calling(command, *arguments, code=0):
        assert main(command, list(arguments)) == code
        out, err = capsys.readouterr()
        return out + err

    return calling


def test_retracted_for_good_and_forced_again(call, text, tmp_path):
    id = call("memorize", VALUE, "--key", "safe")["memory"]["id"]
    call("export", str(tmp_path / "old.json"))
    foreseen = text("erase", id, "--retract", "--purge", "--dry-run")
    assert foreseen.startswith(f"would retract {id}: for good  {VALUE}")
    done = call("erase", "--key", "SAFE", "--retract", "--purge")
    assert done["retracted"] and not done["restorable"] and done["holding"] == []
    error = call("memorize", VALUE.lower(), code=2)
    assert error["code"] == "retracted" and "--force-retracted" in error["hint"] and "4711" not in error["message"]
    assert call("reason", "--store", VALUE, code=2)["code"] == "retracted"
    assert call("import", str(tmp_path / "old.json"), code=2)["code"] == "retracted"
    assert call("import", str(tmp_path / "old.json"), "--force-retracted")["created"] == 1
    assert call("memorize", VALUE)["action"] == "unchanged"
    call("erase", id, "--retract")
    assert call("erase", "--key", "safe", "--restore")["restored"][0]["id"] == id
    call("erase", id, "--retract", "--purge")
    assert call("memorize", VALUE, "--force-retracted")["action"] == "created"


def test_a_refused_restore_is_in_the_audit(call):
    first, second, lawful = (call("memorize", VALUE, "--session", each)["memory"]["id"] for each in "abc")
    call("erase", lawful)
    call("erase", first)
    call("erase", second, "--retract")
    assert call("erase", lawful, first, "--restore", code=2)["code"] == "retracted"
    (entry,) = call("status", "--audit", "1")["audit"]
    assert (entry["verb"], entry["id"], entry["namespace"]) == ("refused", second, "default")
    assert call("status", "--history", lawful)["memory"]["state"] == "erased", "all of them or none"


def test_one_version(call, text):
    id = call("memorize", "The zebra is striped")["memory"]["id"]
    call("update", id, "--content", "The yak is hairy")
    assert call("erase", id, "--purge", "--version", "2", code=2)["code"] == "bad_value"
    assert call("erase", id, "--purge", "--version", "7", code=4)["code"] == "not_found"
    assert text("erase", id, "--purge", "--version", "1", "--dry-run").startswith(
        f"would erase {id}: version 1 for good"
    )
    assert call("erase", id, "--purge", "--version", "1")["version"] == 1
    assert call("status", "--history", id)["history"] == []


def test_the_audit_as_text_and_json(call, text):
    assert text("status", "--audit") == "nothing was done yet\n"
    id = call("memorize", VALUE, "--key", "safe")["memory"]["id"]
    call("memorize", "another")
    call("erase", id, "--purge")
    entries = call("status", "--audit", "2")["audit"]
    assert [(entry["verb"], entry["who"]) for entry in entries] == [("purged", "test"), ("created", "test")]
    assert [entry["verb"] for entry in call("status", "--audit", "--id", id)["audit"]] == ["purged", "created"]
    told = text("status", "--audit")
    assert told.count("\n") == 3 and f"test  purged  {id}  default" in told and "safe" not in told
    assert call("status", "--audit", "0", code=2)["code"] == "bad_value"


@pytest.mark.parametrize(
    "arguments",
    [
        ["erase", "m_1", "--retract", "--strength", "0.5"],
        ["erase", "m_1", "--retract", "--restore"],
        ["erase", "m_1", "--version", "1"],
        ["erase", "m_1", "m_2", "--purge", "--version", "1"],
        ["erase", "--query", "x", "--purge", "--version", "1"],
        ["erase", "m_1", "--retract", "--purge", "--version", "1"],
        ["erase", "m_1", "--yes"],
        ["status", "--id", "m_1"],
        ["memorize", "x", "--same-as", ""],
        ["memorize", "x", "--replaces", ""],
        ["memorize", "x", "--beside", ""],
        ["memorize", "x", "--replaces", "m_1", "--replaces", "m_2"],
        ["memorize", "x", "--same-as", "m_1", "--same-as", "m_2"],
        ["memorize", "x", "--key", "a", "--key", "b"],
    ],
)
def test_what_contradicts_itself_is_an_error(call, arguments):
    assert call(arguments[0], *arguments[1:], code=2)["code"] in ("bad_value", "usage")
    assert call("status")["memories"]["live"] == 0


def test_a_question_takes_only_what_is_surely_meant(call, text, monkeypatch):
    sure = {"chance": 0.4}
    monkeypatch.setattr(
        "ntm_memory.operations.recall.why_silent", lambda *told: None if told[2].all else "nothing relevant"
    )
    monkeypatch.setattr("ntm_memory.recall.first_look.confidence", lambda *told: sure["chance"])
    karl = call("memorize", "Karl owes me 50 euros")["memory"]["id"]
    call("memorize", "Team lunch is at the noodle bar")
    error = call("erase", "--query", "Karl owes me 50 euros", code=4)
    assert karl in error["message"] and "(chance 0.40)" in error["message"] and "--yes" in error["hint"]
    assert call("status")["memories"]["live"] == 2
    foreseen = text("erase", "--query", "Karl owes me 50 euros", "--yes", "--purge", "--dry-run")
    assert foreseen.startswith(f"would erase {karl} (chance .40): for good")
    erased = call("erase", "--query", "Karl owes me 50 euros", "--yes")["erased"]
    assert [(each["id"], each["chance"]) for each in erased] == [(karl, 0.4)]
    assert call("erase", "--query", "Karl owes me 50 euros", "--restore", code=4)["code"] == "not_found"
    sure["chance"] = 0.8
    assert text("erase", "--query", "Karl owes me 50 euros", "--restore").startswith(f"restored {karl} (chance .80)")
    assert call("erase", "--query", "Karl owes me 50 euros")["erased"][0]["chance"] == 0.8
    assert call("erase", "--query", "anything", "--namespace", "none")["erased"] == []


def test_a_key_like_another_is_said(text):
    text("memorize", "80", "--key", "deploy-port")
    assert "there is a key much like it: deploy-port" in text("memorize", "81", "--key", "deploy_port")


def test_a_number_of_more_bits_than_the_file_keeps_is_a_bad_value(call):
    call("memorize", VALUE, "--key", "safe")
    assert call("erase", "--key", "safe", "--purge", "--version", "9" * 20, code=2)["code"] == "bad_value"


def test_a_strength_too_small_to_change_anything_is_told_so(call, text):
    id = call("memorize", VALUE)["memory"]["id"]
    assert text("erase", id, "--strength", "1e-400").startswith(f"left {id}: at 100%: the strength is too small")
    assert text("erase", id, "--strength", "0.00001").startswith(f"weakened {id}: from 100% to 99.999%")


def test_a_folder_of_a_user_whom_there_is_not_is_a_bad_value(call):
    assert call("status", "--home", "~nosuchuser/x", code=2)["code"] == "bad_value"
