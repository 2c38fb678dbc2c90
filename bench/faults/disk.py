"""What a disk may hold after the power fails, from a trace of everything that was done to the files of a folder.

`shim.c` writes the trace. A file is sure as far as it was synced since, its name as far as its folder was. Of the rest
each write is kept, lost or torn at sectors of 512 bytes, in any order, and names are kept up to some moment, as with
journaling file systems. What this does not model: a disk that lies about syncing, bytes that change by themselves.
"""

from __future__ import annotations

import functools
import os
import random
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")
SECTOR = 512
_HEAD = struct.Struct("<cHHIq")
MODES = ("lost", "kept", "begun", "any", "torn")


@functools.cache
def shim() -> Path:
    """The compiled shim.

    Raises:
        FileNotFoundError, OSError, subprocess.CalledProcessError: this is not Linux, or there is no C compiler.
    """
    if os.uname().sysname != "Linux":
        raise OSError("the shim is for Linux")
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise FileNotFoundError("no C compiler")
    built = Path(tempfile.mkdtemp(prefix="ntm-shim-")) / "shim.so"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", built, SOURCE, "-ldl"], check=True, capture_output=True)
    return built


@dataclass(frozen=True)
class Event:
    """One call: W write, T cut, S sync, C make, R rename, U remove, A what the program said."""

    kind: str
    name: str
    other: str
    offset: int
    data: bytes


def read_trace(file: Path) -> Iterator[Event]:
    """The calls in their order."""
    whole, at = file.read_bytes(), 0
    while at < len(whole):
        kind, a, b, size, offset = _HEAD.unpack_from(whole, at)
        start = at + _HEAD.size
        at = start + a + b + size
        name, other = whole[start : start + a].decode(), whole[start + a : start + a + b].decode()
        yield Event(kind.decode(), name, other, offset, whole[start + a + b : at])


@dataclass
class _File:
    """A file's bytes: those that are sure, and what was done since."""

    sure: bytearray = field(default_factory=bytearray)
    since: list[Event] = field(default_factory=list)

    def sync(self) -> None:
        for event in self.since:
            _apply(self.sure, event)
        self.since.clear()


class Disk:
    """The files of one folder, as they are and as they may be after a power cut."""

    def __init__(self) -> None:
        self._now: dict[str, _File] = {}
        self._sure: dict[str, _File] = {}
        self._since: list[tuple[str, _File | None]] = []

    def do(self, event: Event) -> None:
        """One call that succeeded."""
        if event.kind == "C":
            self._named(event.name, _File())
        elif event.kind == "U":
            self._named(event.name, None)
        elif event.kind == "R":
            self._named(event.other, self._now[event.name])
            self._named(event.name, None)
        elif event.kind == "S" and event.name == "":
            for name, file in self._since:
                _link(self._sure, name, file)
            self._since.clear()
        elif event.kind == "S":
            self._now[event.name].sync()
        elif event.kind in "WT":
            self._now[event.name].since.append(event)

    def cut_power(self, draw: random.Random) -> dict[str, bytes]:
        """Name → bytes of what may be there afterwards."""
        names = dict(self._sure)
        for name, file in self._since[: draw.randint(0, len(self._since))]:
            _link(names, name, file)
        mode = draw.choice(MODES)
        return {name: _survivor(file, mode, draw) for name, file in names.items()}

    def _named(self, name: str, file: _File | None) -> None:
        _link(self._now, name, file)
        self._since.append((name, file))


def _link(names: dict[str, _File], name: str, file: _File | None) -> None:
    if file is None:
        names.pop(name, None)
    else:
        names[name] = file


def _survivor(file: _File, mode: str, draw: random.Random) -> bytes:
    """What is left of a file: the events that were not synced by one of `MODES`."""
    bytes_, since = bytearray(file.sure), file.since
    if mode == "begun":
        since = since[: draw.randint(0, len(since))]
    for event in since if mode != "lost" else ():
        if mode in ("kept", "begun") or draw.random() < 0.5:
            _apply(bytes_, event)
        elif mode == "torn" and event.kind == "W":
            for at in range(0, len(event.data), SECTOR):
                if draw.random() < 0.5:
                    _put(bytes_, event.offset + at, event.data[at : at + SECTOR])
    return bytes(bytes_)


def _apply(found: bytearray, event: Event) -> None:
    if event.kind == "W":
        _put(found, event.offset, event.data)
    elif len(found) > event.offset:
        del found[event.offset :]
    else:
        found.extend(bytes(event.offset - len(found)))


def _put(found: bytearray, at: int, data: bytes) -> None:
    if len(found) < at:
        found.extend(bytes(at - len(found)))
    found[at : at + len(data)] = data
