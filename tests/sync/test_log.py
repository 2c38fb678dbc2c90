"""Lines of a log: whole ones are read, all others are told, and nothing breaks."""

from __future__ import annotations

import json
import random

import pytest

from ntm_memory.privacy.keys import Key
from ntm_memory.sync import log
from ntm_memory.sync.log import Line
from ntm_memory.sync.stamps import LogicalTime

AT = str(LogicalTime(1_700_000_000_000, 1, "a" * 8))
ONE = Line("m_2222222222", {"fields": {"importance": [AT, 0.5]}})
OTHER = Line("m_3333333333", {"purged": [AT]})
MARK = Line("/".join(["0" * 32] * 3 + ["m_2"]), [AT, {"key": None, "parts": 1, "purged": False, "at": "x"}], True)
KEY = Key(b"k" * 32, b"", "environment")


def test_what_was_written_is_read(tmp_path):
    path = tmp_path / "log"
    log.append(path, [ONE, MARK])
    log.append(path, [OTHER])
    found = log.read(path.read_bytes())
    assert found.lines == [ONE, MARK, OTHER] and not found.unread and found.end == path.stat().st_size


def test_a_file_that_is_cut_anywhere_tells_its_whole_lines_and_no_damage():
    content = b"".join(map(log.written, (ONE, OTHER)))
    for end in range(len(content) + 1):
        found = log.read(content[:end])
        assert not found.unread and found.lines == [ONE, OTHER][: content[:end].count(b"\n")]


def test_a_damaged_line_is_named_and_the_others_are_read():
    damaged = log.written(ONE).replace(b"importance", b"importancE")
    found = log.read(damaged + log.written(OTHER))
    assert found.lines == [OTHER] and [each.number for each in found.unread] == [1]
    assert "checksum" in found.unread[0].why


def test_a_torn_end_is_taken_away_before_more_is_written(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(log.written(ONE) + log.written(OTHER)[:20])
    log.append(path, [MARK])
    found = log.read(path.read_bytes())
    assert found.lines == [ONE, MARK] and not found.unread


def test_sealed_lines_need_the_key():
    pytest.importorskip("cryptography")
    content = log.written(ONE, KEY)
    assert b"importance" not in content
    assert log.read(content, KEY).lines == [ONE]
    assert "no key" in log.read(content).unread[0].why
    assert "cannot be opened" in log.read(content, Key(b"j" * 32, b"", "environment")).unread[0].why


def test_rewriting_keeps_what_is_to_be_kept_and_what_others_sealed(tmp_path):
    pytest.importorskip("cryptography")
    path = tmp_path / "log"
    log.append(path, [ONE, OTHER])
    assert not log.rewrite(path, lambda line: line)
    with path.open("ab") as file:
        file.write(log.written(ONE, KEY) + b"what is damaged\n")
    assert log.rewrite(path, lambda line: None if line == ONE else line)
    assert path.read_bytes() == log.written(OTHER) + path.read_bytes()[len(log.written(OTHER)) :]
    assert log.read(path.read_bytes(), KEY).lines == [OTHER, ONE]


def test_hostile_lines_are_told_one_by_one():
    """A checksum is no seal: whoever writes lines can write it, too."""
    draw = random.Random(1)
    values = [
        None,
        True,
        -1,
        0.5,
        1e999,
        float("nan"),
        "",
        "\ud800",
        "m_1",
        AT,
        [],
        {},
        [AT],
        [AT, None],
        [AT, {}],
        2**70,
    ]

    def drawn(depth=0):
        chance = draw.random()
        if depth > 3 or chance < 0.4:
            return draw.choice(values)
        if chance < 0.7:
            return [drawn(depth + 1) for _ in range(draw.randrange(3))]
        names = ["born", "fields", "texts", "olds", "over", "links", "joins", "purged", "importance", "standing", AT]
        return {draw.choice(names): drawn(depth + 1) for _ in range(draw.randrange(3))}

    def line(inner):
        text = json.dumps(inner)
        return json.dumps({"line": text, "sum": log._sum(text)}).encode() + b"\n"

    lines = [line({"v": 1, draw.choice(["id", "tombstone"]): drawn(), "part": drawn()}) for _ in range(3000)]
    lines += [line(drawn()) for _ in range(300)] + [b"[" * 100_000 + b"\n", b"\xff\n", b"{}\n", line({"v": 99})]
    found = log.read(b"".join(lines) + log.written(ONE))
    assert len(found.lines) + len(found.unread) == len(lines) + 1 and found.lines[-1] == ONE
    assert all(each.why and "\n" not in each.why for each in found.unread)
