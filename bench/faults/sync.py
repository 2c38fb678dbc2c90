"""Several devices that sync by a folder come to say the same, whatever a sync program does to the files.

Each device has a memory and a view of the folder of its own. Files go from view to view whole, in part, late, or twice
under the names that sync programs give; devices are cut off for a while; clocks differ by hours. In the end all files
reach all views, and every device must say the same: memories, history, order, what was retracted. What was purged is in
no file, what was retracted is nowhere live, no text that somebody had replaced is what a memory says, and none is lost.

What a pass does not prove: anything about power cuts (`power`), about another program that writes these files, or about
git (`tests/sync` goes through a real one). Controls: a merge that does not know what was purged, and stamps that are
the time of day alone.
"""

from __future__ import annotations

import random
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.faults.devices import SPACES, Clocks, differences, said_by
from bench.faults.home import open_home
from bench.faults.synced_worlds import run_worlds
from ntm_memory.errors import NTMMemoryError
from ntm_memory.recovery.backups import make_backup
from ntm_memory.store.lookup import STATES
from ntm_memory.store.records import Memory
from ntm_memory.sync.folder import device_of

KEYS = ("drink", "city", "Wi-Fi", "plan")
_ROUNDS = 8
_BACKUPS = 3


class SyncedDevices:
    """Some devices, the views of their folders, and what was told to whom.

    Args:
        folder: where all of it lies.
        devices: how many.
        seed: of what is drawn.
    """

    def __init__(self, folder: Path, devices: int, seed: int) -> None:
        self.draw = random.Random(seed)
        self.clocks = Clocks(self.draw, devices)
        self.views = [folder / f"view{each}" for each in range(devices)]
        for view in self.views:
            view.mkdir()
        self.homes = [folder / f"home{each}" for each in range(devices)]
        self.devices = [self._opened(each) for each in range(devices)]
        self.names = [each.sync()["device"] for each in self.devices]
        self.texts = 0
        self.told: dict[str, set[str]] = {}
        self.replaced: set[str] = set()
        self.restored: set[str] = set()
        self.removed: set[str] = set()
        self.purged: set[str] = set()
        self.figures = {"operations": 0, "syncs": 0, "copies": 0}

    def _opened(self, device: int) -> Any:
        config = {"sync": {"folder": str(self.views[device])}, "store": {"backups": _BACKUPS}}
        return open_home(self.homes[device], config, clock=self.clocks.of(device))

    def close(self) -> None:
        """Close every memory."""
        for each in self.devices:
            each.close()

    def step(self) -> None:
        """One thing that somebody, or a sync program, does."""
        self.clocks.now += self.draw.expovariate(1 / 30)
        chance = self.draw.random()
        if chance < 0.15:
            self.sync(self.draw.randrange(len(self.devices)))
        elif chance < 0.35:
            self.carry()
        else:
            verbs = (self.tell,) * 9 + (self.update,) * 9 + (self.amend, self.erase, self.restore) * 2
            verbs += (self.weaken, self.retract, self.purge, self.purge_version, self.link, self.back_up)
            verb = self.draw.choice(verbs)
            with suppress(NTMMemoryError):  # what a memory refuses changes nothing
                verb(self.draw.choice(self.devices))
            self.figures["operations"] += 1

    def new_text(self) -> str:
        """A text that nobody told before, but for one in ten that the devices tell each by itself."""
        if self.draw.random() < 0.1:
            return f"what everybody tells, number {self.draw.randrange(5)} of those"
        self.texts += 1
        return f"unlike text{self.texts:06d}x is this one, of {self.draw.choice(('tea', 'milk', 'Oslo'))}"

    def tell(self, device: Any) -> None:
        """Something new, or under a key."""
        key, space = self.draw.choice((None, None, None, *KEYS)), self.draw.choice(SPACES)
        before = None if key is None else device.store.find_key(space, key)
        done = device.memorize(self.new_text(), key=key, namespace=space, session=self.draw.choice((None, "s1")))
        self.note(done.memory, before)

    def update(self, device: Any) -> None:
        """Another text."""
        memory = self.any(device)
        self.note(device.update(memory.id, namespace=None, content=self.new_text()).memory, memory)

    def amend(self, device: Any) -> None:
        """Another importance, tag or key."""
        changes = (
            {"importance": round(self.draw.random(), 2)},
            {"tags": [f"tag{self.draw.randrange(4)}"]},
            {"new_key": self.draw.choice(KEYS)},
        )
        device.update(self.any(device).id, namespace=None, **self.draw.choice(changes))

    def erase(self, device: Any) -> None:
        """For now."""
        device.erase([self.any(device).id], namespace=None)

    def weaken(self, device: Any) -> None:
        """In part."""
        device.erase([self.any(device).id], strength=0.5, namespace=None)

    def restore(self, device: Any) -> None:
        """What is not live: what it says is right again, whatever somebody does who does not know of that."""
        self.restored.add(device.restore(self.any(device, "erased").id, None).content)

    def retract(self, device: Any) -> None:
        """Its text is refused from then on."""
        device.erase([self.any(device).id], retract=True, namespace=None)

    def purge(self, device: Any) -> None:
        """For good: no byte of it is to be left."""
        memory = self.any(device, *STATES)
        said = {memory.content, *(old.content for old in device.store.history(memory.id))}
        device.erase([memory.id], purge=True, namespace=None)
        self.purged.add(memory.id)
        self.removed |= {text for text in said if text.startswith("unlike")}

    def purge_version(self, device: Any) -> None:
        """Of its history."""
        memory = self.any(device)
        old = self.draw.choice(device.store.history(memory.id) or [None])
        if old is not None:
            device.erase([memory.id], purge=True, version=old.version, namespace=None)
            self.removed |= {old.content} if old.content.startswith("unlike") else set()

    def back_up(self, device: Any) -> None:
        """A copy of the memory file, besides the daily ones: what is purged later is to leave it."""
        make_backup(device.home, "test", _BACKUPS, device.store.engine.clock)

    def link(self, device: Any) -> None:
        """Builds on another."""
        from ntm_memory.store.records import Link

        one, other = self.any(device), self.any(device)
        if one.id != other.id and one.namespace == other.namespace:
            device.store.link(one.id, [Link(other.id, 0.5, "explicit")])

    def any(self, device: Any, *states: str) -> Memory:
        """One that is there, drawn."""
        found = list(device.store.memories(states=states or ("live",)))
        if not found:
            raise NTMMemoryError("there is none")
        memory: Memory = self.draw.choice(found)
        return memory

    def note(self, memory: Memory, before: Memory | None) -> None:
        """Remember what was told, and what by that was replaced."""
        self.told.setdefault(memory.id, set()).add(memory.content)
        if before is not None and before.id == memory.id and before.content != memory.content:
            self.replaced.add(before.content)

    def sync(self, device: int) -> dict[str, Any]:
        """One round of a device."""
        self.figures["syncs"] += 1
        answer: dict[str, Any] = self.devices[device].sync()
        return answer

    def carry(self) -> None:
        """A sync program at work: from one view to another, a file, or a part of it, or as a copy."""
        source, target = self.draw.sample(self.views, 2)
        files = sorted(source.glob("*.jsonl"))
        if not files:
            return
        self.figures["copies"] += 1
        file = self.draw.choice(files)
        content, chance = file.read_bytes(), self.draw.random()
        if chance < 0.2:
            content = content[: self.draw.randrange(len(content) + 1)]
        name = file.name
        if chance > 0.85 and "(" not in name:
            name = f"{file.stem} (conflicted copy {self.draw.randrange(2)}).jsonl"
        there = target / name
        if self._owner(name) == self.views.index(target) and "(" not in name:
            return  # a sync program does not write over what is newer
        if not there.exists() or chance < 0.2 or there.stat().st_size <= len(content):
            there.write_bytes(content)

    def heal(self) -> int:
        """Everything reaches everybody; returns after how many rounds nobody has anything to tell."""
        for rounds in range(1, _ROUNDS + 1):
            sent = sum(self.sync(each)["sent"] for each in range(len(self.devices)))
            self.share()
            if not sent and rounds > 2:
                return rounds
        raise AssertionError(f"the devices still tell each other something after {_ROUNDS} rounds")

    def share(self) -> None:
        """Each device's own files as they are with it; copies in every view go."""
        for view in self.views:
            for file in view.glob("*(*"):
                file.unlink()
        for owner, view in enumerate(self.views):
            for file in view.glob("*.jsonl"):
                if self._owner(file.name) == owner:
                    for other in self.views:
                        if other != view:
                            shutil.copyfile(file, other / file.name)

    def _owner(self, name: str) -> int:
        """Who writes to a file."""
        return self.names.index(device_of(name))

    def check(self) -> None:
        """What must be so of every device, now that all know the same."""
        states = [said_by(device) for device in self.devices]
        for number, state in enumerate(states[1:], start=1):
            assert state == states[0], f"device {number} and device 0 differ: {differences(states[0], state)}"
        for device in self.devices:
            assert device.store.check() == []
            self._check_one(device)
        self._check_files()

    def _check_one(self, device: Any) -> None:
        everything = {each.id: each for each in device.store.memories(states=STATES)}
        assert not self.purged & set(everything), f"purged, and there: {self.purged & set(everything)}"
        here = {each.content for each in everything.values()}
        here |= {old.content for each in everything for old in device.store.history(each)}
        for memory in everything.values():
            if memory.state == "live":
                whole = [each for each in device.store.retracted_in(memory.namespace, memory.content) if not each.line]
                assert not whole, f"retracted, and live: {memory.content}"
                is_old = memory.content in self.replaced - self.restored and memory.content.startswith("unlike")
                assert not is_old, f"somebody who knew {memory.content!r} replaced it, and {memory.id} says it"
        for id in set(everything) & set(self.told):
            lost = {text for text in self.told[id] if text.startswith("unlike") and text not in here} - self.removed
            assert not lost, f"told of {id}, and nowhere: {lost}"

    def _check_files(self) -> None:
        files = [file for place in (*self.views, *self.homes) for file in place.rglob("*") if file.is_file()]
        contents = {file: file.read_bytes() for file in files}
        for text in self.removed:
            holding = [str(file) for file, content in contents.items() if text.encode() in content]
            assert not holding, f"purged, and still in {holding}: {text}"


def run_syncs(operations: int, seed: int, devices: int = 3, each: int = 400) -> dict[str, Any]:
    """The figures of these worlds, see `run_worlds`.

    Raises:
        AssertionError: two devices differ, or say what they must not; it names the seed.
    """
    return run_worlds("sync", SyncedDevices, operations, seed, devices, each)
