from __future__ import annotations

import pytest

from ntm_memory.multihop.reasons import Reason, reason_for, shared_words

RARITY = {"deploy": 3.0, "script": 2.0, "wrote": 1.0}


@pytest.mark.parametrize(
    ("before", "text", "question", "reason"),
    [
        (
            "Who wrote the deploy script?",
            "Jonas wrote the deploy script",
            True,
            Reason("words", ("deploy", "script", "wrote")),
        ),
        ("Jonas wrote the deploy script", "Priya is the mentor of Jonas", False, Reason("name", ("jonas",))),
        ("小钳在运维组工作", "运维组的老板是王强", False, Reason("name", ("运维组",))),
        ("Transformer是一种神经网络", "深度学习用到神经网络", False, Reason("words", ("神经网络",))),
        ("The cat sleeps", "A dog barks", False, Reason("likeness")),
        ("Does Jonas know?", "Jonas knows", True, Reason("name", ("jonas",))),
    ],
)
def test_what_joins_two_memories(before, text, question, reason):
    assert reason_for(before, text, RARITY, linked=False, question=question) == reason


def test_a_link_says_so_and_names_what_is_shared():
    assert reason_for("A b", "C d", {}, linked=True, question=False) == Reason("link")
    linked = reason_for("Jonas wrote it", "Priya mentors Jonas", {}, linked=True, question=False)
    assert linked == Reason("link", ("jonas",))


def test_at_most_three_words_the_rarest_first():
    text = "alpha beta gamma delta epsilon"
    rarity = {"delta": 5.0, "beta": 4.0, "alpha": 3.0}
    assert shared_words(text, text, rarity) == ("delta", "beta", "alpha")
