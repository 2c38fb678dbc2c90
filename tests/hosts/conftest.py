"""A user with both hosts, the skill in each, and a Python environment that the scripts enter."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

SKILL = Path(__file__).parents[2]


def npm_install(folder, *packages, path=os.environ["PATH"]):
    """Install npm packages for the length of a test run; skip where that cannot be."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("there is no npm")
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "package.json"
    if not manifest.exists():
        manifest.write_text('{"private": true}')
    command = [npm, "install", "--no-audit", "--no-fund", *packages]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": path})
    if done.returncode != 0:
        pytest.skip(f"npm could not install {packages}: {done.stderr[-200:]}")
    return folder / "node_modules"


@pytest.fixture
def user(tmp_path):
    """Environment variables of a user whose hosts both have the skill."""
    sys.path.append(str(SKILL / "scripts"))
    from _setup.skill import chosen_targets, copy_skill

    for target in chosen_targets("both").values():
        copy_skill(SKILL, target)
    environment = tmp_path / "env"
    environment.mkdir()
    packages = environment / "packages"
    packages.symlink_to(sysconfig.get_path("purelib"), target_is_directory=True)
    marker = {"complete": True, "python": getattr(sys, "_base_executable", sys.executable), "packages": str(packages)}
    (environment / "ntm-memory-environment.json").write_text(json.dumps(marker))
    (tmp_path / "project").mkdir()
    return {
        "HOME": str(Path.home()),
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "NO_COLOR": "1",
        "NTM_MEMORY_ENV": str(environment),
        "PWD": str(tmp_path / "project"),
    }
