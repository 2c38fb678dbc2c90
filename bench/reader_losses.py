"""What the pair reader is trained to make small; logits of a batch's pairs in their order."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F

from bench.reader_data import LABELS, Candidates, StatementPair

NOT_REVISED = [LABELS["beside"], LABELS["unrelated"]]
UNSURE = 0.7
"""What a pair counts of which only this is known."""


def logits_of_each(logits: torch.Tensor, asked: Sequence[Candidates]) -> Iterator[torch.Tensor]:
    """For each question the logits of its candidates."""
    yield from torch.split(logits, [len(each.memories) for each in asked])


def relevance_loss(logits: torch.Tensor, asked: Sequence[Candidates]) -> tuple[torch.Tensor, float]:
    """Listwise over the candidates and NULL (logit 0), and pointwise; the share that is right.

    Args:
        logits: (pairs,) of all candidates.
        asked: the questions.
    """
    loss, right = logits.new_zeros(()), []
    for each, z in zip(asked, logits_of_each(logits, asked), strict=True):
        with_null = torch.cat([z.new_zeros(1), z])
        target = torch.tensor([0 if each.answer is None else each.answer + 1])
        y = torch.zeros_like(z)
        if each.answer is not None:
            y[each.answer] = 1
        loss = loss + F.cross_entropy(with_null[None], target)
        loss = loss + F.binary_cross_entropy_with_logits(z, y, weight=1 + y)
        if each.answer is not None:
            loss = loss + F.cross_entropy(z[None], torch.tensor([each.answer]))
        right.append(float(with_null.argmax() == target))
    return loss / len(asked), float(np.mean(right))


def teacher_loss(
    logits: torch.Tensor, asked: Sequence[Candidates], scores: Sequence[np.ndarray | None]
) -> torch.Tensor:
    """How far the shares of the candidates are from those of the teacher, over the questions that it was asked.

    Args:
        logits: (pairs,) of all candidates.
        asked: the questions.
        scores: of each question's candidates, the teacher's; None: it was not asked.
    """
    loss = logits.new_zeros(())
    for z, told in zip(logits_of_each(logits, asked), scores, strict=True):
        if told is not None:
            target = F.softmax(torch.from_numpy(told) / 2, 0)
            loss = loss + F.kl_div(F.log_softmax(z, 0), target, reduction="sum")
    return loss / max(sum(told is not None for told in scores), 1)


def revision_loss(logits: torch.Tensor, pairs: Sequence[StatementPair]) -> tuple[torch.Tensor, float]:
    """Cross entropy over the labels; of pairs without one only that nothing is revised or told again.

    Args:
        logits: (pairs, labels).
        pairs: the statements.
    """
    logs = F.log_softmax(logits, -1)
    loss, right = logits.new_zeros(()), []
    for each, pair in zip(logs, pairs, strict=True):
        if pair.label is None:
            holds = torch.logsumexp(each[NOT_REVISED], 0)
            loss = loss - UNSURE * holds
            right.append(float(holds > math.log(0.5)))
        else:
            loss = loss - each[pair.label]
            right.append(float(each.argmax() == pair.label))
    return loss / len(pairs), float(np.mean(right))
