"""What stands beside the code: it names versions and files that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ntm_memory import __version__

ROOT = Path(__file__).parents[1]
PAGES = [
    "README.md",
    "README.zh.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/architecture.md",
    "docs/versions.md",
    "CHANGELOG.md",
    "references/data.md",
    "references/reliability.md",
]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    file = ROOT / page
    for target in re.findall(r"\]\(([^)#:]+)\)", file.read_text(encoding="utf-8")):
        assert (file.parent / target).exists(), target


def test_the_citation_is_of_this_version():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == __version__
    day = cited["date-released"].isoformat()
    assert f"\n## {__version__} - {day}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert cited["references"][0]["title"] == "Neural Turing Machines"


def test_workflows_and_templates_are_yaml():
    files = [*(ROOT / ".github").rglob("*.yml"), ROOT / ".pre-commit-config.yaml"]
    assert len(files) >= 5
    for file in files:
        assert yaml.safe_load(file.read_text(encoding="utf-8"))


def test_ci_covers_every_system_and_every_python_that_is_promised():
    matrix = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))["jobs"]["check"]["strategy"][
        "matrix"
    ]
    assert {name.split("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}
    promised = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert matrix["python"] == promised
