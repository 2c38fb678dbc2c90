"""What is kept of a session without anybody's model: what a prompt says is to be kept, and each finished turn.

`<remember>…</remember>` in a prompt is kept as it stands, as a memory among the others. A finished turn is an episode:
the prompt and the agent's last words, without code, without what a host or this memory put there, without
`<private>…</private>` and what repeats it, bounded, in a namespace of its own and trusted least. Nothing here judges
what is worth keeping, and nothing here needs memory: what is to be kept is noted (`pending`), then written into it.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple

from ntm_memory.hosts import pending, private_words
from ntm_memory.hosts.private import has_private, private_parts, without_private
from ntm_memory.hosts.projects import CAPTURES
from ntm_memory.hosts.prompts import (
    own_words,
    shortened,
    told_to_keep,
    without_blocks,
    without_remember,
)
from ntm_memory.hosts.telling import Told
from ntm_memory.persistence.newest import Newest

MOST_OF_PROMPT, MOST_OF_ANSWER = 500, 700
IMPORTANCE = 0.2
OFF, TOLD, EPISODES = CAPTURES


class _Begun(NamedTuple):
    """A turn that has begun.

    Args:
        words: of its prompt, what may be kept.
        had_private: whether the prompt, or one before it in the same turn, had a private part.
        id: names the turn among all.
    """

    words: str
    had_private: bool
    id: str = ""


_turns = Newest[_Begun](20)
"""Session → its turn, until it ends: in this process only, never on disk."""


def on_prompt(told: Told) -> int:
    """Note what the prompt says is to be kept, and keep the prompt itself until its turn ends; how much is noted."""
    prompt = told.text("prompt")
    words, had_private = own_words(without_private(prompt)), has_private(prompt)
    before = _turns.take(told.session)
    if had_private and told.session:
        private_words.note(told.session, private_parts(prompt))
    texts = told_to_keep(prompt) if told.capture != OFF and words else []
    turn = f"{time.time_ns()}-{told.session}"
    for text in texts:
        pending.note(told, {"content": text, "namespace": told.project.namespace}, [text], turn)
    if told.capture == EPISODES and told.session:
        _turns.put(told.session, _Begun(words, had_private or (before is not None and before.had_private), turn))
    return len(texts)


def on_stop(told: Told) -> int:
    """Note the turn that ends; 1 if it is to be kept."""
    begun = _turns.take(told.session) or _Begun("", had_private=False)
    prompt, answer = told.text("prompt") or begun.words, told.text("last_assistant_message")
    for text in (prompt, answer):
        if has_private(text) and told.session:
            private_words.note(told.session, private_parts(text))
    texts = turn(prompt, answer, begun.had_private)
    if told.capture != EPISODES or not texts or pending.is_refused(begun.id):
        return 0
    if private_words.are_in(told.session, texts[0]):
        return 0
    texts = [text for text in texts if not private_words.are_in(told.session, text)]
    about: dict[str, Any] = {"kind": "episode", "trust": "tool", "importance": IMPORTANCE}
    fields = {"content": "\n→ ".join(texts), "namespace": told.project.episodes, **about}
    pending.note(told, fields, [*texts, "\n".join(texts)], begun.id)
    return 1


def turn(prompt: str, answer: str, had_private: bool = False) -> list[str]:
    """What is kept of a turn: what was asked, and what was said if anything was; nothing where no person asked.

    An answer may repeat what its prompt says, so that to a prompt with a private part none is kept; and nothing at
    all is kept where the answer's marks do not pair.

    Args:
        prompt: what was asked.
        answer: the agent's last words.
        had_private: whether the prompt had a private part that is cut out already.
    """
    asked = own_words(without_remember(without_private(prompt)))
    public = without_private(answer)
    if not asked or (answer.strip() and not public):
        return []
    said = "" if had_private or has_private(prompt) else without_blocks(public)
    told = [shortened(asked, MOST_OF_PROMPT), shortened(said, MOST_OF_ANSWER)]
    return [text for text in told if text]
