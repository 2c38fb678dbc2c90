"""The real OpenClaw, with a scripted model. It is 840 MB, so it runs only where it is asked for.

`NTM_MEMORY_TEST_OPENCLAW=DIR pytest -m acceptance`: installed into DIR by npm unless it is there.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from .openclaw import run, where_wanted
from .stubs import OpenAI, serving

pytestmark = where_wanted


def test_the_skill_is_listed_as_usable(openclaw, user):
    skills = json.loads(run(openclaw, user, "skills", "list", "--json"))["skills"]
    ours = next(skill for skill in skills if skill["name"] == "ntm-memory-system")
    assert ours["eligible"]
    assert ours["emoji"] == "🧠"
    told = json.loads(run(openclaw, user, "skills", "info", "ntm-memory-system", "--json"))
    assert told["modelVisible"]
    assert told["requirements"]["bins"] == ["python3"]


def test_installing_it_over_itself_keeps_the_memories(openclaw, user):
    installed = Path.home() / ".openclaw" / "skills" / "ntm-memory-system"
    source = Path(user["PWD"]) / "ntm-memory-system"
    shutil.copytree(installed, source)
    assert _script(user, installed, "memorize", "小美喜欢绿茶")["action"] == "created"
    run(openclaw, user, "skills", "install", "./ntm-memory-system", "--global", "--force")
    assert _script(user, installed, "recall", "绿茶")["memories"][0]["content"] == "小美喜欢绿茶"


def test_an_agent_reads_it_and_runs_its_commands(openclaw, user):
    skill = Path.home() / ".openclaw" / "skills" / "ntm-memory-system"
    turns = [
        {"name": "read", "input": {"path": f"{skill}/SKILL.md"}},
        _exec(f"python3 {skill}/scripts/memorize.py '小美喜欢绿茶' --key mei-tea"),
        _exec(f"python3 {skill}/scripts/memorize.py - <<'EOF'\nThe staging port is 5433 \"for now\"\nEOF"),
        _exec("python3 ~/.openclaw/skills/ntm-memory-system/scripts/recall.py 绿茶"),
        _exec(f"python3 {skill}/scripts/list.py"),
        {"text": "done"},
    ]
    with serving(OpenAI, turns) as model:
        (Path.home() / ".openclaw" / "openclaw.json").write_text(json.dumps(_config(model.server_port)))
        state = str(Path.home() / ".openclaw")
        arguments = ["--state-dir", state, "--config", f"{state}/openclaw.json", "--cwd", user["PWD"], "--json"]
        answer = json.loads(run(openclaw, user, "agent", "exec", "go on", *arguments))
    assert answer["final"] == "done"
    assert answer["toolSummary"]["failures"] == 0
    last = [request for request in model.requests if request.get("tools")][-1]
    said = [message["content"] for message in last["messages"] if message["role"] == "tool"]
    assert "ntm-memory-system" in json.dumps(last["messages"][0], ensure_ascii=False)
    assert "Recall before you answer" in str(said[0])
    assert str(said[1]).startswith("created m_") and str(said[2]).startswith("created m_")
    assert "小美喜欢绿茶" in str(said[3])
    assert 'The staging port is 5433 "for now"' in str(said[4])


def _exec(command):
    return {"name": "exec", "input": {"command": command}}


def _config(port):
    model = {"id": "stub-model", "name": "Stub", "input": ["text"], "contextWindow": 100_000, "maxTokens": 4_000}
    provider = {"baseUrl": f"http://127.0.0.1:{port}/v1", "apiKey": "dummy", "api": "openai-completions"}
    return {
        "models": {"mode": "merge", "providers": {"stub": {**provider, "models": [model]}}},
        "agents": {"defaults": {"model": {"primary": "stub/stub-model"}}},
    }


def _script(user, skill, name, text):
    command = ["python3", str(skill / "scripts" / f"{name}.py"), text, "--format", "json"]
    return json.loads(subprocess.run(command, capture_output=True, env=user).stdout)
