"""One BLAS thread while a verb runs, in anybody's process; afterwards everything is as it was."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from opening import opened
from threadpoolctl import threadpool_info, threadpool_limits

from ntm_memory.embedding.tiny import TinyEmbedder
from ntm_memory.operations import process
from ntm_memory.operations.process import one_blas_thread, speak_utf8

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    not any(each["user_api"] == "blas" for each in threadpool_info()), reason="this NumPy's BLAS cannot be told"
)


def blas_threads():
    return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def three_threads(monkeypatch):
    """What the user chose, in a process of theirs; other tests may have run one of ours in this one."""
    monkeypatch.setattr(process, "_settled", threading.Event())
    process._libraries.cache_clear()  # other tests bring SciPy's own BLAS along, which is not the one we use
    assert np.ones(2).sum() == 2.0
    with threadpool_limits(3, user_api="blas"):
        yield
        assert blas_threads() == {3}


class Watching(TinyEmbedder):
    """Notes how many BLAS threads there are while it works."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def encode_queries(self, texts):
        self.seen.append(blas_threads())
        return super().encode_queries(texts)

    def encode_memories(self, texts):
        self.seen.append(blas_threads())
        return super().encode_memories(texts)


def test_the_embedder_works_with_one_thread_and_the_users_setting_is_back(tmp_path):
    watching = Watching()
    with opened(tmp_path, embedder=watching) as memory:
        memory.memorize("Mia likes tea")
        assert blas_threads() == {3}
        memory.recall("What does Mia like?")
        memory.memorize_many([{"content": "Tom likes coffee"}])
        memory.reason_and_retrieve("What does Tom like?")
        assert blas_threads() == {3}
    assert len(watching.seen) >= 4
    assert all(seen == {1} for seen in watching.seen)


def test_an_error_gives_the_setting_back(tmp_path):
    with opened(tmp_path) as memory, pytest.raises(ValueError, match="top_k"):
        memory.recall("x", top_k=0)
    assert blas_threads() == {3}


def test_nested_calls_and_those_of_other_threads_meanwhile_leave_it_alone():
    seen = []

    def other():
        with one_blas_thread():
            seen.append(blas_threads())
        seen.append(blas_threads())

    with one_blas_thread():
        with one_blas_thread():
            assert blas_threads() == {1}
        assert blas_threads() == {1}
        in_a_thread(other)
        assert seen == [{1}, {1}]
    assert blas_threads() == {3}
    in_a_thread(other)
    assert seen[2:] == [{1}, {3}], "any thread can take it when it is free"


def in_a_thread(work):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_verbs_keep_their_names_and_texts(tmp_path):
    with opened(tmp_path) as memory:
        assert memory.recall.__name__ == "recall"
        assert "read heads" in memory.recall.__doc__


OURS = """
import json, sys
from ntm_memory.operations.process import one_blas_thread, settle_threads
settle_threads()
import numpy
with one_blas_thread():
    early = "threadpoolctl" in sys.modules
from threadpoolctl import threadpool_info
print(json.dumps([early, [each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"]]))
"""


@pytest.mark.parametrize(("told", "threads"), [(None, 1), ("2", 2)])
def test_a_process_of_ours_settles_it_before_numpy_comes_unless_told_otherwise(told, threads):
    variables = {name: value for name, value in os.environ.items() if name not in process.THREADS}
    variables |= {"PYTHONPATH": str(ROOT)} | ({} if told is None else {"OPENBLAS_NUM_THREADS": told})
    done = subprocess.run([sys.executable, "-c", OURS], env=variables, capture_output=True, text=True, check=True)
    early, seen = json.loads(done.stdout)
    assert not early
    assert set(seen) == {min(threads, os.cpu_count() or 1)}


def test_streams_speak_utf8_and_missing_ones_are_no_matter(monkeypatch):
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stdin", None)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    speak_utf8()
    out.write("认知天性")
    out.flush()
    assert out.buffer.getvalue().decode("utf-8") == "认知天性"
