"""The plain skill in the real Claude Code: it is loaded again with each message, and its commands run unasked."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ntm_memory.installation.claude_code import allow, take_back

from .claude import ROOT, SKILL, bash, command, load_skill, subagent, talking

MAY_LOAD = ("--allowedTools", f"Skill({SKILL})")
TEA, TALK = "Mia prefers green tea to coffee", '今天和老大讨论了"认知天性"'
NOT_OURS = "python3 -c 'print(1)'"


@pytest.fixture
def skill(user):
    """The skill's folder in the client's."""
    return Path(user["HOME"]) / ".claude" / "skills" / SKILL


def shown(folder):
    """Every command that SKILL.md shows."""
    text = (folder / "SKILL.md").read_text(encoding="utf-8").replace("${CLAUDE_SKILL_DIR}", str(folder))
    found = [block.rstrip("\n") for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL)]
    assert len(found) >= 6
    return found


def ran(results):
    """Whether each command was carried out by a script: it answered, or said what it did not find."""
    return "created m_" in "\n".join(results) and all(each and "requires approval" not in each for each in results)


def test_the_skill_is_listed_loaded_and_its_commands_run_unasked(claude, user, skill):
    scripts = skill / "scripts"
    with talking(claude, user, *MAY_LOAD) as client:
        answer = client.say(
            "go on",
            load_skill(),
            bash(f"python3 {scripts}/memorize.py - --format json <<'EOF'\n{TALK}\nEOF"),
            bash(f"python3 {scripts}/memorize.py '{TEA}' --key mia-drink --tag person"),
            bash(f"python3 {scripts}/recall.py 'What does Mia drink?'"),
            bash(f"printf '认知天性' | python3 {scripts}/recall.py - --format context"),
        )
    assert SKILL in answer.begin["skills"]
    assert answer.denials == []
    assert any(f"python3 {scripts}/recall.py" in each for each in answer.sent), "the variable in SKILL.md was replaced"
    results = answer.results[1:]
    assert json.loads(results[0])["memory"]["content"] == TALK
    assert results[1].startswith("created m_")
    assert results[2].split("\n")[0].endswith(f"  {TEA}")
    assert results[3].startswith('<recalled-memories from="ntm-memory-system"')
    assert "今天和老大讨论了" in results[3]


@pytest.mark.real_model
def test_two_facts_of_one_session_are_found_in_the_next(claude, user, skill):
    def recall(text):
        return load_skill(), bash(f"python3 {skill}/scripts/recall.py '{text}'")

    with talking(claude, user, *MAY_LOAD) as first:
        told = [
            first.say("one", load_skill(), bash(f"python3 {skill}/scripts/memorize.py '{text}'"))
            for text in (TEA, TALK)
        ]
        for prompt in ("hello", "write a quicksort", "谢谢"):
            first.say(prompt)
    with talking(claude, user, *MAY_LOAD) as second:
        answers = [second.say(text, *recall(text)) for text in ("What does Mia like to drink?", "和老大讨论了什么？")]
        answers += [
            second.say("/compact", {"text": "<summary>Tea.</summary>"}),
            second.say("on", *recall("What does Mia like?")),
        ]
        unloaded = second.say("last", bash(f"python3 {skill}/scripts/recall.py tea"))
    assert [each.denials for each in (*told, *answers)] == [[]] * 6
    assert TEA in answers[0].results[1] and TALK in answers[1].results[1] and TEA in answers[3].results[1]
    assert [each["command"] for each in unloaded.denials] == [f"python3 {skill}/scripts/recall.py tea"], "see SKILL.md"


def test_every_command_that_the_skill_shows_is_let_through_in_each_message(claude, user, skill):
    with talking(claude, user, *MAY_LOAD) as client:
        answers = [client.say(text, load_skill(), *map(bash, shown(skill))) for text in ("one", "two")]
    for answer in answers:
        assert answer.denials == []
        assert len(answer.results) == len(shown(skill)) + 1
    assert ran(answers[0].results[1:])


def test_with_the_rules_of_the_installer_they_run_in_a_subagent_too(claude, user, skill):
    allow(skill)
    task = [load_skill(), *map(bash, shown(skill)), {"text": "all run"}]
    with talking(claude, user) as client:
        below = client.say("one", *subagent("Try the memory.", *task))
        without_loading = client.say("two", *map(bash, shown(skill)))
    assert below.denials == without_loading.denials == []
    assert ran(below.results[1 : len(shown(skill)) + 1])
    assert len(without_loading.results) == len(shown(skill))


def test_the_rules_of_the_installer_let_our_scripts_run_and_nothing_else(claude, user, skill):
    commands = [f"python3 {skill}/scripts/memorize.py '{TEA}'", NOT_OURS]

    def denied():
        with talking(claude, user) as client:
            return [denial["command"] for denial in client.say("go on", *map(bash, commands)).denials]

    assert denied() == commands
    allow(skill)
    assert denied() == commands[1:]
    take_back([skill])
    assert denied() == commands


def test_every_command_that_the_skill_shows_runs_unasked_in_the_plugin(claude, plugin):
    user, folder = plugin
    task = [*map(bash, shown(folder)), {"text": "all run"}]
    with talking(claude, user) as client:
        answers = [client.say(text, *map(bash, shown(folder))) for text in ("one", "two")]
        below = client.say("three", *subagent("Try the memory.", *task))
    assert [each.denials for each in (*answers, below)] == [[]] * 3
    assert ran(answers[0].results) and len(below.results) == len(shown(folder)) + 1


def test_the_installer_makes_a_plugin_that_the_client_loads(claude, person):
    from _setup.skill import chosen_targets, copy_skill

    for target in chosen_targets("claude-plugin").values():
        copy_skill(ROOT, target, plugin=True)
    with talking(claude, person) as client:
        begin = client.say("hello").begin
    assert any(each["name"] == SKILL for each in begin["plugins"])
    assert any(each["name"].endswith(":memory") and each["status"] == "connected" for each in begin["mcp_servers"])


def test_both_validators_are_content(claude, person, tmp_path):
    from _setup.skill import copy_skill

    folder = tmp_path / SKILL
    copy_skill(ROOT, folder, plugin=True)
    told = json.loads(command(claude, person, "plugin", "validate", "--strict", "--json", str(folder)))
    assert told["success"] and not told.get("errors") and not told.get("warnings"), told
    program = Path(sys.executable).with_name("agentskills")  # the extra `dev` brings it
    done = subprocess.run([str(program), "validate", str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
