"""A sync is killed at any moment (SIGKILL), or the power fails; the next one goes on, and all come to say the same.

The worlds of `bench.faults.sync`, in which some rounds are run by a process of their own that kills itself before its
n-th statement, file, rename or wait for the disk. Where the power fails, what was written to a log and not waited for
is cut off at any place, or left as zeros. The sync program then goes on with what lies in the folder, and leaves
placeholders of no bytes, and copies under all the names that such programs give.

What a pass does not prove: that SQLite's own files outlive a power cut (`power`), or that a drive keeps what it says
it has kept. Control: a log that is not waited for, on a device that does not look at its own log again.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from bench.faults.home import Hasty, made_by, patched_connections
from bench.faults.sync import SyncedDevices
from bench.faults.synced_worlds import run_worlds

_MOST_STEPS = 400
_NAMES = (
    "{stem} (Mia's conflicted copy 2026-11-27).jsonl",
    "{stem}.sync-conflict-20261127-101112-ABCDEFG.jsonl",
    "{stem} 2.jsonl",
    "{stem}-LAPTOP.jsonl",
    "{stem} (1).jsonl",
    "{upper}.JSONL",
    ".syncthing.{stem}.jsonl.tmp",
    ".{stem}.jsonl.icloud",
)


class KilledDevices(SyncedDevices):
    """Devices of which some syncs do not come to their end.

    Args:
        folder: where all of it lies.
        devices: how many.
        seed: of what is drawn.
        careless: the control: the log is not waited for.
    """

    def __init__(self, folder: Path, devices: int, seed: int, *, careless: bool = False) -> None:
        super().__init__(folder, devices, seed)
        self._careless = careless
        self.is_calm = False
        self.figures |= {"killed": 0, "power": 0, "through": 0}

    def sync(self, device: int) -> dict[str, Any]:
        """One round; before it, perhaps, one that is killed."""
        if not self.is_calm and self.draw.random() < 0.8:
            self._killed(device, is_power=self.draw.random() < 0.5)
        return super().sync(device)

    def heal(self) -> int:
        """As without kills: the last rounds are left alone."""
        self.is_calm = True
        for view in self.views:
            for file in view.iterdir():
                if not file.name.startswith("ntm-") or file.suffix != ".jsonl" or len(file.name) != 26:
                    file.unlink()
        return super().heal()

    def carry(self) -> None:
        """A sync program that leaves what such programs leave, too."""
        if self.draw.random() < 0.3:
            source, target = self.draw.choice(self.views), self.draw.choice(self.views)
            for file in sorted(source.glob("ntm-????????-????-??.jsonl"))[:1]:
                name = self.draw.choice(_NAMES).format(stem=file.stem, upper=file.stem.upper())
                content = file.read_bytes() if self.draw.random() < 0.7 else b""
                (target / name).write_bytes(content)
            return
        super().carry()

    def _killed(self, device: int, *, is_power: bool) -> None:
        steps = int(_MOST_STEPS ** self.draw.random())
        self.devices[device].close()
        logs = self._logs(device)
        note = self.views[device].parent / "waited"
        note.write_text("")
        child = os.fork()
        if not child:
            _sync_until(lambda: self._opened(device), steps, None if self._careless else note)
        _, status = os.waitpid(child, 0)
        is_killed = os.WIFSIGNALED(status)
        assert is_killed or os.WEXITSTATUS(status) == 0, f"a sync failed: {os.WEXITSTATUS(status)}"
        self.figures["power" if is_killed and is_power else "killed" if is_killed else "through"] += 1
        if is_killed and is_power:
            self._cut(device, logs, note.read_text().split())
        self.devices[device] = self._opened(device)

    def _logs(self, device: int) -> dict[Path, bytes]:
        files = self.views[device].glob(f"ntm-{self.names[device]}-*.jsonl")
        return {file: file.read_bytes() for file in files}

    def _cut(self, device: int, before: dict[Path, bytes], waited: list[str]) -> None:
        """What the disk had not said it has: of what was added to a log any beginning, or zeros, or nothing."""
        for file, now in self._logs(device).items():
            old = before.get(file, b"")
            if now != old and file.name not in waited and now.startswith(old):
                kept = self.draw.randrange(len(old), len(now) + 1)
                zeros = (len(now) - kept) * self.draw.randrange(2)
                file.write_bytes(now[:kept] + bytes(zeros))


class _Steps:
    """Counts what a process does to its disk, and kills it before the n-th.

    Args:
        steps: n.
        note: a file that is told for which files the disk was waited for; None: it is not waited for at all.
    """

    def __init__(self, steps: int, note: Path | None) -> None:
        self._left, self._note = steps, note
        self._replace, self._open = os.replace, os.open

    def step(self) -> None:
        self._left -= 1
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)

    def connections(self) -> Callable[..., sqlite3.Connection]:
        steps = self

        class Counted(Hasty):
            def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
                steps.step()
                return super().execute(statement, *arguments)

            def commit(self) -> None:
                steps.step()
                super().commit()

        return made_by(Counted)

    def waits(self, file: int) -> None:
        self.step()
        if self._note is not None:
            with suppress(OSError), self._note.open("a") as told:
                told.write(Path(os.readlink(f"/proc/self/fd/{file}")).name + "\n")

    def moves(self, *told: Any, **how: Any) -> None:
        self.step()
        self._replace(*told, **how)

    def opens(self, *told: Any, **how: Any) -> int:
        self.step()
        return self._open(*told, **how)


def _sync_until(opened: Callable[[], Any], steps: int, note: Path | None) -> None:
    """In a process of its own: one sync that ends by a kill before its n-th step, if it has so many."""
    counted, draw = _Steps(steps, note), random.Random(steps)
    try:
        with patched_connections(counted.connections()):
            memory = opened()
            os.fsync, os.replace, os.open, os.urandom = counted.waits, counted.moves, counted.opens, draw.randbytes
            memory.sync()
            memory.close()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def run_killed_syncs(
    operations: int, seed: int, devices: int = 3, each: int = 200, *, careless: bool = False
) -> dict[str, Any]:
    """The figures of these worlds, see `run_worlds`; `careless` as of `KilledDevices`.

    Raises:
        AssertionError: two devices differ, or say what they must not; it names the seed.
    """
    make = partial(KilledDevices, careless=careless)
    return run_worlds("killed-syncs", make, operations, seed, devices, each)
