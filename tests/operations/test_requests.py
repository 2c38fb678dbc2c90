"""What recall may be told: one list, former names, the nearest name of a wrong one."""

from __future__ import annotations

import pytest

from ntm_memory.config import RecallSettings
from ntm_memory.errors import BadValueError
from ntm_memory.operations.requests import RecallRequest


def test_what_is_not_told_is_as_config_says():
    request = RecallRequest.of("tea?", {"top_k": None, "tags": ["b", "a", "a"]}, RecallSettings(top_k=4, beta=2.0))
    assert (request.top_k, request.beta, request.gate, request.tags, request.namespace) == (
        4,
        2.0,
        None,
        ("a", "b"),
        "default",
    )


def test_options_of_earlier_versions_are_read_by_their_names_now():
    request = RecallRequest.of("tea?", {"strength": 2, "sharpen": 1.5}, RecallSettings())
    assert (request.beta, request.gamma) == (2.0, 1.5)


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        ({"topk": 3}, "nearest known one is 'top_k'", "write 'top_k'"),
        ({"colour": 3}, "unknown option 'colour'", "known: namespace, session"),
        ({"beta": -1}, "beta must be a number from 0 to 1000", ""),
        ({"gamma": 0.5}, "gamma must be a number from 1 to 1000", ""),
        ({"gate": True}, "gate must be a number from 0 to 1", ""),
        ({"explain": "no"}, "explain must be true or false", ""),
        ({"tags": b"ab"}, "tags must be a list of texts", "e.g."),
        ({"top_k": 0}, "top_k must be a whole number from 1 to 1000", ""),
    ],
)
def test_what_is_not_usable_is_named(options, message, hint):
    with pytest.raises(BadValueError) as caught:
        RecallRequest.of("tea?", options, RecallSettings())
    assert message in caught.value.message and caught.value.hint.startswith(hint)
