"""No pattern takes more than linear time, whatever is told: each is fed 100,000 of its worst characters."""

from __future__ import annotations

import importlib
import pkgutil
import re
import resource
import subprocess
import sys
from collections import deque
from itertools import product

import pytest

import ntm_memory

LENGTH = 100_000
SECONDS = 5
"""Of CPU time for one text: linear patterns need hundredths, quadratic ones twenty and more."""
PIECES = (
    " ", "\n", "\t", "a", "A", "1", "0", ".", ",", "-", "_", ":", "'", '"', "<", "(", "[", "/", "\\", "?", "!", "的",
    "吗", "一", "年", "，", "。", "“", "é", "\u0301", "𝔸", "a ", "A ", "Aa ", "1 ", "1-", "1:", "1.", "a.", "a'",
    "`", "~", "|", "#", "*", "=", "```", "```\n", "# ", "| ", "<!--", "<a-b>", "<a-b ", "</a-b ", "<remember>",
    "<private>", "</private>", "< ", "[](", "<<'a'",
    "and ", "may ", "2026-", "吗 ", "吗。", "一年", "m_", "- [", "a\n", "\r\n", "http://", "a@", "</", "a:", "Aa: ",
)  # fmt: skip
BEGINNINGS = ("# a", "\n```", "<a-b>")
"""What Markdown and marks of hosts begin with."""
READ = ("hosts", "importers")
"""Rooms that read what strangers wrote."""
ENDS = ("", "。x")


def modules():
    names = [each.name for each in pkgutil.walk_packages(ntm_memory.__path__, "ntm_memory.")]
    return [name for name in names if not name.endswith("__main__")]


def patterns_of(module):
    """The compiled patterns that a module holds by name, in tuples, lists and dictionaries too."""
    found = {}

    def look(name, value, depth=0):
        if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
            found[value.pattern, value.flags] = name
        elif isinstance(value, (tuple, list, set, frozenset)) and depth < 3 and len(value) < 500:
            for each in value:
                look(name, each, depth + 1)
        elif isinstance(value, dict) and depth < 3 and len(value) < 500:
            for each in (*value.keys(), *value.values()):
                look(name, each, depth + 1)

    for name, value in vars(module).items():
        look(name, value)
    return found


def names_with_patterns():
    for name in modules():
        try:
            module = importlib.import_module(name)
        except ImportError:  # a library that is optional
            continue
        if patterns_of(module):
            yield name


def try_all(name):
    """Every pattern of a module over every text."""
    resource.setrlimit(resource.RLIMIT_CPU, (300, 310))
    for source, flags in patterns_of(importlib.import_module(name)):
        pattern = re.compile(source, flags & ~re.DEBUG)
        for piece in PIECES:
            for begin, end in product(("", *BEGINNINGS) if name.split(".")[1] in READ else ("",), ENDS):
                text = begin + piece * (LENGTH // len(piece)) + end
                before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
                deque(pattern.finditer(text), maxlen=0)
                spent = resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
                if spent > SECONDS:
                    raise SystemExit(f"{source!r} takes {spent:.1f} s for {begin!r}, {piece!r} and {end!r}")


@pytest.mark.parametrize("name", sorted(names_with_patterns()))
def test_patterns_are_linear(name):
    child = (
        f"import sys; sys.path[:0] = {sys.path!r}\nfrom tests.faults.test_patterns import try_all\ntry_all({name!r})"
    )
    done = subprocess.run([sys.executable, "-c", child], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-500:] or f"a pattern of {name} ran out of CPU time"
