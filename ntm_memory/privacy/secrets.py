"""Secrets in a text: what rules and check digits know, what patterns suppose, what is learned of both and of the talk.

Where the embedder's states of a text are at hand, a learned network decides (`secret_tagger`) and patterns help it;
where they are not, patterns decide. What rules of services and check digits know is a secret in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple
from unicodedata import category, normalize

from ntm_memory.privacy import secret_forms, secret_tagger, told_secrets
from ntm_memory.privacy.secret_forms import by_form
from ntm_memory.privacy.secret_rules import find_credentials, kinds_of_rules
from ntm_memory.privacy.secret_spans import Secret, Span, everywhere, marks_in, settled
from ntm_memory.privacy.secret_tagger import Limits, PieceStates, Tagged, limits, tag
from ntm_memory.privacy.seed_phrases import seed_phrases


def known_secrets(text: str) -> list[Secret]:
    """What rules of services, check digits and public forms know."""
    return everywhere(text, _found(text, _known))


def supposed_secrets(text: str) -> list[Secret]:
    """What patterns of how people tell secrets suppose."""
    return _found(text, lambda plain: told_secrets.by_patterns(plain, _lowered(plain)))


def labelled(text: str) -> list[Span]:
    """What stands where a secret is told by its name ("the password is …"), whatever it looks like."""
    found = _found(text, lambda plain: told_secrets.by_patterns(plain, _lowered(plain), whatever=True))
    return [(start, end) for _, start, end in found]


def _known(text: str) -> Iterator[tuple[str, int, int]]:
    lowered = _lowered(text)
    yield from find_credentials(text, lowered)
    yield from told_secrets.by_check_digits(text)
    yield from by_form(text, lowered)
    yield from seed_phrases(text)


def _found(text: str, look: Callable[[str], Iterable[tuple[str, int, int]]]) -> list[Secret]:
    """What is found in a text as it reads: without what shows nothing, full width as usual."""
    found = list(look(text))
    plain, places = _as_read(text)
    if plain != text:
        found += [(kind, places[start], places[end - 1] + 1) for kind, start, end in look(plain) if end > start]
    return settled(text, found, our_marks(text))


def _as_read(text: str) -> tuple[str, list[int]]:
    """A text without format characters and in compatible letters, and of each character its place in the text."""
    if text.isascii():
        return text, []
    kept: list[str] = []
    places: list[int] = []
    for at, each in enumerate(text):
        plain = each if each < "\x80" else "" if category(each) == "Cf" else normalize("NFKC", each)
        kept.append(plain)
        places += [at] * len(plain)
    return "".join(kept), places


class Found(NamedTuple):
    """What was found in a text, each in its order.

    Args:
        secrets: none within another.
        doubtful: what may be one, too, outside of these.
    """

    secrets: list[Secret]
    doubtful: list[Tagged]


def find_secrets(text: str, read: PieceStates | None = None, least: float | None = None) -> Found:
    """The secrets of a text, and what may be one.

    Args:
        text: it.
        read: what the embedder made of it; None where it was not read.
        least: chance from which on the networks take something for a secret; None: the learned ones.
    """
    known, supposed = known_secrets(text), supposed_secrets(text)
    if read is None or not text:
        return Found(everywhere(text, settled(text, [*known, *supposed], ())), [])
    spans = [[(start, end) for _, start, end in each] for each in (known, supposed)]
    named = {(start, end): kind for kind, start, end in supposed}
    floors = limits() if least is None else Limits(least, least, least, min(least, limits().doubtful))
    found = tag(text, read, spans, floors.doubtful, our_marks(text))
    tagged = [each._replace(kind=named.get((each.start, each.end), each.kind)) for each in found]
    labels = labelled(text) if tagged else []
    sure = [
        each
        for each in tagged
        if each.chance > floors.least_of(text[each.start : each.end], labelled=meets(labels, each.start, each.end))
    ]
    secrets = settled(text, [*known, *(each[:3] for each in sure)], ())
    return Found(secrets, outside_of(secrets, [each for each in tagged if each not in sure]))


def meets(spans: Iterable[Span], start: int, end: int) -> bool:
    """Whether a part of a text has a character of one of these spans."""
    return any(low < end and start < high for low, high in spans)


def outside_of(secrets: Sequence[Secret], doubtful: Sequence[Tagged]) -> list[Tagged]:
    """What may be a secret and lies in none."""
    return [each for each in doubtful if not any(each.start < own.end and own.start < each.end for own in secrets)]


def our_marks(text: str) -> list[Span]:
    """Where in a text secrets were left out before: what stands there is never looked at again."""
    return marks_in(text, _kinds()) if "[secret: " in text else []


@cache
def _kinds() -> frozenset[str]:
    return kinds_of_rules() | told_secrets.KINDS | secret_forms.KINDS | frozenset(secret_tagger.KINDS)


def _lowered(text: str) -> str:
    """ASCII letters made small; no other character, so that places stay."""
    return text.lower() if text.isascii() else "".join(each.lower() if each < "\x80" else each for each in text)
