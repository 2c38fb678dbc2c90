"""Every tool with a real memory, in this process: requests, structured answers, the short text, errors."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opening import opened
from serving import said

from ntm_memory.commands import run
from ntm_memory.mcp import calls, texts
from ntm_memory.mcp.answering import Answering
from ntm_memory.mcp.tools import TOOLS

TEA = "Mia likes green tea"


@pytest.fixture
def server(home):
    answering = Answering()
    yield answering
    answering.close()


@pytest.fixture
def call(server):
    """Calls a tool that must succeed; (structured answer, text)."""

    def calling(tool, **arguments):
        result = server.call(tool, arguments)
        assert "isError" not in result, said(result)
        return result["structuredContent"], said(result)

    return calling


@pytest.fixture
def refused(server):
    """Calls a tool that must fail; (code, text)."""

    def calling(tool, **arguments):
        result = server.call(tool, arguments)
        assert result["isError"] is True
        error = result["structuredContent"]["error"]
        assert said(result).startswith(f"error {error['code']}: {error['message']}")
        return error["code"], said(result)

    return calling


def without_nulls(value):
    if isinstance(value, dict):
        return all(each is not None and without_nulls(each) for each in value.values())
    return all(map(without_nulls, value)) if isinstance(value, list) else True


def test_the_list_of_tools_is_short_and_says_what_each_may_do():
    assert len(json.dumps({"tools": TOOLS}, separators=(",", ":"))) <= 6_750
    names = [tool["name"] for tool in TOOLS]
    assert names == ["recall", "reason", "memorize", "update", "erase", "list", "status", "feedback", "hook"]
    for tool in TOOLS:
        assert tool["inputSchema"]["type"] == "object"
        assert set(tool["inputSchema"].get("required", ())) <= set(tool["inputSchema"]["properties"])
        assert len(tool["description"]) <= 200
        hints = tool["annotations"]
        assert hints["openWorldHint"] is False
        assert hints["readOnlyHint"] is (tool["name"] in ("recall", "reason", "list", "status"))
        assert hints["readOnlyHint"] or isinstance(hints["destructiveHint"], bool)


def test_only_the_tool_for_hooks_is_kept_from_models():
    hidden = [
        tool["name"]
        for tool in TOOLS
        if "model" not in tool.get("_meta", {}).get("ui", {}).get("visibility", ["model"])
    ]
    assert hidden == ["hook"]


def test_a_memory_from_its_telling_to_its_end(call):
    stored, text = call("memorize", content=TEA, key="mia-drink", tags=["people"], when="2026-05-08", type="fact")
    id = stored["memory"]["id"]
    assert text == f"created {id} 2026-05-08 mia-drink" and stored["memory"]["kind"] == "fact"
    recalled, text = call("recall", query="What does Mia like?")
    assert text.splitlines()[0].startswith(f"{id} 2026-05-08 mia-drink ") and "confidence" in text.splitlines()[-1]
    assert recalled["memories"][0]["id"] == id
    updated, text = call("update", id="mia-drink", content="Mia likes coffee")
    assert text.splitlines()[0].startswith(f"updated {id} 20") and "mia-drink version 2" in text
    assert (
        text.splitlines()[1:] == ["  now: Mia likes coffee", f"  was: {TEA}"] and updated["previous"]["content"] == TEA
    )
    history, text = call("status", history=id)
    assert history["history"][0]["content"] == TEA and TEA in text and "Mia likes coffee" in text
    assert call("erase", ids=[id], dry_run=True)[1].startswith(f"would erase {id}")
    text = call("erase", ids=[id])[1]
    assert text.startswith(f"erased {id}") and text.endswith("to undo it: the same ids with restore")
    assert call("list")[1] == "0 memories in default"
    assert call("erase", ids=[id], restore=True)[1].startswith(f"restored {id}")
    assert call("erase", ids=[id], strength=0.5)[1].startswith(f"weakened {id}")
    assert call("erase", ids=["mia-drink"], retract=True)[1].startswith(f"retracted {id}")


def test_recall_by_place(call):
    ids = [call("memorize", content=text)[0]["memory"]["id"] for text in ("one fish", "two birds", "three cats")]
    around, _ = call("recall", **{"from": ids[0], "around": 1})
    assert [memory["id"] for memory in around["memories"]] == ids[:2]
    found, _ = call("recall", **{"from": ids[0], "shift": 1})
    assert found["memories"][0]["id"] == ids[1]


@pytest.mark.parametrize(
    "arguments", [{"query": "fish", "around": 1}, {"from": "m_x", "around": 1, "shift": 1}, {"from": "m_x", "top_k": 3}]
)
def test_what_has_no_effect_on_a_read_by_place_is_refused(refused, arguments):
    code, text = refused("recall", **arguments)
    assert code == "bad_value" and "hint: " in text


def test_reasoning_shows_its_chain(call):
    call("memorize", content="Tom works with Anna")
    call("memorize", content="Anna is in Oslo")
    answer, text = call("reason", query="Where is who Tom works with?", hops=2)
    assert answer["chain"] and "path: " in text and "confidence" in text


def test_several_at_once(call, refused):
    answer, text = call(
        "memorize", many=[{"content": TEA, "key": "tea"}, {"content": " "}, {"content": "Tom is in Oslo"}]
    )
    assert (answer["created"], len(answer["failed"])) == (2, 1)
    assert text.startswith("2 created, 0 updated, 0 unchanged: m_") and "line 2 bad_value: content is empty" in text
    assert answer["ids"][0] in text.splitlines()[0]
    assert refused("memorize", many=[{"content": "a"}], key="x")[0] == "bad_value"
    assert refused("memorize", many=[{"contnet": "a"}])[1].endswith("hint: did you mean content?")
    assert call("status")[0]["memories"]["live"] == 2


def test_secrets_are_told_as_left_out_of_one_and_of_several(call, refused):
    key = "AKIA" + "43MGIHST3MDHXCXG"
    line = "left out: aws-access-token in content at character 12"
    one, text = call("memorize", content=f"deploy with {key}")
    assert line in text and [each["kind"] for each in one["secrets"]] == ["aws-access-token"]
    several, text = call("memorize", many=[{"content": TEA}, {"content": f"deployed by {key}"}])
    assert line in text and list(several["secrets"]) == [several["ids"][1]]
    for name in ("namespace", "key", "session", "source", "type"):
        code, text = refused("memorize", content="a note", **{name: key})
        assert code == "bad_value" and "holds a secret" in text and key not in text
    assert key not in json.dumps([call("status"), call("list")])


def test_older_memories_that_a_new_one_may_concern_are_named(call):
    call("memorize", content="Mia likes green tea in the morning")
    answer, text = call("memorize", content="Mia likes black tea in the morning")
    assert answer["related"][0]["id"] in text and "say it again with replaces, same_as or beside if" in text
    again, _ = call("memorize", content="Mia likes white tea in the morning", replaces=answer["memory"]["id"])
    assert (again["action"], again["memory"]["version"]) == ("updated", 2)


def test_the_newest_page_by_page(call, refused):
    for number in range(5):
        call("memorize", content=f"note {number}")
    first, text = call("list", limit=2)
    assert [each["content"] for each in first["memories"]] == ["note 4", "note 3"]
    assert text.splitlines()[-1] == f"1-2 of 5 shown in default, more: 3 further, go on with cursor {first['next']}"
    second, _ = call("list", limit=2, cursor=first["next"])
    third, text = call("list", limit=2, cursor=second["next"])
    assert [each["content"] for each in third["memories"]] == ["note 0"] and "next" not in third
    assert text.splitlines()[-1] == "5-5 of 5 shown in default"
    for cursor in ("x", "-1", "²", "9" * 30, ""):
        assert refused("list", cursor=cursor)[0] == "bad_value"
    assert refused("list", limit=0)[0] == refused("list", limit=101)[0] == "bad_value"


def test_a_list_of_what_fits(call, refused):
    call("memorize", content="Anna has a boat", tags=["sea"], type="fact", when="2026-05-02")
    call("memorize", content=TEA)
    for told in (
        {"about": "anna"},
        {"tags": ["sea"]},
        {"type": "fact"},
        {"on": "2026-05-02"},
        {"before": "2026-06-01"},
    ):
        answer, text = call("list", **told)
        assert [each["content"] for each in answer["memories"]] == ["Anna has a boat"]
        assert text.splitlines()[-1] == "1 of 1 shown in default"
    answer, text = call("list", about="Zelda")
    assert (answer["total"], text) == (0, "none of 2 memories in default is asked for")
    assert refused("list", sort="best")[0] == "bad_value"
    answer, text = call("status", namespaces=True)
    assert [each["memories"] for each in answer["namespaces"]] == [2] and text.startswith("default  2 memories, last ")


def test_feedback_is_kept(call):
    id = call("memorize", content=TEA)[0]["memory"]["id"]
    answer, text = call("feedback", query="What does Mia like?", used=[id])
    assert answer["pending"] == 1 and text.startswith("recorded a verdict on 1 memory")


def test_a_question_without_an_answer_says_so(call):
    answer, text = call("recall", query="Who wrote it?")
    assert answer["reason"] in text


def test_no_answer_has_nulls(call):
    id = call("memorize", content=TEA)[0]["memory"]["id"]
    for tool, arguments in {
        "recall": {"query": "tea"}, "reason": {"query": "tea"}, "list": {}, "status": {},
        "update": {"id": id, "importance": 1}, "feedback": {"query": "tea", "used": [id]}, "erase": {"ids": [id]},
    }.items():  # fmt: skip
        assert without_nulls(call(tool, **arguments)[0]), tool


@pytest.mark.parametrize(
    ("tool", "arguments", "hint"),
    [
        ("recall", {}, "give the question, or an id"),
        ("recall", {"query": "a", "from": "m_x"}, "give the question, or an id"),
        ("recall", {"query": 7}, None),
        ("recall", {"query": "a", "top_k": "6"}, None),
        ("recall", {"query": "a", "top_k": True}, None),
        ("recall", {"query": "a", "tags": "work"}, None),
        ("recall", {"query": "a", "tags": ["work", 1]}, None),
        ("recall", {"query": "a", "topk": 3}, "did you mean top_k?"),
        ("update", {"key": "port", "content": "x"}, "did you mean id (id or key)?"),
        ("erase", {"key": "port"}, "did you mean ids (ids or keys)?"),
        ("erase", {"keys": ["port"]}, "did you mean ids (ids or keys)?"),
        ("status", {"key": "port"}, "did you mean history (id or key)?"),
        ("recall", {"query": "a", "home": "/elsewhere"}, None),
        ("recall", {"query": "a", "config": {}}, None),
        ("recall", {"query": "a", "min_trust": "god"}, None),
        ("reason", {}, "give query"),
        ("reason", {"query": "a", "hops": 99}, None),
        ("memorize", {}, "say what to remember"),
        ("memorize", {"content": ""}, None),
        ("memorize", {"content": "a", "importance": "high"}, None),
        ("memorize", {"content": "a", "trust": "person"}, None),
        ("memorize", {"content": "a", "on_secret": "allow"}, None),
        ("memorize", {"many": "a"}, None),
        ("memorize", {"many": ["a"]}, None),
        ("update", {"content": "x"}, "give id"),
        ("erase", {}, "recall tells ids and keys"),
        ("erase", {"ids": [], "dry_run": True}, "recall tells ids and keys"),
        ("erase", {"ids": ["a"], "query": "b"}, "recall tells ids and keys"),
        ("erase", {"ids": ["a"], "purge": True}, None),
        ("erase", {"ids": ["a"], "restore": True, "retract": True}, None),
        ("erase", {"ids": ["a"], "retract": True, "strength": 0.5}, None),
        ("feedback", {"query": "a"}, "give used"),
        ("status", {"repair": True}, None),
        ("list", {"limit": 1.5}, None),
    ],
)
def test_wrong_arguments_are_told(refused, tool, arguments, hint):
    code, text = refused(tool, **arguments)
    assert code == "bad_value"
    assert hint is None or text.endswith(f"hint: {hint}")


def test_null_means_left_out(call):
    assert call("memorize", content=TEA, key=None, tags=None)[0]["action"] == "created"


def test_errors_speak_of_tools(refused, call):
    code, text = refused("update", id="nobody", content="x")
    assert code == "not_found" and "recall prints ids and keys" in text and ".py" not in text
    id = call("memorize", content=TEA)[0]["memory"]["id"]
    call("erase", ids=[id])
    assert refused("update", id=id, content="x")[1].endswith(f"bring it back: erase with restore: {id}")


def test_what_was_cut_and_warnings_are_told_in_words_of_tools(call, server, monkeypatch):
    id = call("memorize", content="tea " * 400)[0]["memory"]["id"]
    page, text = call("list")
    assert page["memories"][0]["truncated"] and text.endswith("cut ones whole: from ID with max_chars 20000")
    assert text.startswith(f"{id} ") and " cut  tea tea" in text and "--" not in text
    answer = server._ask({"command": "list"}) | {"warnings": ["run: status.py --repair", "ask recall.py"]}
    monkeypatch.setattr(server, "_ask", lambda request: answer)
    assert [told.rpartition("/")[2] for told in call("list")[0]["warnings"]] == ["status.py --repair", "ask recall"]


def test_a_memory_that_names_a_script_is_left_as_it_is(call):
    said = "To undo it run erase.py --restore, says recall.py"
    call("memorize", content=said)
    answer, text = call("list")
    assert answer["memories"][0]["content"] == said and said in text


def test_scripts_that_are_no_tools_are_named_whole():
    told = texts.in_words_of_tools("run reembed.py to write all keys anew, or python3 /a/scripts/recall.py")
    assert "/scripts/reembed.py to write" in told and told.endswith("or recall")


def test_a_bug_is_an_error_like_any_other(server, refused, monkeypatch):
    monkeypatch.setattr(server, "_ask", lambda request: 1 / 0)
    code, text = refused("status")
    assert code == "bug" and "ZeroDivisionError" in text


def test_a_missing_library_is_not_set_up(server, refused, monkeypatch):
    def missing():
        raise ModuleNotFoundError("No module named 'numpy'", name="numpy")

    monkeypatch.setattr(server, "_opened", missing)
    code, text = refused("recall", query="x")
    assert code == "not_set_up" and "the environment lacks numpy" in text and "install.py" in text
    server.idle()  # nor does warming up raise it


def test_what_comes_over_mcp_is_trusted_as_an_agent_is_and_no_more(call):
    assert call("memorize", content="from an agent")[0]["memory"]["trust"] == "agent"
    assert call("memorize", content="from a page", trust="tool")[0]["memory"]["trust"] == "tool"
    call("memorize", many=[{"content": "in bulk", "trust": "agent"}, {"content": "of a page", "trust": "tool"}])
    trusts = {each["content"]: each["trust"] for each in call("list")[0]["memories"]}
    assert (trusts["in bulk"], trusts["of a page"]) == ("agent", "tool")
    assert " by tool  from a page" in call("list")[1] and " agent " not in call("list")[1]


def test_the_audit_says_who_it_was(call, home, monkeypatch):
    monkeypatch.setenv("NTM_MEMORY_ACTOR", "mcp")
    call("memorize", content=TEA)
    assert run({"command": "status", "audit": 1})["audit"][0]["who"] == "mcp"


def test_what_recall_said_is_not_stored_again(call, refused):
    call("memorize", content="Mia likes green tea in the morning, and never coffee")
    block = run({"command": "recall", "query": "tea"})["memories"][0]["content"]
    assert call("memorize", content=block)[0]["action"] == "unchanged"
    assert refused("memorize", content='<recalled-memories from="ntm-memory-system">')[0] == "echo"


def test_the_namespace_of_a_call_goes_before_that_of_the_environment(call, monkeypatch):
    call("memorize", content="in default")
    monkeypatch.setenv("NTM_MEMORY_NAMESPACE", "work")
    call("memorize", content="in work")
    call("memorize", many=[{"content": "in work too"}, {"content": "at home", "namespace": "home"}])
    assert call("list")[0]["total"] == 2
    assert call("list", namespace="home")[0]["total"] == call("list", namespace="default")[0]["total"] == 1
    assert call("recall", query="in work")[0]["memories"][0]["content"].startswith("in work")
    monkeypatch.setenv("NTM_MEMORY_NAMESPACE", "")
    assert call("list")[0]["namespace"] == "default"


def test_a_hook_without_the_hosts_room_says_nothing(server, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "ntm_memory.hosts.hooks", None)
    assert server.call("hook", {"event": "UserPromptSubmit", "prompt": "x"}) == {
        "content": [{"type": "text", "text": "{}"}]
    }


def test_a_hook_is_answered_by_the_hosts_room(server, monkeypatch):
    import sys
    from types import ModuleType

    room, seen = ModuleType("ntm_memory.hosts.hooks"), []

    def answer(event, ask, home):
        seen.append((event, ask({"command": "list"})["total"], home))
        return {"hookSpecificOutput": {"additionalContext": "小美"}}

    room.answer = answer
    monkeypatch.setitem(sys.modules, "ntm_memory.hosts", ModuleType("ntm_memory.hosts"))
    monkeypatch.setitem(sys.modules, "ntm_memory.hosts.hooks", room)
    result = server.call("hook", {"event": "Stop", "cwd": "/x"})
    assert json.loads(said(result)) == {"hookSpecificOutput": {"additionalContext": "小美"}}
    assert "structuredContent" not in result
    assert seen == [({"event": "Stop", "cwd": "/x"}, 0, None)]
    for bad in (["no object"], {"no": {"json"}}, {"no number": float("nan")}, None):
        room.answer = lambda event, ask, home, bad=bad: bad
        assert said(server.call("hook", {"event": "Stop"})) == "{}"


NASTY = st.text(
    st.sampled_from("ab \n\r\t\x0b\x00\x1b[31m\u2028\u202e\u200b<|>/recalled-memories id m_0123456789 error hint: 绿"),
    min_size=1,
    max_size=60,
)


@given(content=NASTY, key=NASTY, source=NASTY)
def test_no_memory_forges_a_line_or_hides_a_sign(content, key, source):
    memory = {"id": "m_0123456789", "content": content, "key": key, "source": source, "created_at": "2026-01-01"}
    answer = {"memories": [memory, memory], "confidence": 0.5, "warnings": [content]}
    lines = texts.text_of("recall", answer).split("\n")
    assert all(each == "" or len(each.splitlines()) == 1 for each in texts.plain(answer)["warnings"])
    assert len(lines) == 4
    assert all(line.startswith("m_0123456789 2026-01-01") for line in lines[:2]) and lines[2].startswith("warning: ")
    whole = "".join(lines)
    assert whole.isprintable() or all(ord(each) > 127 for each in whole if not each.isprintable())
    assert "</recalled" not in whole and "<|" not in whole


@given(
    st.dictionaries(st.sampled_from(["query", "top_k", "tags", "x"]), st.none() | st.booleans() | st.integers() | NASTY)
)
def test_any_arguments_are_either_a_request_or_refused(arguments):
    try:
        request = calls.request_of("recall", arguments)
    except calls.BadValueError:
        return
    assert request["command"] == "recall" and isinstance(request["query"], str)


def test_the_text_of_a_recall_is_a_fraction_of_its_structure(tmp_path):
    with opened(tmp_path) as memory:
        for number in range(6):
            memory.memorize(f"Mia told us fact number {number}")
        answer = run({"command": "recall", "query": "Mia told", "home": str(tmp_path), "all": True,
                                  "config": {"embedder": {"backend": "tiny"}}})  # fmt: skip
    assert len(answer["memories"]) == 6
    assert 3 * len(texts.text_of("recall", answer)) < len(json.dumps(texts.plain(answer)))


def test_an_empty_answer_holds_an_empty_list_of_memories():
    told = texts.plain({"memories": [], "warnings": [], "naming": None, "reason": "nothing relevant", "further": 0})
    assert told == {"memories": [], "reason": "nothing relevant", "further": 0}


def test_a_list_takes_two_times_and_recall_an_order(call, refused):
    for day in ("2023-05-02", "2023-05-03", "2023-05-07"):
        call("memorize", content=f"Painted fence {day[-1]}", when=day)
    listed, _ = call("list", between=["2023-05-03", "2023-05-07"])
    assert {each["content"] for each in listed["memories"]} == {"Painted fence 3", "Painted fence 7"}
    call("recall", query="What came after fence 2?", order="told")
    assert refused("recall", query="What came after fence 2?", order="sideways")[0] == "bad_value"
