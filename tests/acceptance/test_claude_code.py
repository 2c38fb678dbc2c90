"""The real Claude Code, with a scripted model: it lists the skill, loads SKILL.md and runs the scripts unasked."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from ntm_memory.installation.claude_code import allow, take_back

from .conftest import npm_install
from .stubs import Anthropic, serving

PACKAGE = "@anthropic-ai/claude-code-linux-x64"
VERSION = "2.1.330"


@pytest.fixture(scope="module")
def claude(tmp_path_factory):
    """The program; it is proprietary, so it is installed for the test and never kept."""
    program = npm_install(tmp_path_factory.mktemp("claude"), f"{PACKAGE}@{VERSION}") / PACKAGE / "claude"
    if not program.exists():
        pytest.skip("Claude Code does not run on this platform")
    return program


def bash(command):
    return {"name": "Bash", "input": {"command": command, "description": "memory"}}


def converse(claude, user, turns, allowed=("--allowedTools", "Skill(ntm-memory-system)")):
    """The events of one `claude -p` run."""
    with serving(Anthropic, turns) as model:
        quiet = ("DISABLE_AUTOUPDATER", "DISABLE_TELEMETRY", "DISABLE_ERROR_REPORTING")
        done = subprocess.run(
            [str(claude), "-p", "go on", "--output-format", "stream-json", "--verbose", *allowed],
            capture_output=True,
            text=True,
            cwd=user["PWD"],
            timeout=180,
            stdin=subprocess.DEVNULL,
            env={
                **user,
                **dict.fromkeys((*quiet, "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"), "1"),
                "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{model.server_port}",
                "ANTHROPIC_API_KEY": "dummy",
            },
        )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_skill_is_listed_loaded_and_its_commands_run_unasked(claude, user):
    scripts = Path.home() / ".claude" / "skills" / "ntm-memory-system" / "scripts"
    events = converse(
        claude,
        user,
        [
            {"name": "Skill", "input": {"skill": "ntm-memory-system"}},
            bash(f"python3 {scripts}/memorize.py - --format json <<'EOF'\n今天和老大讨论了\"认知天性\"\nEOF"),
            bash(f"python3 {scripts}/memorize.py 'Mia prefers green tea to coffee' --key mia-drink --tag person"),
            bash(f"python3 {scripts}/recall.py 'What does Mia drink?'"),
            bash(f"printf '认知天性' | python3 {scripts}/recall.py - --format context"),
            {"text": "done"},
        ],
    )
    begin = next(event for event in events if event.get("subtype") == "init")
    assert "ntm-memory-system" in begin["skills"]
    end = next(event for event in events if event["type"] == "result")
    assert end["permission_denials"] == []
    said = [block for event in events if event["type"] == "user" for block in event["message"]["content"]]
    loaded = next(block["text"] for block in said if block.get("type") == "text" and "Recall before" in block["text"])
    assert f"python3 {scripts}/recall.py" in loaded, "the variable in SKILL.md was replaced"
    results = [block["content"] for block in said if block.get("type") == "tool_result"][1:]
    assert json.loads(results[0])["memory"]["content"] == '今天和老大讨论了"认知天性"'
    assert results[1].startswith("created m_")
    assert results[2].split("\n")[0].endswith("  Mia prefers green tea to coffee")
    assert results[3].startswith('<recalled-memories from="ntm-memory-system"')
    assert "今天和老大讨论了" in results[3]


def test_every_command_that_the_skill_shows_is_let_through(claude, user):
    folder = Path.home() / ".claude" / "skills" / "ntm-memory-system"
    text = (folder / "SKILL.md").read_text(encoding="utf-8").replace("${CLAUDE_SKILL_DIR}", str(folder))
    shown = [block.rstrip("\n") for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL)]
    turns = [{"name": "Skill", "input": {"skill": "ntm-memory-system"}}, *map(bash, shown), {"text": "done"}]
    events = converse(claude, user, turns)
    assert next(event for event in events if event["type"] == "result")["permission_denials"] == []
    said = [block for event in events if event["type"] == "user" for block in event["message"]["content"]]
    results = [str(block["content"]) for block in said if block.get("type") == "tool_result"][1:]
    assert len(results) == len(shown) >= 6
    assert any("created m_" in each for each in results) and any("error not_found" in each for each in results), results


def test_the_rules_of_the_installer_let_our_scripts_run_and_nothing_else(claude, user):
    skill = Path.home() / ".claude" / "skills" / "ntm-memory-system"
    turns = [
        bash(f"python3 {skill}/scripts/memorize.py 'Mia prefers green tea to coffee'"),
        bash("python3 -c 'print(1)'"),
        {"text": "done"},
    ]

    def denied():
        end = next(event for event in converse(claude, user, turns, ()) if event["type"] == "result")
        return [denial["tool_input"]["command"] for denial in end["permission_denials"]]

    commands = [turn["input"]["command"] for turn in turns[:2]]
    assert denied() == commands
    allow(skill)
    assert denied() == commands[1:]
    take_back([skill])
    assert denied() == commands
