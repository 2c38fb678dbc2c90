"""`doctor`: works where nothing does, names what is wrong, changes nothing, shows no memory and no secret."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import sysconfig
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from opening import opened, write_config

from ntm_memory import __version__
from ntm_memory.cli.console import run
from ntm_memory.installation import doctor, inside, surroundings
from ntm_memory.installation.claude_code import rules, settings_file
from ntm_memory.paths import host_folders
from ntm_memory.persistence.hook_runs import note_run
from ntm_memory.persistence.pending import new_name, put
from tests.scripts.calls import SKILL, call

PLAIN = Path(getattr(sys, "_base_executable", sys.executable))
TEXT = "The vault code is zebra 7788"


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """One that the scripts enter."""
    folder = tmp_path / "env"
    folder.mkdir()
    (folder / "packages").symlink_to(sysconfig.get_path("purelib"), target_is_directory=True)
    marker = {"complete": True, "python": str(PLAIN), "packages": str(folder / "packages")}
    (folder / "ntm-memory-environment.json").write_text(json.dumps(marker))
    monkeypatch.setenv("NTM_MEMORY_ENV", str(folder))
    return folder


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A data folder with one memory in it."""
    folder = tmp_path / "m"
    write_config(folder, embedder={"backend": "tiny"})
    folder.chmod(0o700)
    (folder / "config.json").chmod(0o600)
    with opened(folder, {"store": {"backups": 1}}) as memory:
        memory.memorize(TEXT, key="vault")
    monkeypatch.setenv("NTM_MEMORY_HOME", str(folder))
    return folder


def files(folder):
    return {path: path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


def states(text):
    """Check → (state, the rest of its line)."""
    return {line[6:19].strip(): (line[:4].strip(), line[21:]) for line in text.splitlines()[:-1]}


def skill_for(host="claude"):
    """A skill in a host's folder, as far as `doctor` looks."""
    folder = host_folders()[host]
    (folder / "ntm_memory").mkdir(parents=True)
    shutil.copy(SKILL / "SKILL.md", folder)
    shutil.copy(SKILL / "ntm_memory" / "__init__.py", folder / "ntm_memory")
    return folder


class TestWhole:
    def test_where_nothing_is_set_up(self, tmp_path):
        done = call(
            "doctor",
            "--format",
            "text",
            python=PLAIN,
            cwd=tmp_path,
            NTM_MEMORY_ENV=str(tmp_path / "none"),
            NTM_MEMORY_HOME=None,
        )
        found = states(done.out)
        assert done.code == 1
        assert found["packages"][0] == "fail"
        assert f"run: python3 {SKILL}/scripts/install.py" in found["packages"][1]
        assert {"package", "python", "data folder", "disk space", "claude", "openclaw"} <= set(found)
        assert [state for state, _ in found.values()].count("fail") == 1
        assert done.err == ""
        assert not list(tmp_path.iterdir())

    def test_where_all_is_well(self, environment, home, tmp_path):
        before = files(home)
        done = call("doctor", "--format", "text", python=PLAIN, cwd=tmp_path, NTM_MEMORY_KEY="5a" * 32)
        found = states(done.out)
        assert done.code == 0, done.out + done.err
        assert {state for state, _ in found.values()} == {"ok"}
        assert found["memory"][1].startswith("1 live, 0 archived, 0 erased")
        assert found["round trip"][1].startswith("memorize ")
        assert found["training"][1].startswith("train.py computes with ")
        assert "NTM_MEMORY_KEY is set" in found["variables"][1]
        for secret in ("5a" * 32, "zebra", "vault"):
            assert secret not in done.out
        assert files(home) == before
        assert not list(Path(tempfile.gettempdir()).glob("ntm-memory-doctor-*"))

    def test_by_the_console_command_and_as_json(self, home, capsys):
        assert run(["doctor", "--format", "json"]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert (answer["ok"], answer["healthy"]) == (True, True)
        assert "environment" not in [check["name"] for check in answer["checks"]]
        assert {"name", "state", "said", "do"} == set(answer["checks"][0])

    def test_what_fails_is_said_in_the_words_of_the_door(self, home, capsys):
        write_config(home, embedder={"backend": "e5", "model": str(home / "none.bin")})
        assert run(["doctor"]) == 1
        out = capsys.readouterr().out
        assert states(out)["weights"][0] == "fail"
        assert "round trip" not in states(out)
        assert ".py" not in states(out)["weights"][1]

    def test_the_console_command_names_nothing_that_it_does_not_have(self, home):
        skill_for()
        (skill_for("openclaw") / "SKILL.md").unlink()
        checks = list(surroundings.hosts(home, home, doctor._installer(by_console=True)))
        assert {check.do for check in checks if check.do} == {
            "run: the skill's installer --target claude --allow",
            "move it away, then run: the skill's installer --target openclaw",
        }

    def test_a_setting_that_is_wrong(self, home, capsys):
        (home / "config.json").write_text('{"ntm_memory": {"embeder": {}}}')
        assert run(["doctor"]) == 1
        found = states(capsys.readouterr().out)
        assert found["config.json"][0] == "fail"
        assert "embeder" in found["config.json"][1]
        assert found["memory"][0] == "warn"  # it is looked at all the same, by the shipped settings

    def test_one_part_that_falls_over_keeps_no_other_from_being_looked_at(self, home, monkeypatch):
        monkeypatch.setattr(surroundings, "disk", lambda _: 1 / 0)
        checks = doctor.examine(str(home), by_console=True, project=home)["checks"]
        assert [check["said"] for check in checks if check["name"] == "folders"] == [
            "could not be looked at: ZeroDivisionError: division by zero"
        ]
        assert checks[-1]["name"] == "openclaw"


class TestMemory:
    def look(self, home):
        return doctor._memory(inside.report(str(home))["memory"], "3.x")

    def test_none_is_no_fault_and_none_is_made(self, tmp_path):
        assert self.look(tmp_path / "none").state == "ok"
        assert not (tmp_path / "none").exists()

    def test_a_damaged_one(self, home):
        with closing(sqlite3.connect(home / "memory.db")) as sql:
            sql.execute("UPDATE memories SET content = 'The vault code is 1'")
            sql.commit()
        check = self.look(home)
        assert check.state == "fail"
        assert "vault" not in check.said
        assert "--repair" in check.do

    def test_one_that_is_no_database(self, home):
        (home / "memory.db").write_bytes(b"no database at all" * 100)
        before = files(home)
        check = self.look(home)
        assert check.state == "fail"
        assert files(home) == before

    def test_one_of_an_older_version_is_not_brought_up_to_date(self, home):
        with closing(sqlite3.connect(home / "memory.db")) as sql:
            sql.execute("PRAGMA user_version = 2")
        before = files(home)
        check = self.look(home)
        assert (check.state, check.said) == ("warn", "schema 2 of an older version, now it is 4")
        assert files(home) == before

    def test_one_of_a_newer_version(self, home):
        with closing(sqlite3.connect(home / "memory.db")) as sql:
            sql.execute("PRAGMA user_version = 99")
        assert self.look(home).state == "fail"

    @pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
    def test_what_others_may_read_is_a_warning(self, home):
        (home / "usage.db").chmod(0o644)
        check = self.look(home)
        assert check.state == "warn"
        assert check.said.startswith("1 fault beside the memory, 0 warnings; ")

    @pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
    def test_an_environment_that_others_may_read_is_no_fault(self, home, monkeypatch):
        monkeypatch.setenv("NTM_MEMORY_ENV", str(home / "venv"))
        for name in ("venv", "venv-pycache"):
            (home / name).mkdir()
            (home / name).chmod(0o755)
        assert self.look(home).state == "ok"


class TestSurroundings:
    def test_a_file_where_the_folder_should_be(self, tmp_path):
        (tmp_path / "m").touch()
        check = surroundings.folder("data folder", tmp_path / "m", "elsewhere")
        assert (check.state, check.do) == ("fail", "elsewhere")

    def test_one_that_cannot_be_made_names_the_sandbox(self, tmp_path, monkeypatch):
        monkeypatch.setattr("os.access", lambda *_: False)
        check = surroundings.folder("data folder", tmp_path / "m", "elsewhere")
        assert check.state == "fail"
        assert "sandbox.filesystem.allowWrite" in check.do

    def test_an_environment_need_only_be_read(self, tmp_path, monkeypatch):
        monkeypatch.setattr("os.access", lambda _, mode: not mode & 2)
        assert surroundings.folder("environment", tmp_path, "x", only_read=True).state == "ok"
        assert surroundings.folder("environment", tmp_path / "none", "x", only_read=True).state == "fail"

    def test_a_project_s_file_that_hooks_did_not_understand_is_named_while_it_is_there(self, home, tmp_path):
        file = tmp_path / ".ntm-memory"
        file.write_text("CAPTURE: OFF")
        note_run(home, {"event": "Stop", "not_understood": str(file)})
        named = [each for each in doctor._folders(home, True) if str(file) in each.said]
        assert [each.state for each in named] == ["warn"]
        file.unlink()
        assert not [each for each in doctor._folders(home, True) if str(file) in each.said]

    def test_prompts_that_memory_came_too_late_for_are_told_where_they_are_many(self, home):
        note_run(home, {"event": "UserPromptSubmit", "decided": "late"})
        assert not [each for each in doctor._folders(home, True) if each.name == "hooks"]
        for decided in ("late", "put in", "late"):
            note_run(home, {"event": "UserPromptSubmit", "decided": decided})
            note_run(home, {"event": "Stop", "decided": "kept"})
        (check,) = (each for each in doctor._folders(home, True) if each.name == "hooks")
        assert (check.state, "3 of the last 4" in check.said, "patience" in check.do) == ("warn", True, True)

    def test_what_waits_to_be_written_is_counted(self, home):
        put(home, new_name(), b"{}")
        (check,) = (each for each in doctor._folders(home, True) if each.name == "waiting")
        assert (check.state, check.said[:2]) == ("warn", "1 ")

    @pytest.mark.parametrize(("free", "state"), [(10 << 20, "fail"), (500 << 20, "warn"), (5 << 30, "ok")])
    def test_room_on_the_disk(self, tmp_path, monkeypatch, free, state):
        monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": free}))
        assert surroundings.disk(tmp_path / "not" / "there").state == state

    @pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
    def test_a_folder_into_which_others_may_look(self, tmp_path):
        tmp_path.chmod(0o755)
        assert surroundings.privacy("m", tmp_path).state == "warn"
        tmp_path.chmod(0o700)
        assert surroundings.privacy("m", tmp_path) is None


class TestHosts:
    def look(self, tmp_path):
        found = surroundings.hosts(tmp_path / "m", tmp_path / "project", "install")
        return {check.name: check for check in found}

    def allow(self, *more, **settings):
        settings_file().write_text(json.dumps({"permissions": {"allow": list(more)}, **settings}))

    def test_none(self, tmp_path):
        assert {name: check.state for name, check in self.look(tmp_path).items()} == {"claude": "ok", "openclaw": "ok"}

    def test_one_without_the_skill(self, tmp_path):
        host_folders()["openclaw"].parent.parent.mkdir(parents=True)
        assert self.look(tmp_path)["openclaw"].do == "run: install --target openclaw"

    def test_another_version_and_somebody_elses_folder(self, tmp_path):
        init = skill_for() / "ntm_memory" / "__init__.py"
        assert f"the skill {__version__} is in" in self.look(tmp_path)["claude"].said
        init.write_text('__version__ = "0.0.1"\n')
        assert "version 0.0.1" in self.look(tmp_path)["claude"].said
        (init.parent.parent / "SKILL.md").write_text("name: another\n")
        assert "is not this skill" in self.look(tmp_path)["claude"].said

    def test_the_rules(self, tmp_path):
        skill = skill_for()
        assert self.look(tmp_path)["allow rules"].state == "warn"
        self.allow(rules(skill)[0])
        assert self.look(tmp_path)["allow rules"].state == "warn"
        self.allow(*rules(skill))
        assert self.look(tmp_path)["allow rules"].state == "ok"

    def test_the_plugin_and_its_hooks(self, tmp_path):
        skill = skill_for()
        (skill / ".claude-plugin").mkdir()
        (skill / ".claude-plugin" / "plugin.json").write_text("{}")
        assert self.look(tmp_path)["plugin, hooks"].state == "fail"
        (skill / "hooks").mkdir()
        (skill / "hooks" / "hooks.json").write_text("{}")
        found = self.look(tmp_path)
        assert (found["plugin, hooks"].state, found["allow rules"].state) == ("ok", "ok")
        self.allow(disableAllHooks=True)
        assert self.look(tmp_path)["plugin, hooks"].state == "warn"

    def test_one_from_a_marketplace(self, tmp_path):
        skill_for()
        self.allow(enabledPlugins={"ntm-memory-system@here": True, "other@here": True})
        assert self.look(tmp_path)["plugin, hooks"].said == "enabled: ntm-memory-system@here"

    def test_the_sandbox(self, tmp_path):
        skill_for()
        self.allow(sandbox={"enabled": True})
        check = self.look(tmp_path)["sandbox"]
        assert check.state == "fail"
        assert f"put {tmp_path / 'm'} into sandbox.filesystem.allowWrite" in check.do
        self.allow(sandbox={"enabled": True, "filesystem": {"allowWrite": [str(tmp_path)]}})
        assert self.look(tmp_path)["sandbox"].state == "ok"

    def test_a_copy_whose_code_is_an_archive_has_its_version(self, tmp_path):
        from zipfile import ZipFile

        place = host_folders()["openclaw"]
        (place / "ntm_memory").mkdir(parents=True)
        (place / "SKILL.md").write_text("name: ntm-memory-system\n")
        with ZipFile(place / "ntm_memory" / "code.zip", "w") as archive:
            archive.writestr("ntm_memory/__init__.py", f'__version__ = "{__version__}"\n')
        assert self.look(tmp_path)["openclaw"].state == "ok"
        (place / "ntm_memory" / "code.zip").write_bytes(b"PK?")
        assert "version unknown" in self.look(tmp_path)["openclaw"].said

    @pytest.mark.skipif(sys.platform == "win32", reason="a program of the shell")
    def test_the_version_of_a_host(self, tmp_path, monkeypatch):
        host_folders()["claude"].parent.parent.mkdir(parents=True)
        program = tmp_path / "bin" / "claude"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\necho '2.1.332 (Claude Code)'\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
        assert self.look(tmp_path)["claude"].said.startswith("claude 2.1.332; ")
