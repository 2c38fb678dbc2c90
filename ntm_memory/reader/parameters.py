"""What is learned about joining the first look and the second: the ranker, NULL, and two calibrations."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ntm_memory.persistence.learned import Kind, LearnedFile

FEATURES = ("reader", "attention", "cosine", "question_cosine", "words")
"""What is known of a memory that was read: the reader's log-odds; of the first look the log of its attention, how far
its centred cosine stands out of all, the same with the question turned by the query adapter, the share of words."""
CONTEXTS = ("always", "talk")
CHANCE = ("one", "logit", "lead", "memories")
"""What the chance of a memory is drawn from: its logit, how far it leads the best other one, the log of N."""
CONFIDENCE = ("one", "best", "lead", "memories", "first_look")
"""What the confidence of an answer is drawn from; the last is the log-odds of the first look's confidence."""
KIND = Kind("ntm-memory-system/second-look", 1, list(FEATURES))
SHIPPED = Path(__file__).with_name("parameters.json")
Array = NDArray[np.float64]


@dataclass(frozen=True)
class SecondLookParameters:
    """Weights of a softmax over the memories that were read and NULL, and of two logistic calibrations.

    Args:
        ranker: (2, 5) weight of each feature in a memory's logit: always, and added in a talk.
        null: (2,) logit of "none of these": always, and added in a talk.
        chance: (4,) logistic weights of the chance that a memory answers.
        confidence: (5,) logistic weights of the chance that the answer is there at all.
    """

    ranker: Array
    null: Array
    chance: Array
    confidence: Array


SHAPES: dict[str, tuple[int, ...]] = {
    "ranker": (len(CONTEXTS), len(FEATURES)),
    "null": (len(CONTEXTS),),
    "chance": (len(CHANCE),),
    "confidence": (len(CONFIDENCE),),
}
LEARNED = LearnedFile(
    KIND,
    SecondLookParameters,
    lambda found: SHAPES,
    SHIPPED,
    "{} is not usable: learn it anew with python -m bench.fit second-look",
)
save_parameters, load_parameters = LEARNED.save, LEARNED.load
