"""What is learned about joining the first look and the reader: for each stage a ranker, NULL, and two calibrations."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ntm_memory.persistence.learned import Kind, LearnedFile

STAGES = ("seen", "read")
"""What is known of a memory: by the first look alone; also by the reader."""
SEEN, READ = range(len(STAGES))
FEATURES = ("reader", "attention", "cosine", "question_cosine", "words")
"""What is known of a memory: the reader's log-odds, 0 where it was not asked; of the first look the log of its
attention, how far its centred cosine stands out of all, the same with the question turned by the query adapter, the
share of words."""
CONTEXTS = ("always", "talk")
"""What each feature's weight depends on: how much this is a talk in short turns."""
CHANCE = ("one", "logit", "lead", "memories")
"""What the chance of a memory is drawn from: its logit, how far it leads the best other one, the log of N."""
CONFIDENCE = ("one", "best", "lead", "memories", "first_look")
"""What the confidence of an answer is drawn from; the last is the log-odds of the first look's confidence."""
NEWEST = ("one", "lead", "revises")
"""What decides between two memories that may answer: how far the newer one's logit leads the older's, and the reader's
log-odds that it revises it."""
KIND = Kind("ntm-memory-system/second-look", 2, {"stages": list(STAGES), "features": list(FEATURES)})
SHIPPED = Path(__file__).with_name("parameters.json")
Array = NDArray[np.float64]


@dataclass(frozen=True)
class SecondLookParameters:
    """For each stage weights of a softmax over memories and NULL, and of two logistic calibrations.

    Args:
        ranker: (2, 2, 5) weight of each feature in a memory's logit, one row for each of `CONTEXTS`.
        null: (2, 2) logit of "none of these", the same.
        chance: (2, 4) logistic weights of the chance that a memory answers.
        confidence: (2, 5) logistic weights of the chance that the answer is there at all.
        newest: (3,) logistic weights of the chance that the newer of two memories answers rather than the older.
    """

    ranker: Array
    null: Array
    chance: Array
    confidence: Array
    newest: Array


SHAPES: dict[str, tuple[int, ...]] = {
    "ranker": (len(STAGES), len(CONTEXTS), len(FEATURES)),
    "null": (len(STAGES), len(CONTEXTS)),
    "chance": (len(STAGES), len(CHANCE)),
    "confidence": (len(STAGES), len(CONFIDENCE)),
    "newest": (len(NEWEST),),
}
LEARNED = LearnedFile(
    KIND,
    SecondLookParameters,
    lambda found: SHAPES,
    SHIPPED,
    "{} is not usable: learn it anew with python -m bench.fit second-look",
)
save_parameters, load_parameters = LEARNED.save, LEARNED.load
