"""From a question to a request to the read heads, and which parameters they have: the same for answering and tuning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ntm_memory.config import Settings
from ntm_memory.keys import KeyMaker
from ntm_memory.recall.intent import parse_intent
from ntm_memory.recall.parameters import Parameters, load_parameters
from ntm_memory.recall.parts import questions_within
from ntm_memory.recall.reader import Request
from ntm_memory.recall.words import index_words, is_cjk

TUNED = "recall.json"


def parameters_in_force(home: Path, settings: Settings) -> Parameters:
    """The tuned parameters if there are any and config lets them, else the shipped ones.

    Raises:
        CheckpointError: a tuned file is not usable.
    """
    tuned = home / TUNED
    return load_parameters(tuned) if settings.recall.tuned and tuned.exists() else load_parameters()


def to_request(
    text: str,
    keys: Callable[[], KeyMaker],
    settings: Settings,
    now: float,
    *,
    shift: int | None = None,
    has_focus: bool = False,
) -> Request:
    """The question with the place it asks for taken out of its words.

    Args:
        text: the question.
        keys: loads the embedder when first called.
        settings: which parts of addressing are on.
        now: unix seconds.
        shift: steps to move the focus, as told beside the question.
        has_focus: whether there is a previous focus from which a question without content can go on.
    """
    on = settings.addressing
    intent = parse_intent(text) if on.location and shift is None else None
    if intent is not None and (intent.anchor or has_focus):
        text, shift = intent.anchor, intent.shift
    return Request(
        text=text,
        key=keys().question(text) if text and on.content else None,
        words=index_words(text),
        now=now,
        cjk=is_cjk(text),
        shift=shift if on.location else None,
        content=on.content,
        location=on.location,
        hybrid=on.hybrid,
        priors=settings.recall.priors,
        by_words=settings.recall.words,
    )


def requests_within(request: Request, keys: Callable[[], KeyMaker]) -> list[Request]:
    """The questions within a question that asks by content, each as a request of its own without a previous focus."""
    if request.key is None or request.shift is not None:
        return []
    return [
        replace(request, text=part, key=keys().question(part), words=index_words(part), cjk=is_cjk(part))
        for part in questions_within(request.text)
    ]
