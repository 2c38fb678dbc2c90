"""Messages of a tool name no option that only scripts have."""

from __future__ import annotations

import pytest

from ntm_memory.mcp.texts import in_words_of_tools
from ntm_memory.privacy.tombstones import Match, refusal


@pytest.mark.parametrize(
    "hint",
    [
        "give its id if it is that one, or --yes",
        "give its --namespace; update.py, erase.py, status.py --history and recall.py --from also take --any-namespace",
        "memorize something first, or check --home",
        "erase one, or give it another key (update.py ID --new-key)",
    ],
)
def test_no_option_of_scripts(hint):
    assert "--" not in in_words_of_tools(hint)


def test_what_lifts_a_retraction_is_named_as_a_command_of_the_user():
    hint = in_words_of_tools(refusal(Match("", b"", "2026-11-27", "m_1", purged=True, line=None)).hint)
    assert hint.startswith("the user lifts it: ")
    assert "memorize" in hint and "or import with" not in hint
