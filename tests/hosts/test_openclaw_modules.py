"""What OpenClaw loads, run by Node on a real server: what was found can be opened, and nothing throws into the host."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ntm_memory.commands import run
from tests.opening import TINY, write_config

ROOT = Path(__file__).parents[2]
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="there is no Node")


@pytest.fixture
def home(tmp_path, monkeypatch):
    folder = tmp_path / "memory"
    write_config(folder, **TINY, recall={"confidence_floor": 0.0}, store={"backups": 0})
    monkeypatch.setenv("NTM_MEMORY_HOME", str(folder))
    return folder


def node(program):
    """What a program with our modules prints, as JSON."""
    at = (ROOT / "openclaw").as_uri()
    lines = [
        f'import plugin, {{ get, search }} from "{at}/memory.mjs";',
        f'import slot from "{at}/slot.mjs";',
        "const say = (value) => console.log(JSON.stringify(value));",
        program,
    ]
    command = [NODE, "--input-type=module", "-e", "\n".join(lines)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def tell(home, content, namespace):
    return run({"command": "memorize", "home": str(home), "content": content, "namespace": namespace})["memory"]["id"]


@pytest.mark.parametrize("namespace", ["shared", "default", "shared/episodes"])
def test_what_search_found_get_opens(home, namespace):
    id = tell(home, "My landlord is called Frau Ruiz", namespace)
    (found, opened, short) = node(
        'const [one] = await search({ query: "my landlord" });'
        "say(one); say(await get({ lookup: one.path }));"
        f'say(await get({{ lookup: "ntm-memory/{id}" }}));'
    )
    assert found["path"] == f"ntm-memory/{namespace}/{id}"
    assert opened["content"] == short["content"] == "My landlord is called Frau Ruiz"
    assert (opened["fromLine"], opened["totalLines"]) == (1, 1)


def test_a_memory_of_any_namespace_is_opened_by_its_path(home):
    id = tell(home, "the port is 5433", "team/notes")
    assert node(f'say((await get({{ lookup: "ntm-memory/team/notes/{id}" }})).content);') == ["the port is 5433"]


@pytest.mark.parametrize("text", ["the port number 5433 is open " * 400, "小美喜欢绿茶" * 900])
def test_a_long_memory_is_read_whole_in_parts(home, text):
    id = tell(home, text, "shared")
    (parts,) = node(
        "const parts = []; let from = 1, one;"
        f'do {{ one = await get({{ lookup: "ntm-memory/shared/{id}", fromLine: from, lineCount: 7 }});'
        "parts.push(one); from += one.lineCount; } while (one.truncated); say(parts);"
    )
    assert len(parts) > 1
    assert max(len(line) for part in parts for line in part["content"].split("\n")) <= 400
    whole = "\n".join(part["content"] for part in parts)
    assert "".join(whole.split()) == "".join(text.split())


def test_nothing_throws_into_the_host(home):
    told = ["", "{}", "null", "{ lookup: 5, query: 5 }", "{ query: 'x', agentSessionKey: null, maxResults: 'many' }"]
    odd = ["", "{}", "null", "{ success: true }", "{ success: true, messages: 3 }", "{ prompt: 'x' }"]
    program = "const on = {}; const api = { registerMemoryCorpusSupplement() {}, on(name, act) { on[name] = act; },"
    program += "tools: {}, registerMemoryCapability() {}, registerTool(make) { const t = make({});"
    program += "this.tools[t.name] = t; } };"
    program += "plugin.register(api); slot.register(api); let count = 0;"
    for each in told:
        program += f"await search({each}); await get({each}); await on.before_tool_call({each}); count++;"
    for event in odd:
        program += "".join(
            f"await on.{name}({event or 'undefined'}, {ctx}); count++;"
            for name in ("before_prompt_build", "agent_end")
            for ctx in ("undefined", "null", "{}", "{ sessionKey: null }", "{ sessionKey: 7 }")
        )
    program += (
        'await api.tools.memory_get.execute("1", {}); await api.tools.memory_search.execute("1", {}); say(count);'
    )
    assert node(program) == [len(told) + len(odd) * 10]
