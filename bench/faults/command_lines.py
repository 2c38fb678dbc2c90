"""Hostile command lines of every script, in this process and through the real scripts."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.faults.home import CONFIG, Ticking, open_home
from bench.faults.mutate import NUMBERS, Mutator
from ntm_memory import NTMMemoryManager
from ntm_memory.arguments.parsers import PARSERS
from ntm_memory.cli import main
from ntm_memory.operations.process import asked_form

Fed = tuple[Any, Callable[[], int | None]]
Feed = Iterator[Fed]
ALLOWED = {0, 2, 3, 4, 5, 6}
SCRIPTS = Path(__file__).parents[2] / "scripts"
TEXTS = ("Mia likes green tea", "Tom is in Oslo", "茶水很好", "line one\nline two")


def fill_home(memory: NTMMemoryManager) -> list[str]:
    """A few memories with history, key, session, links and one that is erased."""
    ids = [memory.memorize(text, session="s1" if i % 2 else None, tags=["t"]).memory.id for i, text in enumerate(TEXTS)]
    memory.memorize("tea", key="k1", occurred_at="2026-01-01")
    memory.memorize("coffee", key="k1")
    memory.store_with_reasoning("Mia is like Tom", builds_on=ids[:2])
    memory.erase(ids[3])
    return ids


def looked_at(memory: NTMMemoryManager) -> None:
    """The store is whole and does its work."""
    assert (found := memory.store.check()) == [], found
    memory.memorize("the last word")
    answer = memory.recall("the last word", all=True)
    assert "the last word" in [each.content for each in answer.memories], "not found"
    assert answer.confidence == answer.confidence, "NaN"
    memory.export_text("json")
    memory.recall("the last word", as_of="2030-01-01")


@contextmanager
def _streams(fed: bytes) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    """Standard output and error of one call with an input, as a program has them."""
    kept, out, told = (sys.stdin, sys.stdout, sys.stderr), io.BytesIO(), io.BytesIO()
    sys.stdin = io.TextIOWrapper(io.BytesIO(fed), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(told, encoding="utf-8", write_through=True)
    try:
        yield out, told
    finally:
        sys.stdin, sys.stdout, sys.stderr = kept


def called(command: str, argv: list[str], fed: bytes = b"") -> int:
    """One call of a script in this process; its exit code, after a look at what it printed."""
    with _streams(fed) as (out, told):
        try:
            code = main(command, argv)
        except SystemExit as stop:  # --help
            return int(stop.code or 0)
        # the buffers are closed with their streams
        printed, error = out.getvalue().decode("utf-8"), told.getvalue().decode("utf-8")
    return _judged(code, argv, printed, error)


def _called_really(command: str, argv: list[str], fed: bytes) -> int:
    told = [each.replace("\0", "").encode("utf-8", "surrogatepass")[:100_000] for each in argv]
    program = [sys.executable, str(SCRIPTS / f"{command}.py"), *told]
    variables = {**os.environ, "NTM_MEMORY_ENV": sys.prefix}
    done = subprocess.run(program, input=fed, capture_output=True, env=variables, timeout=60)
    assert b"Traceback" not in done.stderr, done.stderr.decode(errors="replace")[-2000:]
    error = done.stderr.decode("utf-8", "replace")
    return 0 if "--help" in argv else _judged(done.returncode, argv, done.stdout.decode("utf-8"), error)


def _judged(code: int, argv: list[str], printed: str, error: str) -> int:
    """An exit code that is not 0 is explained: in the one object, or by one line of standard error.

    Of an import from which nothing was taken the report of its lines stands on standard output too.
    """
    assert code in ALLOWED, f"exit {code}: {printed[:2000]}"
    if asked_form(argv) == "json":
        assert json.loads(printed)["ok"] is (code == 0)
    elif code:
        said = [line for line in error.splitlines() if line.startswith("error ")]
        assert len(said) == 1 or (code == 5 and "--check" in argv), f"exit {code}: {printed[:1000]}\n{error[:1000]}"
    return code


def _argument(draw: Mutator, action: Any, ids: list[str]) -> str:
    """A value of an option: never a path that leads out of the folder we stand in."""
    if action.dest in ("path", "jsonl"):
        return draw.choice(("in.json", "in.jsonl", "in.md", "-", "missing", "", ".", "folder", "x" * 300, "a\nb"))
    if action.dest == "home":
        return draw.choice(("home", "home", "home", "new", "", "in.json", "folder", "x" * 300))
    kind = draw.random()
    if action.choices and kind < 0.9:
        return str(draw.choice(list(action.choices)))
    if kind < 0.3:
        return draw.choice((*ids, "k1", "default", "Mia likes green tea"))
    value = str(draw.choice(NUMBERS[:26])) if kind < 0.5 else draw.text()
    return value.replace("/", "|").replace("~", "-")[:120_000]


def arguments(folder: Path, draw: Mutator) -> Feed:
    """The command lines of all scripts but `train` and `setup`, in this process."""
    return _command_lines(folder, draw, called)


def scripts(folder: Path, draw: Mutator) -> Feed:
    """The same, each in a process of its own."""
    return _command_lines(folder, draw, _called_really)


def _command_lines(folder: Path, draw: Mutator, call: Callable[[str, list[str], bytes], int]) -> Feed:
    home, before = folder / "home", Path.cwd()
    (folder / "folder").mkdir()
    with open_home(home, clock=Ticking()) as memory:
        ids = fill_home(memory)
        for name, form in (("in.json", "json"), ("in.jsonl", "jsonl"), ("in.md", "markdown")):
            memory.export_file(folder / name, form)
    (home / "config.json").write_text(json.dumps({"ntm_memory": CONFIG}), encoding="utf-8")
    count = 0
    while True:
        command, argv, count = *_command_line(draw, ids), count + 1

        def act(command: str = command, argv: list[str] = argv, last: bool = count % 20 == 0) -> None:
            os.chdir(folder)
            try:
                call(command, argv, draw.choice(TEXTS).encode())
                if last:
                    with open_home(home, clock=Ticking()) as memory:
                        looked_at(memory)
            finally:
                os.chdir(before)

        yield [command, *argv], act


def _command_line(draw: Mutator, ids: list[str]) -> tuple[str, list[str]]:
    command = draw.choice([name for name in PARSERS if name != "train"])
    argv = [] if draw.random() < 0.02 else ["--home", "home"]
    actions = [each for each in PARSERS[command][0]()._actions if each.dest != "help"]
    for action in [each for each in actions if not each.option_strings]:
        argv += [_argument(draw, action, ids) for _ in range(draw.choice((0, 1, 1, 1, 2)))]
    options = [each for each in actions if each.option_strings]
    for action in draw.sample(options, min(len(options), draw.choice((0, 1, 1, 2, 4)))):
        name = draw.choice(action.option_strings)
        if action.nargs == 0:
            argv.append(name)
        elif draw.random() < 0.5:
            argv += [name, _argument(draw, action, ids)]
        else:
            argv.append(f"{name}={_argument(draw, action, ids)}")
    return command, argv
