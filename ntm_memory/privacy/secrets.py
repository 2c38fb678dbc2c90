"""Secrets in a text: what rules and check digits know, what patterns suppose, what is learned of both and of the talk.

Where the embedder's states of a text are at hand, a learned network decides (`secret_tagger`) and patterns help it;
where they are not, patterns decide. What rules of services and check digits know is a secret in any case.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ntm_memory.privacy import told_secrets
from ntm_memory.privacy.secret_rules import find_credentials
from ntm_memory.privacy.secret_tagger import PieceStates, tag


class Secret(NamedTuple):
    """A secret in a text: text[start:end].

    Args:
        kind: what it is, e.g. `aws-access-token` or `password`.
        start, end: its characters.
    """

    kind: str
    start: int
    end: int


def known_secrets(text: str) -> list[Secret]:
    """What rules of services and check digits know."""
    return apart([*find_credentials(text, _lowered(text)), *told_secrets.by_check_digits(text)])


def supposed_secrets(text: str) -> list[Secret]:
    """What patterns of how people tell secrets suppose."""
    return apart(told_secrets.by_patterns(text, _lowered(text)))


def find_secrets(text: str, read: PieceStates | None = None, least: float | None = None) -> list[Secret]:
    """The secrets of a text in their order, none within another.

    Args:
        text: it.
        read: what the embedder made of it; None where it was not read.
        least: chance from which on the network takes something for a secret; None: the learned one.
    """
    known, supposed = known_secrets(text), supposed_secrets(text)
    if read is None or not text:
        return apart([*known, *supposed])
    spans = [[(start, end) for _, start, end in each] for each in (known, supposed)]
    named = {(start, end): kind for kind, start, end in supposed}
    tagged = [(named.get((start, end), kind), start, end) for kind, start, end, _ in tag(text, read, spans, least)]
    return apart([*known, *tagged])


def redacted(text: str, secrets: Iterable[Secret]) -> str:
    """The text with `[secret: KIND]` where its secrets stood."""
    parts, at = [], 0
    for secret in secrets:
        parts += [text[at : secret.start], f"[secret: {secret.kind}]"]
        at = secret.end
    return "".join([*parts, text[at:]])


def _lowered(text: str) -> str:
    """ASCII letters made small; no other character, so that places stay."""
    return text.lower() if text.isascii() else "".join(each.lower() if each < "\x80" else each for each in text)


def apart(found: Iterable[tuple[str, int, int]]) -> list[Secret]:
    """Found (kind, start, end) in their order; those that overlap become one, called as the first."""
    kept: list[Secret] = []
    for kind, start, end in sorted(found, key=lambda each: (each[1], -each[2])):
        if not kept or start >= kept[-1].end:
            kept.append(Secret(kind, start, end))
        elif end > kept[-1].end:
            kept[-1] = kept[-1]._replace(end=end)
    return kept
