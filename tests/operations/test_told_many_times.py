"""A fact that is told in every session counts once, whatever is asked."""

from __future__ import annotations

import pytest

from ntm_memory import NTMMemoryManager

pytestmark = pytest.mark.real_model


@pytest.mark.parametrize("times", [1, 60])
def test_what_is_told_in_many_sessions_is_found_and_found_alone(tmp_path, times):
    with NTMMemoryManager(tmp_path, config={"store": {"backups": 0}}) as memory:
        memory.memorize_many(
            [{"content": "The key of the meeting room is with Olaf.", "session": f"s{i}"} for i in range(times)]
        )
        memory.memorize("The spare bulb for the projector is with Hanne.")
        found = memory.recall("Who has the key of the meeting room?")
        assert "Olaf" in found.memories[0].content and found.confidence > 0.5
        assert not memory.recall("What is the capital of Mongolia?").memories
