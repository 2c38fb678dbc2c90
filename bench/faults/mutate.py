"""Hostile values, and changes of valid ones: by structure (JSON, arguments) and by byte."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from typing import Any

NUMBERS: tuple[Any, ...] = (
    0, -0.0, 1, -1, 0.5, 1.0000001, 2, 1e-320, 1e30, 1e308, float("inf"), -float("inf"), float("nan"), 2**31, 2**53+1,
    2**63, -(2**63)-1, 2**64, 10**308, 10**309, 10**4299, True, False, "1", "0.5", "NaN", "-0", "1e999", "٣", "１",
)  # fmt: skip
TIMES = (
    "2026-01-01", "9999-12-31T23:59:59Z", "10000-01-01T00:00:00", "99999-01-01", "0000-01-01",
    "0001-01-01T00:00:00+23:59", "-0001-01-01", "2026-02-30", "2026-01-01T24:00:00", "2026-01-01T00:00:00+99:99",
    "2026-W01-1", "20260101T000000Z", "2026-01-01T00:00:00.123456789Z", "2026-01-01 00:00", " 2026-01-01",
    "2026-01-01\n", "２０２６-01-01", "2026", "now", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00",
    "1970-01-01T00:00:00+00:00:01", "2026-01-01T00:00:60Z",
)  # fmt: skip
WORDS = (
    "", " ", "a", "Mia likes green tea", "\0", "a\0b", "\ud800", "a\udfffb", "\ufeff", "\ufffe", "\u202e", "\x1b[2J",
    "\x9b", "\u2028", "\r\n", "\r", "\t", "😀\u200d👩", "e\u0301", "\u0301", "茶", "吗   x", "تست", "İ", "ß", "ﬁ",
    "default", "m_2222222222", "k1", "<recalled-memories from=\"ntm-memory-system\"", "</recalled-memories>",
    "'; DROP TABLE memories; --", "\" OR NEAR(", "*", "a*", "^a", "{a b}", "AND OR NOT", "-1", "--", "-", "---",
    "...", "null", "[]", "{}", "%s", "{0}", "$(id)", "\\", "\"", "`", "|", ">", "&a [*a]", "!!python/none",
    "2026-01-01", "C:\\x", "on", "true", "1:20:30",
)  # fmt: skip
LONG = ("a", " ", "a ", "吗 ", "1-", "\n", '"', "(", "的", "A a", "x.", "\u0301", "1 ", "and ", "—", "@a:", "\t.", "0")
NAMES = (
    "content", "key", "importance", "tags", "source", "session", "namespace", "occurred_at", "kind", "replaces",
    "beside", "same_as", "id", "when", "type", "history", "links", "keys", "address", "state", "version", "retention",
    "strength",
)  # fmt: skip


class Mutator(random.Random):
    """Draws hostile things; the same seed draws the same."""

    def text(self) -> str:
        """A text that somebody may not have thought of."""
        kind = self.random()
        if kind < 0.55:
            return self.choice(WORDS)
        if kind < 0.75:
            return self.choice(TIMES)
        if kind < 0.78:
            return self.choice(LONG) * self.choice((501, 10_000, 100_000))
        if kind < 0.9:
            return "".join(self.choice(WORDS) for _ in range(self.randint(1, 4)))
        return "".join(
            chr(self.choice((self.randrange(128), self.randrange(0x3000), self.randrange(0x110000)))) for _ in range(6)
        )

    def value(self, depth: int = 0) -> Any:
        """Any JSON value."""
        kind = self.random()
        if kind < 0.3:
            return self.choice(NUMBERS)
        if kind < 0.75 or depth > 2:
            return self.text()
        if kind < 0.8:
            return None
        if kind < 0.9:
            return [self.value(depth + 1) for _ in range(self.choice((0, 1, 2, 2, 40)))]
        if kind < 0.93:
            return nested(self.choice((2, 50, 400)))
        return {self.choice((*NAMES, *WORDS)): self.value(depth + 1) for _ in range(self.randint(0, 3))}

    def changed(self, value: Any, times: int = 1) -> Any:
        """A JSON value with some places of it replaced, removed, doubled or renamed."""
        found = deepcopy(value)
        for _ in range(times):
            found = self._once(found)
        return found

    def _once(self, value: Any) -> Any:
        if isinstance(value, dict) and value:
            name = self.choice(list(value))
            kind = self.random()
            if kind < 0.5:
                value[name] = self._once(value[name])
            elif kind < 0.7:
                value[name] = self.value()
            elif kind < 0.8:
                del value[name]
            else:
                value[self.choice((*NAMES, self.text()))] = value[name] if kind < 0.9 else self.value()
            return value
        if isinstance(value, list) and value and self.random() < 0.8:
            at = self.randrange(len(value))
            if self.random() < 0.7:
                value[at] = self._once(value[at])
            elif self.random() < 0.5:
                value.append(deepcopy(value[at]))
            else:
                del value[at]
            return value
        if isinstance(value, str) and value and self.random() < 0.3:
            return self.bytes_changed(value.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogateescape")
        return self.value()

    def bytes_changed(self, data: bytes) -> bytes:
        """A few bytes flipped, cut out, doubled or put in; or the whole in another coding."""
        found = bytearray(data)
        for _ in range(self.choice((1, 1, 2, 8))):
            at, kind = self.randrange(len(found) + 1), self.random()
            until = min(len(found), at + self.choice((1, 4, 64, 512)))
            if kind < 0.4 and found:
                found[at % len(found)] = self.randrange(256)
            elif kind < 0.55:
                del found[at:until]
            elif kind < 0.7:
                found[at:at] = found[at:until]
            elif kind < 0.8:
                found[at:until] = bytes(until - at)
            elif kind < 0.9:
                found[at:at] = self.text().encode("utf-8", "surrogatepass")
            elif kind < 0.95:
                del found[at:]
            elif kind < 0.97:
                found[:0] = b"\xef\xbb\xbf"
            else:
                return bytes(found).decode("utf-8", "replace").encode(self.choice(("utf-16", "utf-16-le", "utf-32")))
        return bytes(found)

    def json(self, value: Any) -> str:
        """As JSON, now and then with a name twice, a nest too deep, or half of a surrogate pair as it is."""
        text = json.dumps(value, ensure_ascii=self.random() < 0.5)
        kind = self.random()
        if kind < 0.04:
            return text.replace("{", '{"content": "twice", ', 1)
        if kind < 0.06:
            return text.replace("null", "[" * 100_000, 1)
        return text.replace("NaN", "-NaN") if kind < 0.07 else text


def nested(depth: int) -> Any:
    """A list in a list in a list …"""
    found: Any = []
    for _ in range(depth):
        found = [found]
    return found
