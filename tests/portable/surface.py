"""The memory as a host has it: command lines in, printed answers and exit codes out; each call opens it anew."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from opening import opened, write_config
from scripts.calls import call as run_script

from ntm_memory.cli import main

PROCESSES = "NTM_MEMORY_PORTABLE_PROCESSES"
"""Set to 1: every call is a child process that runs the real script; else those that ask for it are."""
FENCE = '<recalled-memories from="ntm-memory-system">'
FENCE_END = "</recalled-memories>"
EVERYTHING = ("--top-k", "1000", "--max-chars", "10000000", "--all")
LINE = re.compile(
    r"^(m_[2-9a-z]{10}) \d{4}-\d\d-\d\d"
    r"(?: (?:[^\W\d_][\w.:/@+-]*|\"(?:[^\"\\]|\\.)*\"))?(?: by (?:person|import|tool))?"
    r"(?: (?:[01]?\.\d\d|\d+%))?(?: until \d{4}-\d\d-\d\d)?(?: perhaps revised by m_[2-9a-z]{10})?"
    r"(?: told \d+ times, last \d{4}-\d\d-\d\d)?(?: cut)?  (\S.*)$"
)
"""A memory in a text answer: id, day, key, who told it, chance or weight, marks; after two blanks what it says."""
LAST = re.compile(
    r"^confidence [01]?\.\d\d(, not sure)?"
    r"(, \d+ more|, more: \d+ further|, (?:all|shown \d+ of) \d+ that name .{1,400}?)?"
    r"(, cut ones whole: --from ID --max-chars 20000)?$"
)
ITEM = re.compile(r"^- \[(m_[2-9a-z]{10}), \d{4}-\d\d-\d\d(?:, [^\]]*)?\] (.*)$")


@dataclass(frozen=True)
class Said:
    """What one call printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def answer(self):
        """The JSON object of a call that went well."""
        assert self.code == 0, self.out + self.err
        return json.loads(self.out)

    @property
    def error(self):
        """The code of its error; None: there was none."""
        return None if self.code == 0 else json.loads(self.out)["error"]["code"]


class Surface:
    """One data folder, asked as a host asks it.

    Args:
        home: the folder; made with the tiny embedder unless it is there.
        settings: of its config.json. The confidence floor is 0: what is not found is not there.
    """

    def __init__(self, home: Path, **settings) -> None:
        self.home = home
        recall = {"confidence_floor": 0.0, **settings.pop("recall", {})}
        if not home.exists():
            write_config(home, embedder={"backend": "tiny"}, recall=recall, **settings)

    def say(self, command, *arguments, text="", process=False) -> Said:
        """Run one script; in this process by its own command line, or as a child process."""
        form = () if "--format" in arguments else ("--format", "json")
        arguments = [str(each) for each in (*arguments, *form, "--home", self.home)]
        if process or os.environ.get(PROCESSES) == "1":
            done = run_script(command, *arguments, text=text)
            return Said(done.code, done.out, done.err)
        out, err = io.StringIO(), io.StringIO()
        stdin = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8")
        with mock.patch.object(sys, "stdin", stdin), redirect_stdout(out), redirect_stderr(err):
            code = main(command, arguments)
        return Said(code, out.getvalue(), err.getvalue())

    def ask(self, command, *arguments, **options):
        """The answer of a call that must go well."""
        return self.say(command, *arguments, **options).answer

    def python(self, config=None, **options):
        """The same folder from Python."""
        return opened(self.home, config, **options)

    def tell(self, text, *arguments, **options) -> str:
        """Memorize; returns the id."""
        return self.ask("memorize", "-", *arguments, text=text, **options)["memory"]["id"]

    def recalled(self, question, *arguments, **options) -> list[str]:
        """The contents of all that recall has to say to a question, whatever its chance."""
        answer = self.ask("recall", question, *EVERYTHING, *arguments, **options)
        return [memory["content"] for memory in answer["memories"]]

    def prompt(self, question, *arguments, **options) -> str:
        """The block that goes into a prompt."""
        said = self.say("recall", question, "--format", "context", *arguments, **options)
        assert said.code == 0, said.err
        return said.out

    def injected(self, question, *arguments) -> dict[str, str]:
        """Id → text of each line of the prompt's block."""
        lines = self.prompt(question, *arguments).splitlines()
        return dict(found.groups() for found in map(ITEM.match, lines) if found)

    def all_said(self, question, *arguments) -> str:
        """Everything that reading verbs print to a question, in each form."""
        forms = ("json", "text", "context")
        said = [self.say("recall", question, *EVERYTHING, *arguments, "--format", form) for form in forms]
        chain = ("--top-k", "100", "--max-chars", "100000", *arguments, "--format")
        said += [self.say("reason", question, *chain, form) for form in forms]
        place = arguments[arguments.index("--namespace") :][:2] if "--namespace" in arguments else ()
        said += [self.say("list", "--limit", "100", *place, "--format", form) for form in ("json", "text")]
        assert [each.code for each in said] == [0] * len(said), said
        return "\n".join(_without_the_question(each.out, question) for each in said)

    def memory(self, id, namespace="default"):
        """All that is told of one memory, older versions included."""
        return self.ask("status", "--history", id, "--namespace", namespace)

    def audit(self, *arguments):
        """The lines of the audit, newest first."""
        return self.ask("status", "--audit", "1000", *arguments)["audit"]

    def exported(self, form="json", *arguments) -> str:
        """An export as a text."""
        return self.ask("export", "-", "--as", form, *arguments)["text"]

    def background(self) -> None:
        """Every job that runs over a whole store: keys and indexes made anew, learned parameters, usage."""
        self.ask("reembed")
        self.ask("status", "--repair")
        assert self.say("tune").code in (0, 2), "it may be refused for too few verdicts"
        for name in ("matrix.bin", "usage.db"):
            (self.home / name).unlink(missing_ok=True)
        self.ask("recall", "anything")

    def files(self) -> dict[str, bytes]:
        """Every file of the folder, its bytes."""
        paths = (path for path in sorted(self.home.rglob("*")) if path.is_file())
        return {path.relative_to(self.home).as_posix(): path.read_bytes() for path in paths}


def _without_the_question(out, question):
    """What was asked is no answer, though answers repeat it."""
    return out.replace(json.dumps(question, ensure_ascii=False), "").replace(question, "")
