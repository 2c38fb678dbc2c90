"""The plugin in the real Claude Code: memory comes by itself, and our own calls run unasked."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ntm_memory.hosts.projects import project_of

from .claude import ROOT, bash, load_skill, servers, subagent, talking, tool
from .conftest import configure

pytestmark = pytest.mark.real_model
TEA, TALK = "Mia prefers green tea to coffee", "和老大讨论了认知天性，决定下周五发布"
ABOUT_TEA, ABOUT_TALK = "What does Mia like to drink?", "我们决定哪天发布？"
UNRELATED = "Write a quicksort in Rust."
NOTES = ROOT / "bench" / "notes.jsonl"
MOST_AT_START, MOST_WITH_PROMPT = 1_200, 1_500
MOST_GROWTH = 1_000_000


@pytest.fixture
def run(plugin):
    """Run one of the plugin's scripts as a person does: its answer."""
    user, folder = plugin

    def run(name, *arguments, text=""):
        command = [sys.executable, str(folder / "scripts" / f"{name}.py"), *arguments, "--format", "json"]
        done = subprocess.run(command, input=text, capture_output=True, text=True, env=user, cwd=user["PWD"])
        answer = json.loads(done.stdout)
        assert answer["ok"], answer
        return answer

    return run


@pytest.fixture
def fill(plugin, run):
    """Tell so many important notes that a session's start has no room for anything else."""
    project = project_of(plugin[0]["PWD"]).namespace
    rows = [json.loads(line) for line in NOTES.read_text(encoding="utf-8").splitlines()]
    lines = [json.dumps({"content": row["text"], "importance": 0.95}) for row in rows if row["conv"] in ("kim", "fang")]
    return lambda where: run("memorize", "--jsonl", "-", "--namespace", where or project, text="\n".join(lines))


def memorized(*contents):
    return [tool("memorize", content=content) for content in contents]


SMALL = "relevance was learned on namespaces of 25 notes: in one of two facts it finds less"


@pytest.mark.parametrize(
    "where", [None, pytest.param("shared", marks=pytest.mark.xfail(reason=SMALL))], ids=["among-others", "alone"]
)
def test_two_facts_of_one_session_come_to_the_next_by_themselves(claude, plugin, fill, where):
    user, _ = plugin
    fill(where)
    with talking(claude, user) as first:
        told = first.say("Please keep these two.", *memorized(TEA, TALK))
        answers = [first.say(prompt) for prompt in ("hello", UNRELATED, "谢谢，今天就到这里")]
    assert told.denials == [] and [each[:10] for each in told.results] == ["created m_"] * 2
    assert all(TEA not in each.injected.get("UserPromptSubmit", "") for each in answers)

    with talking(claude, user) as second:
        unrelated, tea, talk, again = (second.say(each) for each in (UNRELATED, ABOUT_TEA, ABOUT_TALK, ABOUT_TEA))
        second.say("/compact", {"text": "<summary>They talked about a release.</summary>"})
        after = second.say("go on")
    assert unrelated.injected.keys() == {"SessionStart"}, "nothing for a prompt for which nothing matters"
    assert TEA not in unrelated.sent[0] and TALK not in unrelated.sent[0]
    assert len(unrelated.injected["SessionStart"]) <= MOST_AT_START
    assert TEA in tea.injected["UserPromptSubmit"] and TALK not in tea.injected["UserPromptSubmit"]
    assert TALK in talk.injected["UserPromptSubmit"]
    assert all(len(each.injected["UserPromptSubmit"]) <= MOST_WITH_PROMPT for each in (tea, talk))
    assert again.injected == {}, "each once a session"
    assert [each.results for each in (unrelated, tea, talk, again, after)] == [[]] * 5, "no tool was called"
    assert TEA in after.sent[0] and TALK in after.sent[0], "what was shown before the compaction is shown again"


def test_what_stands_out_is_there_from_the_beginning(claude, plugin):
    user, _ = plugin
    with talking(claude, user) as first:
        first.say("Please keep these two.", *memorized(TEA, TALK))
    with talking(claude, user) as second:
        start = second.say("hello").injected["SessionStart"]
    assert TEA in start and TALK in start and "never an instruction" in start


def test_our_commands_and_tools_run_unasked_in_every_message_and_in_subagents(claude, plugin):
    user, folder = plugin
    scripts = folder / "scripts"
    with talking(claude, user) as client:
        by_script = client.say("one", bash(f"python3 {scripts}/memorize.py '{TEA}' --key mia-drink"))
        update = tool("update", id=by_script.results[0].split()[1], importance=0.9)
        by_tool = client.say("two", tool("recall", query=ABOUT_TEA), update)
        line = json.dumps({"content": TALK}, ensure_ascii=False)
        quoting = client.say("three", bash(f"python3 {scripts}/memorize.py --jsonl - <<'EOF'\n{line}\nEOF"))
        task = [bash(f"python3 {scripts}/recall.py '{ABOUT_TEA}'"), tool("recall", query=ABOUT_TALK)]
        below = client.say("four", *subagent("Find out what Mia likes to drink", *task, {"text": "found"}))
    assert [each.denials for each in (by_script, by_tool, quoting, below)] == [[]] * 4
    assert by_script.results[0].startswith("created m_") and "1 created" in quoting.results[0]
    assert TEA in by_tool.results[0] and "updated" in by_tool.results[1]
    assert TEA in below.results[0] and TALK in below.results[1]


def test_a_subagent_gets_what_matters_for_its_task(claude, plugin, fill):
    user, _ = plugin
    fill(None)
    with talking(claude, user) as client:
        client.say("Please keep these two.", *memorized(TEA, TALK))
        answer = client.say("two", *subagent(ABOUT_TEA, {"text": "tea"}))
    (told,) = [each["SubagentStart"] for each in answer.all_injected if "SubagentStart" in each]
    assert TEA in told and TALK not in told


def test_everything_else_is_left_to_the_client(claude, plugin):
    user, folder = plugin
    recall = f"python3 {folder}/scripts/recall.py tea"
    hostile = [
        f"{recall}; touch {user['PWD']}/gone",
        f"{recall} && python3 -c 'print(1)'",
        f"python3 {folder}/scripts/erase.py --key mia-drink --purge",
        "python3 -c 'print(1)'",
    ]
    with talking(claude, user) as client:
        answer = client.say("one", *map(bash, hostile), tool("erase", key="mia-drink", retract=True))
    assert [each.get("command") for each in answer.denials] == [*hostile, None]
    assert not (Path(user["PWD"]) / "gone").exists()


def test_a_turn_is_kept_as_an_episode_and_what_is_private_nowhere(claude, plugin, data, run):
    user, _ = plugin
    with talking(claude, user) as client:
        client.say(
            "The parser fails on tabs.\n```\nsecret_of_code()\n```",
            {"text": "I made the lexer count tabs as blanks. <private>elopement</private>"},
        )
        client.say(
            "The roof of the shed leaks. <private>The wedding is on Saturday</private>",
            {"text": "Before Saturday's wedding the shed gets a new roof."},
        )
    (episodes,) = run("status")["namespaces"]
    second, first = run("list", "--namespace", episodes)["memories"]
    assert episodes.endswith("/episodes")
    assert "parser fails on tabs" in first["content"] and "count tabs as blanks" in first["content"]
    assert "roof of the shed leaks" in second["content"] and "new roof" not in second["content"]
    assert all(each["trust"] == "tool" and each["source"].startswith("claude-code:") for each in (first, second))
    kept = b"".join(file.read_bytes() for file in data.rglob("*") if file.is_file())
    assert b"parser fails on tabs" in kept
    assert not any(text in kept for text in (b"wedding", b"elopement", b"secret_of_code"))


@pytest.mark.parametrize("length", [100, 2_500, 11_500])
def test_what_a_prompt_tells_to_keep_survives_the_end_of_the_session_whatever_its_length(claude, plugin, run, length):
    user, _ = plugin
    said = "The greenhouse has eleven windows, and each of them has its own key. "
    with talking(claude, user) as client:
        client.say(f"one <remember>{(said * 200)[:length]}</remember>")
    time.sleep(1)
    (kept,) = run("list", "--namespace", project_of(user["PWD"]).namespace)["memories"]
    assert kept["content"].startswith("The greenhouse has eleven")
    assert len(run("list", "--namespace", f"{project_of(user['PWD']).namespace}/episodes")["memories"]) == 1


@pytest.mark.parametrize("patience", [None, 0.05], ids=["that-ships", "too-little"])
def test_with_little_patience_what_matters_comes_with_the_prompt_or_soon_after(claude, plugin, data, fill, patience):
    user, folder = plugin
    if patience is None:
        (data / "config.json").unlink()
    else:
        configure(data, patience=patience)
    fill(None)
    with talking(claude, user) as first:
        first.say("Please keep these two.", *memorized(TEA, TALK))
    with talking(claude, user) as second:
        begin = second.say("hello")
        look = [bash(f"python3 {folder}/scripts/status.py --namespaces") for _ in range(2)]
        tea, after = second.say(ABOUT_TEA, *look), second.say(UNRELATED)
    assert TEA not in begin.sent[0]
    assert TEA in after.sent[-1], "with the prompt, with a tool's result, or with the next prompt"
    assert sum(TEA in text for each in (*tea.all_injected, *after.all_injected) for text in each.values()) >= 1
    assert after.sent[-1].count(TEA) == 1, "once"


def test_capture_and_injection_can_be_switched_off(claude, plugin, data, run):
    user, _ = plugin
    run("memorize", TEA, "--namespace", "shared")
    configure(data, capture="off", inject=False)
    with talking(claude, user) as client:
        assert client.say(ABOUT_TEA).injected == {}
    assert run("status")["namespaces"].keys() == {"shared"}


@pytest.mark.parametrize("is_new", [False, True], ids=["the-same", "all-new"])
def test_fifty_prompts_leave_no_process_and_little_memory(claude, plugin, fill, is_new):
    user, _ = plugin
    fill(None)
    prompts = [f"{ABOUT_TEA} {ABOUT_TALK} {number if is_new else number % 4}" for number in range(70)]
    with talking(claude, user) as client:
        client.say("Please keep these two.", *memorized(TEA, TALK))
        for prompt in prompts[:20]:
            client.say(prompt)
        (server,) = servers(user)
        before = resident(server)
        for prompt in prompts[20:]:
            client.say(prompt)
        assert servers(user) == [server], "one process, from the first prompt to the last"
        grown = resident(server) - before
    assert gone(user)
    assert grown < MOST_GROWTH, f"{grown} bytes"


def test_two_sessions_at_once_keep_what_both_were_told(claude, plugin, run):
    user, _ = plugin
    contents = {name: [f"Shelf {name}{year} holds the folder of {year}" for year in range(2001, 2007)] for name in "AB"}
    with talking(claude, user) as one, talking(claude, user) as other:
        denied = []

        def tell(client, name):
            for content in contents[name]:
                denied.extend(client.say(f"Keep that of {name}.", *memorized(content)).denials)

        threads = [threading.Thread(target=tell, args=pair) for pair in ((one, "A"), (other, "B"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(servers(user)) == 2 and denied == []
        seen = one.say("x", tool("recall", query="What does shelf B2004 hold?")).results[0]
    assert contents["B"][3] in seen, "each sees what the other was told"
    exported = subprocess.run(
        [sys.executable, str(plugin[1] / "scripts" / "export.py"), "-"], capture_output=True, text=True, env=user
    ).stdout
    assert all(content in exported for name in "AB" for content in contents[name])
    assert run("status", "--check")["files"] == "ok"
    assert gone(user)


def test_a_client_that_is_killed_leaves_no_server(claude, plugin, run):
    user, _ = plugin
    with talking(claude, user) as client:
        client.say("Please keep these two.", *memorized(TEA, TALK))
        assert len(servers(user)) == 1
        client.kill()
        assert gone(user)
    assert run("status", "--check")["files"] == "ok"


def test_the_skill_is_listed_once_and_can_be_loaded(claude, plugin):
    (user, folder), skill = plugin, "ntm-memory-system:ntm-memory-system"
    with talking(claude, user, "--allowedTools", f"Skill({skill})") as client:
        answer = client.say("one", load_skill(skill))
    assert [each for each in answer.begin["skills"] if "ntm-memory" in each] == [skill]
    assert answer.denials == []
    assert any(f"python3 {folder}/scripts/recall.py" in each for each in answer.sent)


def resident(process):
    """Bytes of memory that a process has written for itself; what it only reads of a file is the system's cache."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("Private_Dirty:", "Swap:")))


def gone(user, seconds=10.0):
    """Whether no process of ours is left, soon."""
    end = time.monotonic() + seconds
    while servers(user) and time.monotonic() < end:
        time.sleep(0.1)
    return servers(user) == []
