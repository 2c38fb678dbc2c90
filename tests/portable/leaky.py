"""A toy memory that leaks on purpose: with one switch a step it must fail the walk exactly there."""

from __future__ import annotations

from collections.abc import Iterable

from .walk import TOKEN


class LeakyStore:
    """A memory of a few dictionaries.

    Args:
        leaks: the steps at which it leaks, 1 to 13; without any it is sound.
        forgetful: it keeps nothing at all, so that nothing can leak.
    """

    def __init__(self, leaks: Iterable[int] = (), *, forgetful: bool = False) -> None:
        self._leaks = frozenset(leaks)
        self._forgetful = forgetful
        self._kept: dict[str, str] = {}
        self._second: dict[str, str] = {}
        self._copy: dict[str, str] = {}
        self._rejected: set[str] = set()
        self._files = {"index": ""}
        self._log: list[str] = []
        self._ghosts: list[str] = []  # what the last verb let slip; the next one clears it
        self._stale: list[str] = []  # what a cache of blocks still has once

    def tell(self, key: str, text: str) -> bool:
        if not self._forgetful and text.casefold() not in self._rejected:
            self._kept[key] = text
            self._files["index"] += text
        return 1 not in self._leaks

    def look_up(self, key: str) -> str:
        lost = 2 in self._leaks and not self._rejected
        return "" if lost else self._kept.get(key, "")

    def recall(self, question: str) -> str:
        if 3 in self._leaks and not self._rejected:
            return ""
        return "\n".join([*self._kept.values(), *self._ghosts])

    def prompt(self, question: str) -> str:
        if 4 in self._leaks and not self._rejected:
            return ""
        block = [*self._kept.values(), *self._stale]
        self._stale = []
        return "\n".join(block)

    def share(self) -> None:
        self._second = dict(self._kept)

    def recall_shared(self, question: str) -> str:
        return "\n".join(self._second.values())

    def back_up(self) -> None:
        self._copy = dict(self._kept)

    def forget(self, key: str) -> None:
        value = self._kept.pop(key, "")
        self._stale = [value] if 7 in self._leaks else []
        self._rejected.add(value.casefold())
        if 11 not in self._leaks:
            self._second.pop(key, None)
        if 9 not in self._leaks:
            self._files["index"] = "".join(self._kept.values())
        self._log.append(f"purged {key}" + (f": {value}" if 10 in self._leaks else ""))
        self._slip(5)

    def feed(self, texts: Iterable[str]) -> None:
        for number, text in enumerate(texts):
            self.tell(f"fed-{number}", text)
        self._slip(6)

    def background(self) -> None:
        self._slip(8)

    def traces(self) -> list[str]:
        return [name for name, data in self._files.items() if TOKEN in data]

    def audit(self) -> str:
        return "\n".join(self._log)

    def bring_back(self) -> None:
        for key, text in self._copy.items():
            self.tell(key, text)
        self._slip(12)

    def restart(self) -> None:
        self._slip(13)

    def _slip(self, step: int) -> None:
        """What was deleted shows once more, where it leaks at this step."""
        gone = [text for text in self._copy.values() if text.casefold() in self._rejected]
        self._ghosts = gone if step in self._leaks else []
