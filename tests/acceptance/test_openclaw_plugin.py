"""The real OpenClaw with our native plugin, and a scripted model: what it searches, is shown, keeps and leaves behind.

It is 840 MB: `NTM_MEMORY_TEST_OPENCLAW=DIR pytest -m acceptance`, installed into DIR by npm unless it is there.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from .claude import ROOT
from .openclaw import run, where_wanted
from .stubs import OpenAI, serving

SLOT = "ntm-memory-system/slot"
pytestmark = where_wanted


@pytest.fixture
def skill(person, data):
    """The skill as the installer copies it for OpenClaw, with two memories."""
    from _setup.skill import chosen_targets, copy_skill

    folder = chosen_targets("openclaw")["openclaw"]
    copy_skill(ROOT, folder)
    for text in ("小美喜欢绿茶", "今天和老大讨论了认知天性"):
        script(person, folder, "memorize", text)
    return folder


@pytest.fixture
def plugin(openclaw, person, skill):
    """That, with its plugin installed."""
    run(openclaw, person, "plugins", "install", "--link", "--force", "--accept-capabilities", str(skill))
    return skill


def script(user, skill, name, *arguments):
    command = ["python3", str(skill / "scripts" / f"{name}.py"), *arguments]
    return subprocess.run(command, capture_output=True, env=user, text=True, check=True).stdout


def chat(openclaw, user, turns, *arguments, slot=None):
    """Let an agent play these turns; its requests to the model that offered tools."""
    file = Path.home() / ".openclaw" / "openclaw.json"
    with serving(OpenAI, turns) as model:
        config = json.loads(file.read_text()) if file.exists() else {}
        one = {"id": "stub-model", "name": "Stub", "input": ["text"], "contextWindow": 100_000, "maxTokens": 4_000}
        at = {"baseUrl": f"http://127.0.0.1:{model.server_port}/v1", "apiKey": "dummy", "api": "openai-completions"}
        config["models"] = {"mode": "merge", "providers": {"stub": {**at, "models": [one]}}}
        config["agents"] = {"defaults": {"model": {"primary": "stub/stub-model"}}}
        if "plugins" in config:
            entries = config["plugins"]["entries"]
            entries["ntm-memory-system/memory"] = {"enabled": True, "hooks": {"allowConversationAccess": True}}
            if slot is not None:
                config["plugins"]["slots"] = {"memory": slot}
                entries.pop("memory-core", None)
        file.write_text(json.dumps(config))
        run(openclaw, user, "agent", *arguments, "--json")
        return [request for request in model.requests if request.get("tools")]


def local(prompt):
    return "--local", "--session-id", "s1", "--message", prompt


def execute(prompt, user):
    state = str(Path.home() / ".openclaw")
    return "exec", prompt, "--state-dir", state, "--config", f"{state}/openclaw.json", "--cwd", user["PWD"]


def search(query):
    return {"name": "tool_call", "input": {"id": "memory_search", "args": {"query": query}}}


def tools_said(request):
    return [str(message["content"]) for message in request["messages"] if message["role"] == "tool"]


def servers(skill):
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    return [line for line in listed.splitlines() if f"{skill}/scripts/mcp.py" in line]


@pytest.mark.parametrize("slot", [SLOT, "memory-core"])
def test_memory_search_finds_ours_and_the_prompt_is_told_what_matters(openclaw, person, plugin, slot):
    assert json.loads((Path.home() / ".openclaw" / "openclaw.json").read_text())["plugins"]["slots"]["memory"] == SLOT
    turns = [search("绿茶"), search("和老大讨论了什么？"), {"text": "她喜欢绿茶"}]
    last = chat(openclaw, person, turns, *local("小美喜欢喝什么茶？"), slot=slot)[-1]
    tea, talk = tools_said(last)
    assert "小美喜欢绿茶" in tea
    assert "今天和老大讨论了认知天性" in talk
    asked = next(str(message["content"]) for message in last["messages"] if "喝什么茶" in str(message["content"]))
    assert "<recalled-memories" in asked
    assert asked.index("小美喜欢绿茶") < asked.index("小美喜欢喝什么茶")
    kept = script(person, plugin, "export", "-", "--as", "jsonl", "--namespace", "shared/episodes")
    assert "小美喜欢喝什么茶" in kept
    assert "她喜欢绿茶" in kept
    assert "recalled-memories" not in kept
    deadline = time.monotonic() + 10
    while servers(plugin) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert servers(plugin) == []


def test_nothing_is_put_before_what_no_memory_matters_for(openclaw, person, plugin):
    last = chat(openclaw, person, [{"text": "ok"}], *local("fix the failing test in parser.ts"))[-1]
    assert "<recalled-memories" not in json.dumps(last["messages"])


def test_one_agent_memorizes_and_a_second_recalls(openclaw, person, skill):
    command = f"python3 {skill}/scripts/memorize.py 'The staging port is 5433' --key staging-port"
    turns = [{"name": "exec", "input": {"command": command}}, {"text": "kept"}]
    chat(openclaw, person, turns, *execute("remember the port", person))
    command = f"python3 {skill}/scripts/recall.py 'Which port is staging?'"
    turns = [{"name": "exec", "input": {"command": command}}, {"text": "5433"}]
    last = chat(openclaw, person, turns, *execute("which port?", person))[-1]
    assert "The staging port is 5433" in tools_said(last)[0]


def test_installing_it_twice_over_itself_loses_nothing(openclaw, person, skill, tmp_path):
    source = tmp_path / "project" / "ntm-memory-system"
    shutil.copytree(skill, source)
    for _ in range(2):
        run(openclaw, person, "skills", "install", "./ntm-memory-system", "--global", "--force")
        assert "小美喜欢绿茶" in script(person, skill, "recall", "绿茶")


def test_the_folder_for_clawhub_is_a_usable_skill(openclaw, person, tmp_path):
    from _setup.clawhub import export

    export(ROOT, "clawhub", str(tmp_path / "project"))
    run(openclaw, person, "skills", "install", "./ntm-memory-system", "--global")
    told = json.loads(run(openclaw, person, "skills", "info", "ntm-memory-system", "--json"))
    assert told["eligible"]
    assert told["modelVisible"]
    checked = json.loads(run(openclaw, person, "skills", "check", "--json"))
    assert "ntm-memory-system" not in json.dumps(checked.get("missing", checked.get("missingRequirements", [])))
