"""`install.py` as a person meets it: three sentences at the end, rules where asked, a hint that works."""

from __future__ import annotations

import json
import os
import shlex
import sys
import sysconfig
from pathlib import Path

import pytest
from _door import MARKER
from _setup.ending import NO_HOST, ending
from _setup.main import _place_of_rules, main
from _setup.requirements import read_requirements
from _setup.skill import PLUGIN, chosen_targets, copy_skill

from ntm_memory.paths import host_folders

from .calls import SKILL, call
from .test_door import PLAIN


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """One that an earlier installation completed: nothing has to be downloaded."""
    folder = tmp_path / "env"
    folder.mkdir()
    (folder / "packages").symlink_to(sysconfig.get_path("purelib"), target_is_directory=True)
    requirements = read_requirements(SKILL / "pyproject.toml")
    marker = {"complete": True, "python": str(PLAIN), "packages": str(folder / "packages")}
    marker |= {"made_by": "pip --target", "requirements": requirements, "extras": []}
    (folder / MARKER).write_text(json.dumps(marker))
    monkeypatch.setenv("NTM_MEMORY_ENV", str(folder))
    return folder


def run(*arguments, **variables):
    return call("install", *arguments, python=PLAIN, **variables)


@pytest.mark.real_model
class TestWhole:
    def test_it_ends_in_three_sentences_and_says_that_there_is_no_host(self, environment):
        done = run()
        assert done.code == 0, done.out + done.err
        assert done.out.splitlines() == [
            NO_HOST,
            f"The skill is in {SKILL}, its Python environment in {environment}, and memories go to"
            f" {Path.home() / 'memory'}.",
            f"Try it: run python3 {SKILL}/scripts/memorize.py 'I take my tea without sugar',"
            f" then python3 {SKILL}/scripts/recall.py 'How do I take my tea?'",
            f"Undo it: run python3 {SKILL}/scripts/install.py --uninstall, which keeps your memories.",
        ]

    def test_what_it_says_to_try_works_and_what_it_says_to_undo_undoes(self, environment):
        (Path.home() / ".claude").mkdir(parents=True)
        done = run("--allow")
        assert done.code == 0, done.out + done.err
        settings = Path.home() / ".claude" / "settings.json"
        skill = host_folders()["claude"]
        allowed = ["Skill(ntm-memory-system)", f"Bash(python3 {skill}/scripts/*)"]
        assert json.loads(settings.read_text()) == {"permissions": {"allow": allowed}}
        lines = done.out.splitlines()
        assert lines[0] == f"Written: the rules {' and '.join(allowed)} in {settings}."
        assert lines[2].startswith('Try it: tell Claude Code "Remember that')
        undo = shlex.split(lines[-1].partition("run ")[2].partition(",")[0])
        assert undo[:2] == ["python3", str(skill / "scripts" / "install.py")]
        undone = call(Path(undo[1]).stem, *undo[2:], skill=skill, python=PLAIN)
        assert undone.code == 0, undone.out
        assert not environment.exists()
        assert not skill.exists()

    def test_where_home_cannot_be_written_to_the_hint_works(self, environment, tmp_path):
        home = tmp_path / "no home"
        home.touch()
        variables = {"HOME": str(home), "XDG_DATA_HOME": None, "XDG_CONFIG_HOME": None, "XDG_CACHE_HOME": None}
        unset = {"NTM_MEMORY_HOME": None, "NTM_MEMORY_ENV": None}
        for arguments in ([], ["--home", str(tmp_path / "elsewhere")]):
            done = run(*arguments, **variables, **unset)
            assert done.code == 3
            assert done.out == ""
            error, hint = done.err.splitlines()[-2:]
            assert error.startswith("error store_error: ")
            assert str(home) in error
            command = shlex.split(hint.partition(": ")[2].partition(": ")[2])
            assert command[2:] == ["python3", str(SKILL / "scripts" / "install.py")]
        names = dict(each.split("=") for each in command[:2])
        assert names == {"NTM_MEMORY_HOME": "DIR", "NTM_MEMORY_ENV": "DIR/venv"}
        told = {"NTM_MEMORY_HOME": str(tmp_path / "DIR"), "NTM_MEMORY_ENV": str(environment)}
        done = run(**variables, **told)
        assert done.code == 0, done.out
        assert f"memories go to {tmp_path / 'DIR'}." in done.out
        stored = call("memorize", "green tea", "--format", "json", python=PLAIN, **variables, **told)
        assert stored.answer["ok"] is True, stored.out

    @pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="root may write everywhere")
    def test_a_home_of_somebody_else(self, environment, tmp_path):
        home = tmp_path / "theirs"
        home.mkdir(mode=0o500)
        done = run(HOME=str(home), XDG_DATA_HOME=None, NTM_MEMORY_HOME=None, NTM_MEMORY_ENV=None)
        assert "NTM_MEMORY_HOME=DIR" in done.err.splitlines()[-1]


def answer(*hosts, allow=None):
    targets = {host: {"path": f"/h/{host}", "action": "installed"} for host in hosts}
    skill = next((target["path"] for target in targets.values()), "/a b/skill")
    told = {"home": "/m", "environment": "/env", "skill": skill, "targets": targets}
    return told | ({"allow": allow} if allow else {})


class TestEnding:
    @pytest.mark.parametrize("hosts", [("claude",), (PLUGIN,), ("claude", "openclaw"), ("openclaw",), ()])
    def test_the_last_three_lines_say_where_what_and_how_to_undo(self, hosts):
        lines = ending(answer(*hosts), looked_for_hosts=False).splitlines()
        assert [line.split()[0] for line in lines[-3:]] == ["The", "Try", "Undo"]
        for host in hosts:
            assert f"/h/{host} (" in lines[-3]
        assert NO_HOST not in lines

    def test_paths_with_spaces_are_quoted_in_commands(self):
        lines = ending(answer(), looked_for_hosts=True).splitlines()
        assert "python3 '/a b/skill/scripts/recall.py' " in lines[-2]
        assert "python3 '/a b/skill/scripts/install.py' --uninstall" in lines[-1]

    def test_that_claude_code_asks_is_said_only_where_it_does(self):
        allow = {"rules": ["R"], "file": "/s", "changed": True, "backup": "/s.bak"}
        for told, asks in (
            (answer("claude"), True),
            (answer("claude", allow=allow), False),
            (answer(PLUGIN), False),
            (answer("openclaw"), False),
        ):
            assert ("asks before each call" in ending(told, looked_for_hosts=False)) is asks
        assert "in /s, as it was in /s.bak." in ending(answer("claude", allow=allow), looked_for_hosts=False)

    def test_rules_that_cannot_name_the_copy_are_left_out_and_that_is_said(self):
        place = Path("/a home/.claude/skills/ntm-memory-system")
        rules_for, why = _place_of_rules({"claude": place}, "claude")
        assert rules_for is None
        said = ending(answer("claude") | {"allow_left_out": why}, looked_for_hosts=False)
        assert f"left out: no rule can name {place}" in said
        assert "--target claude-plugin" in said


class TestRefused:
    def test_rules_without_claude_code(self, capsys):
        for arguments in (["--allow"], ["--allow", "--target", "openclaw"]):
            assert main(arguments) == 2
            assert capsys.readouterr().err.startswith("error usage: --allow is for Claude Code")

    def test_settings_that_cannot_be_read_before_anything_is_made(self, tmp_path, monkeypatch, capsys):
        monkeypatch.setenv("NTM_MEMORY_ENV", str(tmp_path / "env"))
        settings = Path.home() / ".claude" / "settings.json"
        settings.parent.mkdir(parents=True)
        settings.write_text("{ // mine")
        assert main(["--allow"]) == 3
        said = capsys.readouterr()
        assert said.out == ""
        assert "add to permissions.allow by hand: Skill(ntm-memory-system), Bash(python3 " in said.err
        assert not (tmp_path / "env").exists()
        assert settings.read_text() == "{ // mine"

    def test_a_plugin_from_a_copy_that_has_none(self, tmp_path, capsys, monkeypatch):
        copy_skill(SKILL, tmp_path / "ntm-memory-system")
        done = call("install", "--target", PLUGIN, skill=tmp_path / "ntm-memory-system")
        assert done.code == 3
        assert done.err.startswith("error no_plugin: ")


class TestPlugin:
    @pytest.fixture
    def source(self, tmp_path):
        folder = tmp_path / "checkout"
        copy_skill(SKILL, folder)
        for name in (".claude-plugin/plugin.json", ".claude-plugin/marketplace.json", "hooks/hooks.json", ".mcp.json"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text("{}")
        return folder

    def test_its_files_are_copied_where_it_is_asked_for(self, source):
        target = host_folders()["claude"]
        copy_skill(source, target, plugin=True)
        assert (target / ".claude-plugin" / "plugin.json").is_file()
        assert (target / "hooks" / "hooks.json").is_file()
        assert (target / ".mcp.json").is_file()
        copy_skill(source, target)
        assert not [path for path in target.iterdir() if path.name in (".claude-plugin", ".mcp.json", "hooks")]

    def test_a_plugin_stays_one_unless_the_plain_skill_is_asked_for(self, source):
        (Path.home() / ".claude").mkdir(parents=True)
        assert list(chosen_targets("auto")) == ["claude"]
        copy_skill(source, host_folders()["claude"], plugin=True)
        assert list(chosen_targets("auto")) == [PLUGIN]
        assert list(chosen_targets("both")) == [PLUGIN, "openclaw"]
        assert list(chosen_targets("claude")) == ["claude"]
        assert chosen_targets(PLUGIN) == {PLUGIN: host_folders()["claude"]}


def test_an_old_python_is_told_in_words_too(tmp_path):
    code = (
        "import runpy, sys; sys.version_info = (3, 9, 18); sys.argv = sys.argv[1:]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    import subprocess

    done = subprocess.run(
        [sys.executable, "-c", code, str(SKILL / "scripts" / "install.py")], capture_output=True, text=True
    )
    assert done.stderr.startswith("error not_set_up: Python 3.10 or newer is needed")
