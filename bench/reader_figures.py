"""What the pair reader gets right in stores that it has not learned from, beside the centred cosine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.centred import centred, script_means, scripts_of
from bench.grading import area_under_curve
from bench.held_stores import writer_of
from bench.reader_data import Asked, written_store
from ntm_memory.embedding import Embedder
from ntm_memory.reader.pair_reader import RELATIONS, PairReader

CANDIDATES = 12
"""Memories most like a question, which the reader reads."""
REVISES = RELATIONS.index("revises")


@dataclass(frozen=True)
class ReadQuestion:
    """A question with its likest memories, the likest first.

    Args:
        kind: as its writer called it; `prompt`: no question, but something to do.
        answerable: whether anything in its store answers it.
        logits: (n,) the reader's.
        right: (n,) which of them answer.
    """

    kind: str
    answerable: bool
    logits: np.ndarray
    right: np.ndarray


def reader_figures(reader: PairReader, embedder: Embedder, stores: Sequence[dict]) -> dict[str, dict[str, Any]]:
    """{language: figures} of stores as bench/pairs has them; memories are read without their dates."""
    read, pairs = defaultdict(list), defaultdict(list)
    for store in stores:
        language = language_of(store["store"])
        read[language] += read_store(reader, embedder, store)
        pairs[language] += store["pairs"]
    return {language: question_figures(read[language]) | pair_figures(reader, pairs[language]) for language in read}


def language_of(store: str) -> str:
    """`en`, `zh` or `mix`, the beginning of its name."""
    return writer_of(store).rstrip("0123456789")


def read_store(reader: PairReader, embedder: Embedder, store: dict, count: int = CANDIDATES) -> Iterator[ReadQuestion]:
    """Every question and prompt of a store with the memories most like it."""
    asked = list(written_store(store))
    cosines = centred_cosines_of(embedder, asked)
    for each, own in zip(asked, cosines, strict=True):
        likest = np.argsort(-own, kind="stable")[:count]
        logits = reader.relevance(each.text, [(each.pool.texts[i], "") for i in likest])
        kind = each.source.removeprefix("stores ")
        yield ReadQuestion(kind, bool(each.gold), logits, np.isin(likest, list(each.gold)))


def centred_cosines_of(embedder: Embedder, asked: Sequence[Asked]) -> np.ndarray:
    """(questions, memories) of questions about one pool."""
    texts, questions = list(asked[0].pool.texts), [each.text for each in asked]
    keys, scripts = embedder.encode_memories(texts), scripts_of(texts)
    means = script_means(embedder, keys, scripts)
    return centred(embedder.encode_queries(questions), scripts_of(questions), means) @ centred(keys, scripts, means).T


def question_figures(read: Sequence[ReadQuestion]) -> dict[str, Any]:
    """Shares right first; how well the best logit tells what can be answered from what cannot, by kind."""
    questions, prompts = ([each for each in read if (each.kind == "prompt") == prompt] for prompt in (False, True))
    kinds = sorted({each.kind for each in questions if not each.answerable})
    return (
        _shares([each for each in questions if each.answerable])
        | {f"AUC {kind}": _told_apart(questions, kind) for kind in kinds}
        | {"prompts": _shares([each for each in prompts if each.answerable]) | {"AUC": _told_apart(prompts, "prompt")}}
    )


def _shares(answerable: Sequence[ReadQuestion]) -> dict[str, Any]:
    if not answerable:
        return {"questions": 0}
    return {
        "questions": len(answerable),
        "answer among the likest": _mean([each.right.any() for each in answerable]),
        "right first, reader": _mean([each.right[each.logits.argmax()] for each in answerable]),
        "right first, cosine": _mean([each.right[0] for each in answerable]),
    }


def _told_apart(read: Sequence[ReadQuestion], kind: str) -> float | None:
    """AUC of the best logit: whatever is answerable against what is of one kind and is not."""
    yes = [each.logits.max() for each in read if each.answerable]
    no = [each.logits.max() for each in read if not each.answerable and each.kind == kind]
    return _rounded(area_under_curve(yes, no)) if yes and no else None


def pair_figures(reader: PairReader, pairs: Sequence[dict]) -> dict[str, Any]:
    """Share of statement pairs whose relation is right; how well `revises` is told from the others."""
    if not pairs:
        return {"pairs": 0}
    shares = reader.relations([(pair["old"], pair["new"]) for pair in pairs])
    labels = np.array([pair["label"] for pair in pairs])
    revises, others = shares[labels == "revises", REVISES], shares[labels != "revises", REVISES]
    return {
        "pairs": len(pairs),
        "relation right": _mean(np.array(RELATIONS)[shares.argmax(axis=1)] == labels),
        "AUC revises": _rounded(area_under_curve(revises, others)) if len(revises) and len(others) else None,
    }


def _mean(values: Sequence[bool] | np.ndarray) -> float:
    return _rounded(float(np.mean(values)))


def _rounded(value: float) -> float:
    return round(value, 4)
