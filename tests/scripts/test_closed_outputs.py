"""Where nobody reads, or nothing can be written: no traceback, and a hook's exit code is 0."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from opening import TINY, write_config

from ntm_memory.operations import process

from .calls import SKILL

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="descriptors of POSIX")
CLOSE = "import os, sys; [os.close(int(each)) for each in sys.argv[1].split(',')]; os.execv(sys.argv[2], sys.argv[2:])"


def ended(script, *arguments, home, broken=(), closed="", text=b"{}"):
    """(exit code, what was said) of a script whose outputs are pipes that nobody reads, or are closed."""
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, str(SKILL / "scripts" / f"{script}.py"), *arguments]
    done = subprocess.run(
        [sys.executable, "-c", CLOSE, closed, *command] if closed else command,
        input=text,
        stdout=write if 1 in broken else subprocess.PIPE,
        stderr=write if 2 in broken else subprocess.PIPE,
        env={**os.environ, "NTM_MEMORY_HOME": str(home)},
    )
    os.close(write)
    return done.returncode, (done.stderr or b"").decode()


@pytest.fixture
def home(tmp_path):
    write_config(tmp_path / "m", **TINY)
    return tmp_path / "m"


@pytest.mark.parametrize("arguments", [(), ("--help",), ("--nonsense",)])
@pytest.mark.parametrize("outputs", [{"broken": (1,)}, {"broken": (1, 2)}, {"closed": "1"}, {"closed": "1,2"}])
def test_a_hook_ends_with_0(home, arguments, outputs):
    code, said = ended("hook", *arguments, home=home, **outputs)
    assert code == 0
    assert "Traceback" not in said


@pytest.mark.parametrize("script", ["status", "memorize", "install", "doctor", "train"])
@pytest.mark.parametrize("outputs", [{"broken": (1,)}, {"closed": "1"}])
def test_a_help_that_nobody_reads_ends_quietly(home, script, outputs):
    assert ended(script, "--help", home=home, **outputs) == (0, "")


@pytest.mark.parametrize("outputs", [{"broken": (1,)}, {"closed": "1"}])
def test_an_answer_that_nobody_reads_ends_quietly(home, outputs):
    assert ended("memorize", "Mia drinks tea", home=home, **outputs) == (0, "")
    assert (home / "memory.db").stat().st_size


@pytest.mark.parametrize("outputs", [{"broken": (2,)}, {"closed": "2"}, {"closed": "0,1,2"}])
def test_an_error_that_nobody_reads_keeps_its_exit_code(home, outputs):
    assert ended("memorize", "--nonsense", home=home, **outputs)[0] == 2


def test_a_full_disk_is_one_clear_error(monkeypatch, capsys):
    class Full:
        def write(self, text):
            raise OSError(28, "No space left on device")

        def fileno(self):
            return number

    number = os.open(os.devnull, os.O_WRONLY)
    monkeypatch.setattr(sys, "stdout", Full())
    assert process.print_out("an answer") == process.UNWRITTEN
    os.close(number)
    said = capsys.readouterr().err
    assert said.startswith("error output: the answer cannot be written: No space left on device\nhint: ")
