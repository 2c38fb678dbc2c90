"""What the documents print is what happens: commands are run, transcripts compared, Python blocks executed."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
from pathlib import Path

import pytest

from ntm_memory import NTMMemoryManager
from ntm_memory.cli import main

pytestmark = pytest.mark.real_model
ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / name for name in ("README.md", "README.zh.md", "SKILL.md")] + sorted(ROOT.glob("references/*.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^(?:\$ )?(?:echo '([^']*)' \| )?python3 (?:\$\{CLAUDE_SKILL_DIR\}/)?scripts/(\w+)\.py ?(.*)$")
ID = re.compile(r"\bm_[2-9a-z]{10}\b")
ELSEWHERE = {"install", "train"}  # run by tests of their own
FACTS = ("Mia drinks green tea", "Tom lives in Essen", "Priya wrote the deploy script", "小钳的老板是王强")


def blocks(document, language):
    return [body for kind, body in BLOCK.findall(document.read_text(encoding="utf-8")) if kind == language]


def commands(block):
    """(script, arguments, what is piped in, the lines printed below it) of a shell block or a transcript."""
    lines = iter(block.splitlines())
    found = []
    for line in lines:
        match = COMMAND.match(line)
        if match:
            told, _, mark = match[3].partition("<<")
            given = [match[1]] if match[1] else []
            if mark:
                end = mark.strip().strip("'")
                given = [each for each in iter(lambda: next(lines), end)]
            found.append((match[2], shlex.split(told), "\n".join(given), []))
        elif found:
            found[-1][3].append(line)
    return found


def call(monkeypatch, home, script, arguments, given):
    """(exit code, what is printed)"""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = main(script, [*arguments, "--home", str(home)])
    return code, out.getvalue()


def settled(text):
    """A transcript without what differs from run to run."""
    return re.sub(r"\d{4}-\d\d-\d\d", "DATE", ID.sub("ID", text)).rstrip()


@pytest.fixture
def home(tmp_path):
    with NTMMemoryManager(tmp_path) as memory:
        memory.memorize_many([{"content": fact} for fact in FACTS])
        memory.memorize("Mia drinks green tea", key="mia-drink")
    return tmp_path


def shell():
    for document in DOCUMENTS:
        for number, block in enumerate(blocks(document, "bash")):
            for script, arguments, given, _ in commands(block):
                if script not in ELSEWHERE:
                    yield pytest.param(script, arguments, given, id=f"{document.name}-{number}-{script}")


@pytest.mark.parametrize(("script", "arguments", "given"), list(shell()))
def test_commands_of_the_documents_work(monkeypatch, home, script, arguments, given):
    with NTMMemoryManager(home) as memory:
        known = next(iter(memory.store.memories())).id
    (home / "in.jsonl").write_text('{"content": "told in a file"}\n', encoding="utf-8")
    monkeypatch.chdir(home)
    real = [ID.sub(known, each) for each in arguments]
    code, printed = call(monkeypatch, home, script, real, ID.sub(known, given))
    assert code == 0, printed


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_transcripts_are_what_is_printed(monkeypatch, tmp_path, document):
    for number, block in enumerate(blocks(document, "text")):
        for script, arguments, given, shown in commands(block):
            _, printed = call(monkeypatch, tmp_path / str(number), script, arguments, given)
            assert settled(printed) == settled("\n".join(shown)), f"{script} {arguments}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_python_blocks_print_what_is_said_below_them(tmp_path, document):
    text = document.read_text(encoding="utf-8")
    for number, body in enumerate(blocks(document, "python")):
        said = re.match(r"\s*(?:prints|输出) `(.+?)`", text[text.index(body) + len(body) + len("```") :])
        code = body.replace("/tmp/some-folder", str(tmp_path / str(number)))
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(compile(code, document.name, "exec"), {})
        if said:
            assert out.getvalue().strip() == said[1]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_json_blocks_are_json(document):
    for body in blocks(document, "json"):
        assert [json.loads(line) for line in body.splitlines() if line.strip()]


def test_something_is_shown_in_every_form():
    assert len(list(shell())) >= 8
    assert all(blocks(ROOT / name, "python") for name in ("README.md", "README.zh.md"))
    assert all(commands(blocks(ROOT / name, "text")[0]) for name in ("README.md", "README.zh.md"))
