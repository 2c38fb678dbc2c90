"""A wiped file has neither a name nor bytes."""

from __future__ import annotations

import os

import pytest

from ntm_memory.persistence.wiping import wipe


def test_the_bytes_go_before_the_name(tmp_path):
    file, size = tmp_path / "file", (1 << 20) + 5
    file.write_bytes(b"s" * size)
    with file.open("rb") as opened:
        wipe(file)
        assert not file.exists() and opened.read() == bytes(size)


def test_what_is_not_there_is_no_error(tmp_path):
    wipe(tmp_path / "nothing")


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="this system follows links")
def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / "link").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError):
        wipe(tmp_path / "link")
    assert (tmp_path / "precious").read_bytes() == b"precious"
