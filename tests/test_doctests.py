"""The examples of the public verbs, run with the default embedder's real weights."""

from __future__ import annotations

import doctest

import pytest

from ntm_memory import NTMMemoryManager, manager

pytestmark = pytest.mark.real_model
LEAST = 10


def test_the_examples_of_the_verbs_are_true(tmp_path):
    with NTMMemoryManager(tmp_path) as memory:
        runner = doctest.DocTestRunner()
        shown = {}
        for test in doctest.DocTestFinder(recurse=True).find(manager.NTMMemoryManager, globs={"memory": memory}):
            if test.examples:
                shown[test.lineno] = test
        for line in sorted(shown):
            runner.run(shown[line])
    assert runner.summarize(verbose=False).failed == 0
    assert len(shown) >= LEAST
