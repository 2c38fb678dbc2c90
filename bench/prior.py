"""The embedder's prior: the mean memory in spaced scripts and in CJK, measured on everyday sentences of our own.

`python -m bench.fit prior` writes ntm_memory/embedding/e5_prior.npz; a test compares.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.dataset import rows
from bench.fit_job import FitJob, FitStep, LearnedNumbers
from bench.provenance import save_with_provenance
from ntm_memory.embedding import Embedder

LANGUAGES = ("en", "zh")
SENTENCES = Path(__file__).with_name("prior_texts.jsonl")


def prior_sentences(language: str, file: Path = SENTENCES) -> list[str]:
    """Memories as people and agents write them."""
    return [line["text"] for line in rows(file) if line["language"] == language]


def measure_prior(embedder: Embedder) -> np.ndarray:
    """(2, dim) float32: the mean key of the English and of the Chinese sentences."""
    return np.stack([embedder.encode_memories(prior_sentences(each)).mean(axis=0) for each in LANGUAGES])


def learn_prior(job: FitJob) -> LearnedNumbers:
    """The means, and how like each other those of every other sentence are: what depends on the choice of sentences."""
    embedder = job.embedder()
    alike = {}
    for language in LANGUAGES:
        keys = embedder.encode_memories(prior_sentences(language))
        even, odd = keys[::2].mean(axis=0), keys[1::2].mean(axis=0)
        alike[language] = round(float(even @ odd / np.linalg.norm(even) / np.linalg.norm(odd)), 4)
    means = measure_prior(embedder)
    return LearnedNumbers(
        lambda file, about: save_with_provenance(file, about, {"means": means}),
        {"cosine of the means of every other sentence": alike},
    )


STEP = FitStep("mean memory of the embedder, English and Chinese", ("sentences",), (), learn_prior)
