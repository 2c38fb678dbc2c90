from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ntm_memory.errors import BadValueError
from ntm_memory.persistence.atomic import replace_bytes, replace_text, replacing, replacing_text

PACKAGE_ROOT = Path(__file__).parents[2]
posix_only = pytest.mark.skipif(os.name == "nt", reason="POSIX files")


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def test_what_was_written_takes_the_place_of_what_was_there(tmp_path):
    file = tmp_path / "note"
    replace_text(file, "old")
    with replacing(file) as out:
        out.write(b"new, ")
        out.write(b"and longer")
        assert file.read_bytes() == b"old"
    assert file.read_bytes() == b"new, and longer" and names(tmp_path) == ["note"]


def test_text_is_utf8_with_the_line_ends_that_were_given(tmp_path):
    file = tmp_path / "note"
    with replacing_text(file) as out:
        out.writelines(["茶\n", "tea\r\n"])
    assert file.read_bytes() == "茶\ntea\r\n".encode()
    replace_text(file, "茶\n")
    assert file.read_bytes() == "茶\n".encode()


@pytest.mark.parametrize("opened", [replacing, replacing_text])
@pytest.mark.parametrize("error", [ValueError, OSError, KeyboardInterrupt])
@pytest.mark.parametrize("there", [True, False])
def test_an_exception_leaves_what_was_there_and_nothing_else(tmp_path, opened, error, there):
    file = tmp_path / "note"
    if there:
        file.write_text("old")
    with pytest.raises(error), opened(file) as out:
        out.write("half" if opened is replacing_text else b"half")
        raise error
    assert names(tmp_path) == (["note"] if there else [])
    assert not there or file.read_text() == "old"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_step_that_fails_leaves_what_was_there_and_nothing_else(tmp_path, monkeypatch, step):
    file = tmp_path / "note"
    file.write_text("old")

    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match="No space left"):
        replace_text(file, "new")
    assert names(tmp_path) == ["note"] and file.read_text() == "old"


def test_a_text_that_is_none_in_utf8_writes_nothing(tmp_path):
    with pytest.raises(UnicodeEncodeError):
        replace_text(tmp_path / "note", "half a pair \ud800")
    with pytest.raises(UnicodeEncodeError), replacing_text(tmp_path / "note") as out:
        out.write("half a pair \ud800")
    assert names(tmp_path) == []


def test_a_missing_folder_is_the_callers_matter(tmp_path):
    with pytest.raises(FileNotFoundError):
        replace_text(tmp_path / "no" / "note", "new")


@posix_only
@pytest.mark.parametrize(("asked", "mode"), [({}, 0o600), ({"mode": 0o644}, 0o644), ({"mode": 0o666}, 0o644)])
def test_only_the_owner_reads_it_unless_told_otherwise(tmp_path, asked, mode):
    file = tmp_path / "note"
    file.write_text("old")
    file.chmod(0o666)
    umask = os.umask(0o022)
    try:
        with replacing(file, **asked):
            (draft,) = set(tmp_path.iterdir()) - {file}
            assert stat.S_IMODE(draft.stat().st_mode) == mode
    finally:
        os.umask(umask)
    assert stat.S_IMODE(file.stat().st_mode) == mode


def fifo(path):
    os.mkfifo(path)


def a_socket(path):
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


def dangling(path):
    path.symlink_to("nothing")


def link(path):
    (path.parent / "led to").write_text("old")
    path.symlink_to("led to")


def device(path):
    path.symlink_to("/dev/null")


@posix_only
@pytest.mark.parametrize("make", [Path.mkdir, fifo, a_socket, dangling, link, device])
def test_what_is_no_regular_file_is_refused_and_left_as_it_is(tmp_path, monkeypatch, make):
    monkeypatch.chdir(tmp_path)  # the path of a socket is a short one
    target = Path("note")
    make(target)
    before, kind = names(tmp_path), os.lstat(target).st_mode
    with pytest.raises(BadValueError, match="note is a"):
        replace_text(target, "new")
    assert names(tmp_path) == before and os.lstat(target).st_mode == kind
    assert make is not link or Path("led to").read_text() == "old"


@posix_only
def test_a_device_itself_is_refused():
    with pytest.raises(BadValueError, match="is a device"):
        replace_text(Path("/dev/null"), "new")


@posix_only
def test_a_folder_behind_a_link_is_a_folder(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "linked").symlink_to("real")
    replace_text(tmp_path / "linked" / "note", "new")
    assert (tmp_path / "real" / "note").read_text() == "new"


def test_the_name_of_the_new_file_cannot_be_guessed(tmp_path):
    seen = set()
    for _ in range(20):
        with replacing(tmp_path / "note"):
            (draft,) = {name for name in names(tmp_path) if name != "note"}
        seen.add(draft)
        assert draft.startswith("note.") and str(os.getpid()) not in draft.split(".")
    assert len(seen) == 20


@posix_only
def test_a_name_that_is_taken_is_never_written_through(tmp_path, monkeypatch):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    monkeypatch.setattr(os, "urandom", lambda count: b"\0" * count)
    taken = tmp_path / f"note.{'00' * 8}.tmp"
    taken.symlink_to(victim)
    with pytest.raises(FileExistsError):
        replace_text(tmp_path / "note", "new")
    assert victim.read_text() == "mine" and taken.is_symlink()


def test_writers_at_once_each_leave_a_whole_file(tmp_path):
    file = tmp_path / "note"
    contents = [bytes([letter]) * 200_000 for letter in b"abcd"]
    replace_bytes(file, contents[0])
    stop, torn = threading.Event(), []

    def read():
        while not stop.is_set():
            if file.read_bytes() not in contents:
                torn.append(True)

    def write(content):
        for _ in range(20):
            replace_bytes(file, content, durable=False)

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=(content,)) for content in contents]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join()
    assert not torn and file.read_bytes() in contents and names(tmp_path) == ["note"]


def test_the_file_and_its_folder_are_flushed_unless_the_file_may_be_lost(tmp_path, monkeypatch):
    flushed = []

    def note(handle):
        flushed.append(stat.S_ISDIR(os.fstat(handle).st_mode))

    monkeypatch.setattr(os, "fsync", note)
    replace_text(tmp_path / "note", "new", durable=False)
    assert flushed == []
    replace_text(tmp_path / "note", "new")
    assert flushed == ([False] if os.name == "nt" else [False, True])


def test_the_installer_can_read_it_without_any_library():
    code = "import ntm_memory.persistence.user_config, sys; assert not {'numpy', 'tempfile'} & set(sys.modules)"
    subprocess.run([sys.executable, "-S", "-c", code], cwd=PACKAGE_ROOT, check=True)
