"""SKILL.md: valid for every host, and everything it names is there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from portable.surface import LAST, LINE

from ntm_memory.arguments.parsers import PARSERS
from ntm_memory.arguments.self_parsers import doctor_parser

SKILL = Path(__file__).parents[1]
TEXT = (SKILL / "SKILL.md").read_text(encoding="utf-8")
FRONT, BODY = TEXT.split("---\n", 2)[1:]
COMMAND = re.compile(r"(?:python3 \$\{CLAUDE_SKILL_DIR\}/scripts/)(\w+)\.py([^\n`]*)")


def test_frontmatter_has_the_five_keys_that_all_hosts_take():
    front = yaml.safe_load(FRONT)
    assert list(front) == ["name", "description", "license", "allowed-tools", "metadata"]
    assert front["name"] == "ntm-memory-system"
    assert front["license"] == "MIT"
    assert isinstance(front["metadata"]["openclaw"], dict)
    assert front["metadata"]["openclaw"]["requires"]["bins"] == ["python3"]


def test_description_is_short_enough_and_says_most_at_its_beginning():
    description = yaml.safe_load(FRONT)["description"]
    assert 250 <= len(description) <= 400
    assert not set("<>") & set(description)
    assert {"memory", "recall", "memorize"} <= set(re.findall(r"\w+", description[:170].lower()))
    assert "记住" in description


def test_skill_is_short_enough_to_be_read_whole():
    assert len(TEXT.splitlines()) <= 150
    assert len(TEXT) <= 6000, "1,500 tokens"


def test_the_command_lines_are_ones_that_hosts_let_through():
    """Claude Code matches them against `allowed-tools`: no `cd`, no quoted path, no `~`; no here-document with `{"`."""
    assert yaml.safe_load(FRONT)["allowed-tools"] == "Bash(python3 ${CLAUDE_SKILL_DIR}/scripts/*)"
    blocks = re.findall(r"```bash\n(.*?)```", BODY, re.DOTALL)
    assert blocks
    for block in blocks:
        piped = re.sub(r"^echo '[^'\n]*' \| ", "", block)
        assert piped.startswith("python3 ${CLAUDE_SKILL_DIR}/scripts/"), block
        assert '{"' not in piped and not re.search(r"'[^'\n]*\n#[^']*'", piped), block


def test_it_says_how_to_keep_the_permission_and_how_to_share_with_the_hosts_own_memory():
    """In Claude Code `allowed-tools` ends with the message in which the skill was loaded; both hosts have a memory."""
    begin = BODY[: BODY.index("\n## When")]
    assert "load this skill again at the start of each message" in begin and "never have `python3 *` allowed" in begin
    assert "`memory_search`" in BODY and "`memory/` files" in BODY


def test_the_answer_that_it_shows_is_one_that_recall_prints():
    line, last = re.search(r"```text\n(.*)\n(.*)\n```", BODY).groups()
    assert LINE.match(line) and LAST.match(last)


def test_scripts_and_files_named_exist():
    for name in re.findall(r"`(\w+)\.py", BODY) + [command for command, _ in COMMAND.findall(BODY)]:
        assert (SKILL / "scripts" / f"{name}.py").is_file(), name
    for path in re.findall(r"`(references/[\w.]+)`", BODY):
        assert (SKILL / path).is_file(), path


def parser_of(script):
    return doctor_parser() if script == "doctor" else PARSERS[script][0]()


def known_options(script):
    if script == "install":
        help_text = subprocess.run(
            [sys.executable, str(SKILL / "scripts" / "install.py"), "--help"], capture_output=True, text=True
        ).stdout
        return set(re.findall(r"--[\w-]+", help_text))
    return {option for action in parser_of(script)._actions for option in action.option_strings}


def test_options_in_commands_exist():
    found = 0
    for script, rest in COMMAND.findall(BODY):
        options = set(re.findall(r"(?<!\S)--[\w-]+", rest))
        assert options <= known_options(script), (script, options)
        found += len(options)
    assert found > 5


@pytest.mark.parametrize("script", ["recall", "memorize", "update", "erase"])
def test_options_in_the_section_of_a_script_exist(script):
    section = re.search(rf"^## {script}\n(.*?)(?=^## )", BODY, re.MULTILINE | re.DOTALL | re.IGNORECASE).group(1)
    everywhere = known_options(script) | known_options("status")
    named = set(re.findall(r"--[a-z][\w-]*", section))
    assert named
    assert named <= everywhere, named - everywhere


def test_commands_as_shown_parse():
    import shlex

    for script, rest in COMMAND.findall(BODY):
        if script != "install":
            parser_of(script).parse_args(shlex.split(rest.split("<<")[0]))


def test_it_passes_the_specifications_validator(tmp_path):
    copy = tmp_path / "ntm-memory-system"
    copy.mkdir()
    shutil.copy(SKILL / "SKILL.md", copy)
    validator = Path(sys.executable).with_name("agentskills")
    done = subprocess.run([str(validator), "validate", str(copy)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (copy / "SKILL.md").write_text(TEXT.replace("name: ntm-memory-system", "name: Other"), encoding="utf-8")
    assert subprocess.run([str(validator), "validate", str(copy)], capture_output=True).returncode != 0
