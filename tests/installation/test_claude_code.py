"""Claude Code's settings: two rules come and go, everything else is the user's."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from ntm_memory.errors import BadValueError, ConfigError
from ntm_memory.installation.claude_code import (
    allow,
    check_allow,
    has_plugin,
    may_write,
    rules,
    settings_file,
    settings_in_force,
    take_back,
)

SKILL = Path("/home/mia/.claude/skills/ntm-memory-system")
TEXT = '{"model": "opus",\n  "permissions": {"deny": ["Read(.env)"],  "allow": ["Bash(ls)"]}, "n": 1e3}\n'


@pytest.fixture
def settings():
    file = settings_file()
    file.parent.mkdir(parents=True)
    file.write_text(TEXT)
    return file


def test_the_rules_are_the_two_that_work_in_each_message_and_in_subagents():
    assert rules(SKILL) == (
        "Skill(ntm-memory-system)",
        "Bash(python3 /home/mia/.claude/skills/ntm-memory-system/scripts/*)",
    )


@pytest.mark.parametrize("path", ["/a b/s", "/a(b)/s", "/a*/s", "/a'b/s", "/$HOME/s", "C:\\a\\s"])
def test_no_rule_for_a_path_that_needs_quotes_or_would_mean_something_else(path, settings):
    with pytest.raises(BadValueError, match="needs quotes"):
        allow(Path(path))
    assert settings.read_text() == TEXT


def test_they_are_added_once_with_a_copy_of_what_was_there(settings):
    first = allow(SKILL)
    text = settings.read_text()
    assert json.loads(text)["permissions"]["allow"] == ["Bash(ls)", *rules(SKILL)]
    assert Path(first["backup"]).read_text() == TEXT
    again = allow(SKILL)
    assert (again["changed"], again["backup"], settings.read_text()) == (False, None, text)
    assert len(list(settings.parent.iterdir())) == 2


def test_taking_them_back_leaves_the_file_as_it_was(settings):
    allow(SKILL)
    told = take_back([SKILL, Path("/other")], dry_run=True)
    assert told["rules"] == list(rules(SKILL))
    assert settings.read_text() != TEXT
    assert take_back([SKILL, Path("/other"), Path("/a b")])["changed"]
    assert settings.read_text() == TEXT
    assert take_back([SKILL])["changed"] is False


def test_a_file_is_made_where_there_is_none_and_none_is_made_to_take_back():
    assert take_back([SKILL])["changed"] is False
    assert not settings_file().exists()
    assert allow(SKILL)["backup"] is None
    assert json.loads(settings_file().read_text()) == {"permissions": {"allow": list(rules(SKILL))}}
    take_back([SKILL])
    assert json.loads(settings_file().read_text()) == {}


@pytest.mark.parametrize("content", [b"{", b"// mine\n{}", b"[]", b'{"permissions": []}', b"\xff{}", b"\xef\xbb\xbf{"])
def test_what_cannot_be_read_stays_as_it_is(content, settings):
    settings.write_bytes(content)
    for act in (allow, check_allow):
        with pytest.raises(ConfigError) as caught:
            act(SKILL)
        assert str(settings) in caught.value.message
    assert settings.read_bytes() == content
    assert [path.name for path in settings.parent.iterdir()] == ["settings.json"]


def test_a_byte_order_mark_is_read_past_and_stays(settings):
    before = b'\xef\xbb\xbf{"model": "x"}'
    settings.write_bytes(before)
    assert allow(SKILL)["changed"]
    assert settings.read_bytes().startswith(b"\xef\xbb\xbf{")
    assert rules(SKILL)[0] in json.loads(settings.read_text(encoding="utf-8-sig"))["permissions"]["allow"]
    assert take_back([SKILL])["rules"] == list(rules(SKILL))
    assert settings.read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="modes and links of POSIX")
def test_a_link_and_a_mode_stay_what_they_are(settings, tmp_path):
    shared = tmp_path / "dotfiles.json"
    settings.rename(shared)
    shared.chmod(0o640)
    settings.symlink_to(shared)
    allow(SKILL)
    assert settings.is_symlink()
    assert "scripts/*" in shared.read_text()
    assert stat.S_IMODE(shared.stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("sandbox", "answer"),
    [
        (None, None),
        ({"filesystem": {}}, None),
        ({"enabled": False}, None),
        ({"enabled": True}, False),
        ({"enabled": True, "filesystem": {"allowWrite": ["/elsewhere"]}}, False),
        ({"enabled": True, "filesystem": {"allowWrite": ["~/.local/share/ntm-memory-system"]}}, True),
        ({"enabled": True, "filesystem": {"allowWrite": ["~/.local"]}}, True),
        ({"enabled": True, "filesystem": {"allowWrite": ["//"]}}, True),
        ({"enabled": True, "filesystem": "odd"}, False),
    ],
)
def test_whether_a_sandbox_lets_us_write(sandbox, answer):
    folder = Path.home() / ".local" / "share" / "ntm-memory-system"
    assert may_write([{}, {} if sandbox is None else {"sandbox": sandbox}, {"model": "x"}], folder) is answer


def test_of_two_that_speak_of_a_sandbox_the_stronger_enables_and_folders_add_up():
    on, off = {"sandbox": {"enabled": True}}, {"sandbox": {"enabled": False}}
    named = {"sandbox": {"filesystem": {"allowWrite": ["/m"]}}}
    assert may_write([on, off], Path("/m")) is None
    assert may_write([named, off, on], Path("/m")) is True
    assert may_write([off, on], Path("/m")) is False


def test_settings_of_user_and_project_are_read_and_broken_ones_passed_over(settings, tmp_path):
    local = tmp_path / "project" / ".claude"
    local.mkdir(parents=True)
    (local / "settings.json").write_text("{")
    (local / "settings.local.json").write_text('{"sandbox": {"enabled": true}}')
    found = dict(settings_in_force(tmp_path / "project"))
    assert [file for file in found if file.is_relative_to(tmp_path)] == [settings, local / "settings.local.json"]


def test_a_plugin_is_known_by_its_manifest(tmp_path):
    assert not has_plugin(tmp_path)
    (tmp_path / ".claude-plugin").mkdir()
    (tmp_path / ".claude-plugin" / "plugin.json").write_text("{}")
    assert has_plugin(tmp_path)
