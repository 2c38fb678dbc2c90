"""`ntm-memory`: the scripts' commands under one name, light until something is done, and in its own words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from opening import write_config

from ntm_memory import __version__
from ntm_memory.arguments import entered
from ntm_memory.arguments.entered import spoken
from ntm_memory.arguments.parsers import PARSERS
from ntm_memory.cli.console import COMMANDS, run

ROOT = Path(__file__).parents[2]
HEAVY = {"numpy", "torch", "sentence_transformers", "yaml", "dateparser", "snowballstemmer", "threadpoolctl", "sqlite3"}
START = "import sys; from ntm_memory.cli.console import run; sys.exit(run())"


@pytest.fixture
def home(tmp_path, monkeypatch):
    write_config(tmp_path / "m", embedder={"backend": "tiny"}, recall={"confidence_floor": 0})
    monkeypatch.setenv("NTM_MEMORY_HOME", str(tmp_path / "m"))
    return tmp_path / "m"


def test_its_commands_are_the_scripts_and_setup():
    scripts = {path.stem for path in (ROOT / "scripts").glob("[!_]*.py")} - {"install"}
    others = {"train", "mcp", "hook", "setup", "doctor", "verify", "move", "grant"}
    assert set(COMMANDS) == scripts | {"setup"} == set(PARSERS) | others


def test_help_has_a_line_for_each_command(capsys):
    assert run([]) == run(["--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for command in COMMANDS:
        assert sum(line.startswith(f"  {command:9} ") for line in lines) == 2, command
    assert max(map(len, lines)) <= 120


def test_version(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"ntm-memory {__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_speaks_of_no_script(command, capsys):
    assert run([command, "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"usage: ntm-memory {command} ")
    assert f"ntm-memory {command}" in out.split("example")[1]
    assert "exit codes: 0 ok" in out
    assert ".py" not in out


def test_errors_speak_of_no_script(home, capsys):
    for arguments in (["recal"], ["erase"], ["recall", "x", "--bogus"], ["update", "m_none", "--content", "x"]):
        assert run(arguments) in (2, 4)
        assert ".py" not in capsys.readouterr().err
    run(["recal"])
    assert capsys.readouterr().err == "error usage: there is no command 'recal'\nhint: did you mean recall?\n"
    run(["recall", "x", "--bogus", "--format", "json"])
    assert json.loads(capsys.readouterr().out)["error"]["hint"] == "ntm-memory recall --help"
    run(["recal", "--format=json"])
    assert json.loads(capsys.readouterr().out)["error"]["hint"] == "did you mean recall?"


def test_a_memory_that_names_a_script_stays_as_it_is(home, capsys):
    assert run(["memorize", "run python3 scripts/recall.py first"]) == 0
    assert run(["recall", "what to run"]) == 0
    assert "python3 scripts/recall.py" in capsys.readouterr().out.splitlines()[1]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("run: python3 scripts/install.py", "run: ntm-memory setup"),
        ("run: python3 '/a b/scripts/install.py'", "run: ntm-memory setup"),
        (
            "run: python3 /a/scripts/install.py --with sentence-transformers",
            "run: pip install 'ntm-memory-system[sentence-transformers]'",
        ),
        ("run reembed.py to write all keys anew", "run ntm-memory reembed to write all keys anew"),
        ("then run: status.py --repair", "then run: ntm-memory status --repair"),
        ("notes.py and my_recall.py are not ours", "notes.py and my_recall.py are not ours"),
    ],
)
def test_sentences_in_the_words_of_the_door(ours, theirs):
    assert spoken(ours) == ours
    with entered.by_console():
        assert spoken(ours) == theirs
    assert spoken(ours) == ours


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--help"], 0), (["--version"], 0), (["recall", "--help"], 0), (["train", "--help"], 0), (["setup", "--help"], 0)]
    + [(["recall", "x", "--bogus"], 2), (["recal"], 2), (["setup", "--bogus"], 2)],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_help_and_usage_errors_are_light(arguments, code):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", START, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == code, done.stdout
    loaded = {line.rpartition("|")[2].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert "ntm_memory" in loaded
    assert not loaded & HEAVY


def test_it_speaks_utf8_and_settles_the_threads_whatever_the_environment(home):
    variables = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    variables |= {"PYTHONPATH": str(ROOT), "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    code = "import os, sys; from ntm_memory.cli.console import run; run(); sys.stderr.write(os.environ['{}'])"
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        done = subprocess.run(
            [sys.executable, "-c", code.format(name), "memorize", "-", "--format", "json"],
            input="今天和老大讨论了认知天性".encode(),
            capture_output=True,
            env=variables,
        )
        assert json.loads(done.stdout.decode("utf-8"))["memory"]["content"] == "今天和老大讨论了认知天性"
        assert done.stderr == b"1"
