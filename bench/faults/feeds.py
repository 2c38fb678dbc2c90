"""Where hostile input comes in: each feed yields what it feeds, and the act that feeds it and looks what came of it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.faults.command_lines import Feed, arguments, called, fill_home, looked_at, scripts
from bench.faults.foreign import foreign
from bench.faults.home import CONFIG, Ticking, open_home
from bench.faults.mutate import NAMES, Mutator
from ntm_memory.errors import NTMMemoryError


def importing(form: str, records: Callable[[Mutator, list[Any]], str]) -> Callable[[Path, Mutator], Feed]:
    """A feed of one importer."""

    def feed(folder: Path, draw: Mutator) -> Feed:
        with open_home(folder, clock=Ticking()) as memory:
            fill_home(memory)
            text = memory.export_text("json" if form == "json" else "jsonl")["text"]
            valid = [json.loads(text)] if form == "json" else [json.loads(line) for line in text.splitlines()]
            count = 0
            while True:
                fed, count = records(draw, valid), count + 1

                def act(fed: str = fed, last: bool = count % 20 == 0) -> int:
                    with suppress(NTMMemoryError):
                        memory.import_text(fed, form, dry_run=draw.random() < 0.3)
                    if last:
                        looked_at(memory)
                    return fed.count("\n") + 1 if form == "jsonl" else 1

                yield fed, act

    return feed


def _json(draw: Mutator, valid: list[Any]) -> str:
    head = dict(valid[0])
    head["memories"] = [dict(draw.choice(head["memories"])) for _ in range(draw.randint(1, 2))]
    for record in head["memories"]:
        record["id"] = f"m_{draw.randrange(10**9)}" if draw.random() < 0.8 else record["id"]
        for version in record["history"]:
            version["id"] = record["id"]
        record["key"] = record["key"] and f"k{draw.randrange(10**6)}"
    head["memories"] = [draw.changed(record, draw.choice((1, 1, 2))) for record in head["memories"]]
    if draw.random() < 0.1:
        head = draw.changed(head)
    return _spoilt(draw, draw.json(head))


def _lines(draw: Mutator, valid: list[Any]) -> str:
    number = draw.choice((1, 2, 3, 40))  # many at once: most of a call's time is spent around its lines
    told = [draw.json(draw.changed(draw.choice(valid), draw.choice((1, 1, 3)))) for _ in range(number)]
    return _spoilt(draw, "\n".join(told))


_YAML = (
    "importance: .nan", "importance: -0.0", "tags: &a [*a]", "key: 2026-01-01", "when: 2026-13-45", "? [a]\n: b",
    "<<: 5", "key: !!binary aGk=", "tags: !!set {a, b}", "key: 1:20:30", "key: 0x7fffffffffffffffff",
    "session: !!python/name:os", "tags: [" * 3000, "key: " + "9" * 5000, "a: &a [x, x]\nb: &b [*a, *a]\nimportance: *b",
    "when: 0001-01-01", "~: 1",
    "when: 9999-12-31 23:59:59 -12:00", "%YAML 3.0", "!!omap [a: 1]", "key: |\n  a\n  b", "\tkey: x", "key: @a",
    "x: *y", "key: !!bool foo", "importance: !!int ''", "when: !!timestamp x",
)  # fmt: skip

_BOMB = ", ".join(["&c0 [x]", *(f"&c{i} [{', '.join([f'*c{i - 1}'] * 9)}]" for i in range(1, 12))])
"""Eleven short lists, each nine times the one before: written out they are 31 thousand million letters."""


def _markdown(draw: Mutator, valid: list[Any]) -> str:
    blocks = []
    for _ in range(draw.randint(1, 2)):
        record = draw.changed(draw.choice(valid))
        fields = record if isinstance(record, dict) else {}
        about = [f"{name}: {json.dumps(value)}" for name, value in fields.items() if name != "content"]
        about += [draw.choice(_YAML)] if draw.random() < 0.4 else []
        about += [f"{draw.choice(NAMES)}: [{_BOMB}]"] if draw.random() < 0.05 else []
        blocks.append("\n".join(["---", *about, "---", str(fields.get("content", draw.text()))]))
    return _spoilt(draw, "\n".join(blocks))


def _spoilt(draw: Mutator, text: str) -> str:
    if draw.random() < 0.8:
        return text
    return draw.bytes_changed(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogateescape")


def files(name: str, make: Callable[[Mutator, bytes], bytes]) -> Callable[[Path, Mutator], Feed]:
    """A feed of one file of the data folder."""

    def feed(folder: Path, draw: Mutator) -> Feed:
        home = folder / "home"
        with open_home(home, clock=Ticking()) as memory:
            fill_home(memory)
            memory.recall("tea", session="s1")
            memory.store._engine.live_matrix._saved = -1_000
        _config(home)
        valid = _valid(name, home)
        while True:
            fed = make(draw, valid)

            def act(fed: bytes = fed) -> None:
                (home / name).write_bytes(fed)
                for command, told in (("recall", ["tea"]), ("status", []), ("memorize", [f"note {draw.random()}"])):
                    called(command, ["--home", str(home), *told])
                called("recall", ["--home", str(home), "tea", "--session", "s1"])
                (home / name).unlink(missing_ok=True)
                _config(home)
                with open_home(home, clock=Ticking()) as memory:
                    looked_at(memory)

            yield fed, act

    return feed


def _config(home: Path) -> None:
    (home / "config.json").write_text(json.dumps({"ntm_memory": CONFIG}), encoding="utf-8")


def _valid(name: str, home: Path) -> bytes:
    if name == "recall.json":
        from ntm_memory.recall.parameters import SHIPPED

        return SHIPPED.read_bytes()
    if name == "config.json":
        from ntm_memory.config import SHIPPED as shipped

        return shipped.read_bytes()
    return (home / name).read_bytes()


def _spoilt_json(draw: Mutator, valid: bytes) -> bytes:
    text = draw.json(draw.changed(json.loads(valid), draw.choice((1, 1, 2))))
    data = text.encode("utf-8", "surrogatepass")
    return data if draw.random() < 0.7 else draw.bytes_changed(data)


def _spoilt_config(draw: Mutator, valid: bytes) -> bytes:
    told = json.loads(valid)
    told["ntm_memory"]["embedder"]["backend"] = "tiny"
    told = draw.changed(told, draw.choice((1, 1, 2)))
    data = draw.json(told).encode("utf-8", "surrogatepass")
    data = data if draw.random() < 0.8 else draw.bytes_changed(data)
    return data.replace(b"sentence", b"sent").replace(b"/", b"|")


def _sealed(draw: Mutator, valid: bytes) -> bytes:
    """matrix.bin: damaged with the checksum that it had, or with another head and a right one.

    Other numbers under a right checksum are not damage but forgery, and who can write them can write memory.db.
    """
    if draw.random() < 0.6:
        return draw.bytes_changed(valid)
    head, _, rest = valid[:-4].partition(b"\n")
    told = draw.json(draw.changed(json.loads(head))).encode("utf-8", "surrogatepass")
    data = told + b" " * (-(len(told) + 1) % 64) + b"\n" + rest
    return data + zlib.crc32(data).to_bytes(4, "little")


FEEDS: dict[str, Callable[[Path, Mutator], Feed]] = {
    "json": importing("json", _json),
    "jsonl": importing("jsonl", _lines),
    "markdown": importing("markdown", _markdown),
    "foreign": foreign,
    "arguments": arguments,
    "scripts": scripts,
    "config.json": files("config.json", _spoilt_config),
    "recall.json": files("recall.json", _spoilt_json),
    "usage.db": files("usage.db", lambda draw, valid: draw.bytes_changed(valid)),
    "matrix.bin": files("matrix.bin", _sealed),
}
