"""What the first look and the reader know of memories, joined into one logit for each.

NULL stands among them for "none of these".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ntm_memory.machine.activations import logistic
from ntm_memory.reader.parameters import FEATURES, READ, SEEN, SecondLookParameters
from ntm_memory.recall.first_look import Look, Reading

LEAST_SPREAD = 0.05
"""Of cosines, what a standard deviation counts at least."""
_LEAST = 1e-6
Array = NDArray[np.floating]


@dataclass(frozen=True)
class FirstLook:
    """What the first look knows of n memories.

    Args:
        attention: (n,) weights of the read heads.
        cosine: (n,) how far each one's centred cosine with the question stands out of all N, in standard deviations.
        question_cosine: (n,) the same for the question as the query adapter turns it.
        words: (n,) share of the question's words, by BM25, 0–1.
        memories: N, those that say different things.
        confidence: of the first look, 0–1.
        talk: how much this is a talk in short turns, 0–1.
    """

    attention: Array
    cosine: Array
    question_cosine: Array
    words: Array
    memories: int
    confidence: float
    talk: float

    @classmethod
    def of(cls, reading: Reading, look: Look, chosen: NDArray[np.int64]) -> FirstLook:
        """What a reading says of some memories, 0…N−1."""
        place = {index: at for at, index in enumerate(reading.index.tolist())}
        scores = look.scores
        return cls(
            attention=np.array([reading.weights[place[i]] if i in place else 0.0 for i in chosen.tolist()]),
            cosine=scores.standard(scores.about, LEAST_SPREAD)[chosen],
            question_cosine=scores.standard(scores.cosine, LEAST_SPREAD)[chosen],
            words=scores.words[chosen],
            memories=scores.number,
            confidence=reading.confidence,
            talk=float(look.places.context[1]),
        )

    def __len__(self) -> int:
        return len(self.attention)

    @property
    def context(self) -> Array:
        """(2,) what the weights depend on, in the order of `parameters.CONTEXTS`."""
        return np.array([1.0, self.talk])

    def __getitem__(self, places: slice | NDArray[np.int64] | NDArray[np.bool_]) -> FirstLook:
        """The same of some of these memories."""
        return replace(
            self,
            attention=self.attention[places],
            cosine=self.cosine[places],
            question_cosine=self.question_cosine[places],
            words=self.words[places],
        )

    def features(self, read: Array | None = None) -> Array:
        """(n, 5) columns as in `parameters.FEATURES`; `read` (n,) is what the reader said."""
        columns = {
            "reader": np.zeros(len(self)) if read is None else read,
            "attention": np.log(np.maximum(self.attention, _LEAST)),
            "cosine": self.cosine,
            "question_cosine": self.question_cosine,
            "words": self.words,
        }
        return np.stack([columns[name] for name in FEATURES], axis=1)


@dataclass(frozen=True)
class Judgement:
    """What is thought of n memories.

    Args:
        logits: (n,) above NULL: 0 is as likely as "none of these".
        chances: (n,) calibrated chance that each one answers.
        confidence: calibrated chance that any does.
    """

    logits: Array
    chances: Array
    confidence: float

    @property
    def order(self) -> NDArray[np.int64]:
        """(n,) the likeliest first."""
        return np.argsort(-self.logits, kind="stable")


def judge(first: FirstLook, p: SecondLookParameters, read: Array | None = None) -> Judgement:
    """Join what is known of n ≥ 1 memories: by the first look, and by the reader where it was asked of them."""
    stage = SEEN if read is None else READ
    logits = first.features(read) @ (first.context @ p.ranker[stage]) - first.context @ p.null[stage]
    chances = logistic(chance_signals(logits, first) @ p.chance[stage])
    return Judgement(logits, chances, float(logistic(confidence_signals(logits, first) @ p.confidence[stage])))


def chance_signals(logits: Array, first: FirstLook) -> Array:
    """(n, 4) what the chance of each memory is drawn from, columns as in `parameters.CHANCE`."""
    signals: Array = np.stack(
        [np.ones_like(logits), logits, leads(logits), np.full_like(logits, np.log(first.memories))], axis=1
    )
    return signals


def confidence_signals(logits: Array, first: FirstLook) -> Array:
    """(5,) what the confidence of an answer is drawn from, in the order of `parameters.CONFIDENCE`."""
    best = int(logits.argmax())
    doubt = np.clip(first.confidence, 1e-4, 1 - 1e-4)
    return np.array([1.0, logits[best], leads(logits)[best], np.log(first.memories), np.log(doubt / (1 - doubt))])


def leads(logits: Array) -> Array:
    """(n,) how far each logit is above the best other one; above NULL where there is no other."""
    second, first = np.sort(np.append(logits, 0.0 if len(logits) == 1 else -np.inf))[-2:]
    ahead: Array = np.clip(logits - np.where(logits == first, second, first), -10.0, 10.0)
    return ahead
