"""The examples of the public verbs, run with the default embedder's real weights."""

from __future__ import annotations

import doctest

import pytest

from ntm_memory import NTMMemoryManager

pytestmark = pytest.mark.real_model
LEAST = 10


def test_the_examples_of_the_verbs_are_true(tmp_path):
    shown, runner = 0, doctest.DocTestRunner()
    with NTMMemoryManager(tmp_path) as memory:
        for name, verb in vars(NTMMemoryManager).items():  # in the order in which they stand
            found = doctest.DocTestParser().get_doctest(verb.__doc__ or "", {"memory": memory}, name, name, 0)
            shown += bool(found.examples)
            runner.run(found)
    assert runner.summarize(verbose=False).failed == 0
    assert shown >= LEAST
