"""The official client against the real process, in both forms of the protocol."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from serving import SCRIPT

from ntm_memory.mcp.tools import INSTRUCTIONS, TOOLS

DRIVER = Path(__file__).with_name("official.py")
NAMES = ("HOME", "XDG_DATA_HOME", "NTM_MEMORY_HOME", "NTM_MEMORY_ENV", "NTM_MEMORY_TESTING")


@pytest.fixture(scope="module", autouse=True)
def _installed():
    """The library itself: `mcp` alone would also be found in our own folder of scripts."""
    if subprocess.run([sys.executable, "-I", "-c", "from mcp import Client"], capture_output=True).returncode:
        pytest.skip("needs the official SDK: pip install 'mcp>=2'")


def drive(*calls, mode="auto", args=(SCRIPT,)):
    told = {"command": sys.executable, "args": list(args), "mode": mode, "calls": calls}
    told["env"] = {name: os.environ[name] for name in NAMES if name in os.environ}
    done = subprocess.run([sys.executable, "-I", str(DRIVER)], input=json.dumps(told).encode(), capture_output=True)
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    assert b"Traceback" not in done.stderr and b"Failed to parse" not in done.stderr, done.stderr.decode()
    return json.loads(done.stdout)


@pytest.mark.parametrize(("mode", "version"), [("auto", "2026-07-28"), ("legacy", "2025-11-25")])
def test_it_connects_lists_and_calls(home, mode, version):
    answer = drive(
        ["memorize", {"content": "小美喜欢绿茶", "key": "mei-tea", "tags": ["人"]}],
        ["recall", {"query": "小美喝什么？"}],
        ["update", {"id": "mei-tea", "content": "小美喜欢红茶"}],
        ["list", {"limit": 1}],
        ["recall", {"qery": "?"}],
        ["status", {}],
        mode=mode,
    )
    assert (answer["version"], answer["instructions"]) == (version, INSTRUCTIONS)
    assert [tool["name"] for tool in answer["tools"]] == [tool["name"] for tool in TOOLS]
    stored, recalled, updated, listed, refused, status = answer["results"]
    id = stored["structuredContent"]["memory"]["id"]
    assert stored["content"][0]["text"].startswith(f"created {id} ")
    assert id in recalled["content"][0]["text"] and "小美喜欢绿茶" in recalled["content"][0]["text"]
    assert recalled["structuredContent"]["memories"][0]["key"] == "mei-tea"
    assert updated["structuredContent"]["previous"]["content"] == "小美喜欢绿茶"
    assert listed["structuredContent"]["memories"][0]["content"] == "小美喜欢红茶"
    assert refused["isError"] and "did you mean query?" in refused["content"][0]["text"]
    assert status["structuredContent"]["memories"] == {"live": 1, "archived": 0, "erased": 0}


def test_the_console_command_is_the_same_server(home):
    start = "import sys; from ntm_memory.cli.console import run; sys.exit(run(['mcp']))"
    answer = drive(["memorize", {"content": "Tom is in Oslo"}], args=("-c", start))
    assert answer["results"][0]["structuredContent"]["action"] == "created"


def test_where_nothing_is_set_up_each_call_says_what_to_run(home, tmp_path, monkeypatch):
    monkeypatch.setenv("NTM_MEMORY_ENV", str(tmp_path / "none"))
    answer = drive(["recall", {"query": "x"}], ["hook", {"event": "Stop"}])
    assert len(answer["tools"]) == len(TOOLS)
    refused, hook = answer["results"]
    assert refused["isError"] and refused["structuredContent"]["error"]["code"] == "not_set_up"
    assert "scripts/install.py" in refused["content"][0]["text"]
    assert hook["content"][0]["text"] == "{}"
