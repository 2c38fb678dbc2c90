"""The skill as a plugin of Claude Code: its files say what is there, its command hook never stands in the way."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ntm_memory import __version__
from ntm_memory.arguments.parsers import PARSERS
from ntm_memory.commands import run
from ntm_memory.hosts import hooks
from ntm_memory.hosts.permission import why_allowed
from ntm_memory.hosts.projects import project_of
from ntm_memory.mcp.tools import TOOLS as SERVED
from ntm_memory.operations.validation import RECALLED_TAG
from ntm_memory.paths import APP
from tests.opening import TINY, write_config

ROOT = Path(__file__).parents[2]
PLUGIN = json.loads((ROOT / ".claude-plugin" / "plugin.json").read_text(encoding="utf-8"))
HOOKS = json.loads((ROOT / "hooks" / "hooks.json").read_text(encoding="utf-8"))["hooks"]
EVERY = [
    (event, entry.get("matcher"), hook)
    for event, entries in HOOKS.items()
    for entry in entries
    for hook in entry["hooks"]
]


def test_it_is_the_skill_of_this_version():
    assert (PLUGIN["name"], PLUGIN["version"], PLUGIN["skills"]) == (APP, __version__, ["./"])
    market = json.loads((ROOT / ".claude-plugin" / "marketplace.json").read_text(encoding="utf-8"))
    assert [(each["name"], each["source"]) for each in market["plugins"]] == [(APP, "./")]


def test_its_files_are_there():
    arguments = [each for _, _, hook in EVERY for each in hook.get("args", ())]
    for argument in [*PLUGIN["mcpServers"]["memory"]["args"], *arguments]:
        name = argument.removeprefix("${CLAUDE_PLUGIN_ROOT}/")
        assert name != argument
        assert (ROOT / name).is_file()


def test_each_event_is_one_that_is_answered_and_goes_to_the_plugin_s_own_server():
    assert set(HOOKS) == set(hooks._AT_ONCE | hooks._TEXTS)
    for event, matcher, hook in EVERY:
        if hook["type"] == "command":
            assert (event, matcher) == ("SessionStart", "startup|resume"), "the server is not connected yet only then"
            continue
        assert (hook["type"], hook["server"], hook["tool"]) == ("mcp_tool", f"plugin:{APP}:memory", "hook")
        told = hook["input"]
        assert told["event"] == event
        assert all(value == f"${{{name}}}" for name, value in told.items() if name != "event")


def test_the_tools_that_run_unasked_are_those_of_the_server():
    matcher = next(matcher for event, matcher, _ in EVERY if event == "PreToolUse")
    for tool in SERVED:
        name = f"mcp__plugin_{APP}_memory__{tool['name']}"
        assert re.fullmatch(matcher, name)
        assert (why_allowed(name, {}) is not None) == (tool["name"] != "hook")
    assert {tool["name"] for tool in SERVED} - set(PARSERS) == {"hook"}


def session_start(tmp_path, text=None, **variables):
    """What the command hook says when a session starts in a project."""
    (tmp_path / "app" / ".git").mkdir(parents=True, exist_ok=True)
    event = {"hook_event_name": "SessionStart", "source": "startup", "session_id": "s", "cwd": str(tmp_path / "app")}
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "hook.py")],
        input=(json.dumps(event) if text is None else text).encode(),
        capture_output=True,
        env={**os.environ, "NTM_MEMORY_HOME": str(tmp_path / "memory"), **variables},
        cwd=tmp_path,
    )
    assert done.returncode == 0
    assert done.stderr == b""
    return json.loads(done.stdout)


def test_a_session_begins_with_what_was_told(tmp_path):
    write_config(tmp_path / "memory", **TINY, store={"backups": 0})
    run({"command": "memorize", "home": str(tmp_path / "memory"), "content": "小美喜欢绿茶", "namespace": "shared"})
    told = session_start(tmp_path)["hookSpecificOutput"]
    assert told["hookEventName"] == "SessionStart"
    assert RECALLED_TAG in told["additionalContext"]
    assert "小美喜欢绿茶" in told["additionalContext"]


def test_where_nothing_was_told_it_says_once_that_memory_is_there_and_makes_none(tmp_path):
    text = session_start(tmp_path)["hookSpecificOutput"]["additionalContext"]
    assert project_of(str(tmp_path / "app")).namespace in text
    assert len(text) <= 200 and "\n" not in text
    assert session_start(tmp_path) == {}
    assert not (tmp_path / "memory" / "memory.db").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00", '{"hook_event_name": 7}'])
def test_what_is_no_event_is_answered_with_nothing(tmp_path, text):
    write_config(tmp_path / "memory", **TINY)
    run({"command": "memorize", "home": str(tmp_path / "memory"), "content": "x"})
    assert session_start(tmp_path, text) == {}


def test_where_nothing_is_set_up_it_says_nothing(tmp_path):
    assert session_start(tmp_path, NTM_MEMORY_ENV=str(tmp_path / "none")) == {}


def test_a_memory_that_cannot_be_read_says_nothing(tmp_path):
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "memory.db").write_bytes(b"no database at all" * 100)
    assert session_start(tmp_path) == {}
