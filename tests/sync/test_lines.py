"""Lines that tell nothing, and lines that are sealed: who is told, what stays, how one gets rid of them."""

from __future__ import annotations

import os
import sqlite3

import pytest

from ntm_memory.errors import BadValueError, StoreError
from ntm_memory.rendering.stores import sync as sync_as_text
from ntm_memory.sync import log, syncer
from ntm_memory.sync.logs import Logs

from .devices import contents

DAMAGED = b'{"line": "{}", "sum": "0"}\n'
OTHER_KEY = "1" * 64


@pytest.fixture
def spoiled(devices):
    """A machine that read a log with a damaged line in its middle, that log, and the machine that wrote it."""
    one, other = devices.add("one"), devices.add("other")
    one.memorize("Mia drinks tea")
    name = one.sync()["device"]
    (file,) = devices.folder.glob(f"ntm-{name}-*.jsonl")
    with file.open("ab") as opened_file:
        opened_file.write(DAMAGED)
    one.memorize("Tom is in Oslo")
    return one, other, file


def test_a_damaged_line_of_another_machine_stops_nothing_is_told_each_time_and_read_once(devices, spoiled, monkeypatch):
    _, other, file = spoiled
    (told,) = other.sync()["unread"]
    assert file.name in told and "line 2" in told and contents(other) == ["Mia drinks tea"]
    monkeypatch.setattr(log, "read", None)  # it is not read again
    assert other.sync()["unread"] == [told]
    other.memorize("something else")
    assert other.sync()["unread"] == [told]


def test_the_machine_that_wrote_it_mends_it_and_it_is_told_no_more(devices, spoiled):
    one, other, _ = spoiled
    assert other.sync()["unread"]
    devices.settle()
    assert not one.sync()["unread"] and not other.sync()["unread"]
    assert contents(other) == contents(one) and DAMAGED not in devices.logs()


def test_where_it_is_gone_for_good_the_rest_of_its_log_is_taken_over_once_that_is_said(devices, spoiled):
    _, other, file = spoiled
    name = file.name[4:12]
    other.sync()
    with pytest.raises(BadValueError, match="read whole") as refused:
        other.sync(forget=[name])
    assert f"--forget {name} --yes" in refused.value.hint and file.exists()
    answer = other.sync(forget=[name], yes=True)
    assert not file.exists() and contents(other) == ["Mia drinks tea"] and not other.sync()["unread"]
    assert answer["warnings"] == []


def test_a_round_with_nothing_new_reads_no_log_and_tells_that_it_was_made(devices, monkeypatch):
    one, other = devices.add("one"), devices.add("other")
    one.memorize("Mia drinks tea")
    devices.settle()
    one.sync()
    before, logs = one.status()["sync"]["last"], devices.logs()
    with monkeypatch.context() as patch:
        patch.setattr(Logs, "read", None)
        patch.setattr(syncer, "collect", None)
        answer = one.sync()
    assert (answer["sent"], answer["taken"]) == (0, 0) and devices.logs() == logs
    assert one.status()["sync"]["last"] > before
    other.memorize("Tom is in Oslo")
    other.sync()
    assert one.sync()["taken"] == 1


@pytest.fixture
def sealing(devices, secret):
    """Devices whose logs are sealed by the key of the environment."""
    devices.seal()
    return devices


def test_another_key_is_told_and_once_all_have_it_all_is_read(sealing, monkeypatch):
    one, other = sealing.add("one"), sealing.add("other")
    one.memorize("Mia drinks tea")
    one.sync(), other.sync()
    monkeypatch.setenv("NTM_MEMORY_KEY", OTHER_KEY)
    again = sealing.add("third")
    assert "cannot be opened" in again.sync()["unread"][0] and contents(again) == []
    one.memorize("Tom is in Oslo")
    for _ in range(3):
        one.sync(), other.sync(), again.sync()
    sealing.settle()
    assert contents(again) == ["Mia drinks tea", "Tom is in Oslo"]
    assert not any(each.sync()["unread"] for each in sealing.open)


def test_where_logs_are_sealed_from_now_on_no_line_that_was_plain_stays(devices, secret):
    pytest.importorskip("cryptography")
    one = devices.add("one")
    one.memorize("the code word is ZANZIBAR")
    one.sync()
    assert b"ZANZIBAR" in devices.logs()
    devices.seal()
    one = devices.again(0, "one", ahead=9000.0)
    one.sync()
    assert b"ZANZIBAR" not in devices.logs()
    other = devices.add("other", ahead=9000.0)
    devices.settle()
    assert contents(other) == ["the code word is ZANZIBAR"]


def test_one_machine_may_seal_and_another_one_not(devices, secret):
    pytest.importorskip("cryptography")
    plain = devices.add("plain")
    devices.seal()
    sealing = devices.add("sealing")
    plain.memorize("Mia drinks tea")
    sealing.memorize("Tom is in Oslo")
    devices.settle()
    assert contents(plain) == contents(sealing) == ["Mia drinks tea", "Tom is in Oslo"]
    assert not plain.sync()["unread"] and not sealing.sync()["unread"]


def test_of_many_lines_that_tell_nothing_some_are_named_and_all_are_counted(devices):
    one = devices.add("one")
    file = devices.folder / "ntm-evilevil-2023-11.jsonl"
    file.write_bytes(DAMAGED * 50)
    for _ in range(2):
        answer = one.sync()
        assert (len(answer["unread"]), answer["unread_count"]) == (20, 50)
        assert sync_as_text(answer).splitlines()[-1] == "not read: 30 more"
    with file.open("ab") as opened_file:
        opened_file.write(DAMAGED * 5)
    assert one.sync()["unread_count"] == 55
    file.write_bytes(DAMAGED)
    assert one.sync()["unread_count"] == 1


def test_a_memory_that_is_damaged_here_is_named_as_long_as_what_was_told_of_it_waits(devices):
    one, other = devices.add("one"), devices.add("other")
    id = one.memorize("Mia drinks tea").memory.id
    devices.settle()
    with sqlite3.connect(other.home / "memory.db") as sql:
        sql.execute("UPDATE memories SET content = 'damaged' WHERE id = ?", (id,))
    sql.close()
    one.update(id, content="Mia drinks coffee")
    one.sync()
    for _ in range(2):
        (warning,) = other.sync()["warnings"]
        assert warning.startswith(f"memory {id} is not written yet: it is damaged here")
    assert other.status()["sync"]["due"] == 1


def test_the_own_log_of_another_key_is_written_anew_without_a_word(sealing, monkeypatch):
    one = sealing.add("one")
    one.memorize("Mia drinks tea")
    one.sync()
    one.close()
    monkeypatch.setenv("NTM_MEMORY_KEY", OTHER_KEY)
    one = sealing.again(0, "one", ahead=9000.0)
    assert one.sync()["unread"] == []
    assert contents(sealing.add("other", ahead=9000.0)) == []
    sealing.settle()
    assert contents(sealing.open[1]) == ["Mia drinks tea"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_a_pipe_in_the_place_of_the_own_log_is_refused_with_what_is_wrong(devices):
    one = devices.add("one")
    one.memorize("Mia drinks tea")
    one.sync()
    (file,) = devices.folder.iterdir()
    file.unlink()
    os.mkfifo(file)
    one.memorize("Tom is in Oslo")
    with pytest.raises(StoreError, match="pipe or socket, no regular file"):
        one.sync()


@pytest.fixture
def in_its_place(devices):
    """A machine whose log was moved away, the log's name, and where it was moved to."""
    one = devices.add("one")
    one.memorize("Mia drinks tea")
    one.sync()
    (file,) = devices.folder.iterdir()
    return one, file, file.rename(devices.root / "victim")


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="needs links that anybody may make")
@pytest.mark.parametrize("leads_to", ["a file", "nothing", "its own old log"])
def test_a_link_in_the_place_of_the_own_log_is_never_followed_and_is_told_until_it_is_gone(
    devices, in_its_place, leads_to
):
    one, file, target = in_its_place
    if leads_to == "a file":
        target.write_text("alias ll='ls -l'\n")
    elif leads_to == "nothing":
        target.unlink()
    before = target.read_bytes() if target.exists() else None
    file.symlink_to(target)
    one.memorize("Tom is in Oslo")
    for _ in range(2):
        with pytest.raises(StoreError, match="is a link, no regular file") as refused:
            one.sync()
        assert file.name in refused.value.message and "move it away" in refused.value.hint
    assert (target.read_bytes() if target.exists() else None) == before and file.is_symlink()
    file.unlink()
    one.sync()
    devices.add("other")
    devices.settle()
    assert contents(devices.open[1]) == ["Mia drinks tea", "Tom is in Oslo"]


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="needs links that anybody may make")
def test_a_purge_names_a_log_that_is_a_link_and_leaves_what_that_leads_to(devices, in_its_place):
    one, file, target = in_its_place
    before = target.read_bytes()
    file.symlink_to(target)
    (memory,) = one.store.memories()
    assert "is a link" in one.erase([memory.id], purge=True).files_holding[0]
    assert target.read_bytes() == before


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="needs links that anybody may make")
def test_a_link_that_takes_a_files_place_after_it_was_looked_at_is_not_followed(tmp_path, monkeypatch):
    target, file = tmp_path / "victim", tmp_path / "log"
    target.write_text("mine\n")
    file.symlink_to(target)
    monkeypatch.setattr(os.path, "islink", lambda path: False)
    with pytest.raises(OSError):
        log.append(file, [])
    with pytest.raises(OSError):
        log.content_of(file)
    assert target.read_text() == "mine\n"


def test_a_folder_in_the_place_of_the_own_log_is_told(devices, in_its_place):
    one, file, _ = in_its_place
    file.mkdir()
    one.memorize("Tom is in Oslo")
    with pytest.raises(StoreError, match="cannot be written") as refused:
        one.sync()
    assert "move it away" in refused.value.hint


def test_a_lost_log_of_an_earlier_month_is_told_again_once(devices):
    one = devices.add("one")
    one.memorize("Mia drinks tea")
    one.sync()
    (file,) = devices.folder.iterdir()
    one = devices.again(0, "one", ahead=40 * 86400.0)
    one.memorize("Tom is in Oslo")
    one.sync()
    file.unlink()
    one.sync()
    told = devices.logs()
    one.sync(), one.sync()
    assert b"Mia drinks tea" in told and devices.logs() == told
