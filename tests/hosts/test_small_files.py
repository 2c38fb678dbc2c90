"""Files in folders of strangers: what is no plain small file is never opened to its end."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ntm_memory.hosts.small_files import MOST, read_small

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
SECONDS = 20


def within_time(folder):
    """The project of a folder, asked in a process that can be ended where it waits forever."""
    said = f"from ntm_memory.hosts.projects import project_of; print(project_of({str(folder)!r}).namespace)"
    code = f"import sys; sys.path[:0] = {sys.path!r}; {said}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


@pytest.fixture
def clone(tmp_path):
    (tmp_path / "clone").mkdir()
    return tmp_path / "clone"


@pytest.mark.parametrize("is_link", [True, False])
def test_a_project_s_file_that_is_a_pipe_is_not_waited_for(clone, pipe, is_link):
    (clone / ".git").mkdir()
    (clone / ".ntm-memory").symlink_to(pipe) if is_link else os.mkfifo(clone / ".ntm-memory")
    assert within_time(clone).startswith("clone-")


@pytest.mark.parametrize("is_link", [True, False])
def test_a_pipe_behind_a_worktree_s_mark_is_not_waited_for(clone, pipe, is_link):
    (clone / "g").mkdir()
    (clone / ".git").write_text("gitdir: g\n")
    (clone / "g" / "commondir").symlink_to(pipe) if is_link else os.mkfifo(clone / "g" / "commondir")
    assert within_time(clone).startswith("clone-")


def test_a_mark_that_is_a_pipe_is_not_waited_for(clone, pipe):
    (clone / ".git").symlink_to(pipe)
    assert within_time(clone).startswith("clone-")


def test_only_plain_small_files_are_read(tmp_path, pipe):
    file = tmp_path / "file"
    file.write_bytes(b"x" * MOST)
    assert read_small(file) == b"x" * MOST
    (tmp_path / "link").symlink_to(file)
    with file.open("ab") as more:
        more.write(b"x")
    for each in (file, tmp_path / "link", pipe, tmp_path):
        with pytest.raises(OSError):
            read_small(each)
    with pytest.raises(FileNotFoundError):
        read_small(tmp_path / "nothing")
