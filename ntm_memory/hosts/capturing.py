"""What is kept of a session without anybody's model: what a prompt says is to be kept, and each finished turn.

`<remember>…</remember>` in a prompt is kept as it stands, as a memory among the others. A finished turn is an episode:
the prompt and the agent's last words, without code, without what a host or this memory put there, without
`<private>…</private>`, bounded, in a namespace of its own and trusted least. Nothing here judges what is worth keeping.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ntm_memory.errors import EchoError, NTMMemoryError, RetractedError, SecretError
from ntm_memory.hosts.private import has_private, without_private
from ntm_memory.hosts.projects import CAPTURES
from ntm_memory.hosts.prompts import (
    own_words,
    shortened,
    told_to_keep,
    without_blocks,
    without_remember,
)
from ntm_memory.hosts.telling import Ask, Told

MOST_OF_PROMPT, MOST_OF_ANSWER = 500, 700
IMPORTANCE = 0.2
OFF, TOLD, EPISODES = CAPTURES


class _Begun(NamedTuple):
    """A turn that has begun.

    Args:
        words: of its prompt, what may be kept.
        had_private: whether the prompt, or one before it in the same turn, had a private part.
        was_refused: whether it tells to keep what is refused: what was retracted, or came from this memory.
    """

    words: str
    had_private: bool
    was_refused: bool = False


_turns: dict[str, _Begun] = {}
"""Session → its turn, until it ends: in this process only, never on disk."""
_MOST_SESSIONS = 20


def on_prompt(told: Told, ask: Ask) -> None:
    """Keep what the prompt says is to be kept, and the prompt itself until its turn ends."""
    prompt = told.text("prompt")
    words = own_words(without_private(prompt))
    before = _turns.pop(told.session, None)
    refused = False
    if told.capture != OFF and words:
        refused = not all([_is_kept(told, ask, text) for text in told_to_keep(prompt)])
    if told.capture == EPISODES and told.session:
        while len(_turns) >= _MOST_SESSIONS:
            _turns.pop(next(iter(_turns)))
        had_private = has_private(prompt) or (before is not None and before.had_private)
        _turns[told.session] = _Begun(words, had_private, refused)


def _is_kept(told: Told, ask: Ask, text: str) -> bool:
    """Keep what is told to be kept; whether nothing in it was refused."""
    try:
        if _is_retracted(told, ask, text):
            return False
        _memorize(told, ask, content=text, namespace=told.project.namespace)
    except (EchoError, RetractedError, SecretError):
        return False
    except NTMMemoryError:  # a fault of the memory: the others are tried all the same
        return True
    return True


def on_stop(told: Told, ask: Ask) -> None:
    """Keep the turn that ends."""
    begun = _turns.pop(told.session, _Begun("", had_private=False))
    texts = turn(told.text("prompt") or begun.words, told.text("last_assistant_message"), begun.had_private)
    if told.capture != EPISODES or not texts or begun.was_refused:
        return
    if _is_retracted(told, ask, *texts, "\n".join(texts), quoted=True):
        return
    about: dict[str, Any] = {"kind": "episode", "trust": "tool", "importance": IMPORTANCE}
    _memorize(told, ask, content="\n→ ".join(texts), namespace=told.project.episodes, **about)
    if told.settings.episodes:
        ask({"command": "retire", "namespace": told.project.episodes, "most": told.settings.episodes})


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


def _is_retracted(told: Told, ask: Ask, *texts: str, quoted: bool = False) -> bool:
    """Whether a text says, or perhaps quotes, what was retracted in any namespace that holds here."""
    request = {"command": "retracted", "texts": list(texts), "namespaces": list(told.project.namespaces)}
    return bool(ask({**request, "quoted": quoted})["retracted"])


def _memorize(told: Told, ask: Ask, **fields: Any) -> None:
    request = {"command": "memorize", "source": told.source, "session": told.session or None, **fields}
    if not told.redacts:  # what keeps by itself leaves secrets out, whatever is allowed to those who say it
        request["on_secret"] = "redact"
    ask(request)
