"""Retrieval: what was asked for is an upper bound of what comes."""

from __future__ import annotations

import pytest

LONG = "The zebra number {} sleeps in the shed, " + "on straw and on hay, near the door, " * 60


@pytest.mark.parametrize("k", [1, 3, 7])
@pytest.mark.parametrize("budget", [40, 700, 1_000_000])
@pytest.mark.parametrize("verb", ["recall", "reason"])
def test_retrieval_k_is_an_upper_bound(memory, verb, k, budget):
    """Given far more long matches than k → asked with k and a budget → at most k come, within the budget.

    Measured on what reaches the prompt: the characters of its lines' texts. Control: with room enough exactly k come,
    and there were four times as many. A pass does not prove anything of tokens: the budget counts characters of
    content, not ids, dates and the fence.
    """
    with memory.python() as manager:
        manager.memorize_many([{"content": LONG.format(number)} for number in range(28)])
    said = memory.say(verb, "Where does the zebra sleep?", "--top-k", k, "--max-chars", budget, "--format", "context")
    opening, *lines, closing = said.out.splitlines()
    texts = [line.split("] ", 1)[1] for line in lines]
    assert opening.startswith("<recalled-memories") and closing == "</recalled-memories>"
    assert 1 <= len(texts) <= k
    assert sum(len(text) for text in texts) <= budget
    if budget == 1_000_000:
        assert len(texts) == k and all(len(text) > 2_000 for text in texts)
