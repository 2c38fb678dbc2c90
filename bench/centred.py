"""Keys as recall compares them: the mean of their script taken away, blended with the embedder's prior."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ntm_memory.embedding import Embedder
from ntm_memory.recall.centring import PRIOR_COUNT
from ntm_memory.text.writing_systems import is_cjk


def scripts_of(texts: Sequence[str]) -> np.ndarray:
    """(n,) 1 for a text in Chinese, Japanese or Korean, else 0."""
    return np.array([int(is_cjk(text)) for text in texts])


def script_means(embedder: Embedder, keys: np.ndarray, scripts: np.ndarray) -> np.ndarray:
    """(2, dim) means of (n, dim) keys by script, the prior being worth `PRIOR_COUNT` keys of each."""
    prior = np.zeros((2, keys.shape[1]), keys.dtype) if embedder.prior is None else embedder.prior
    own = [keys[scripts == script] for script in (0, 1)]
    return np.stack(
        [
            (each.sum(axis=0) + PRIOR_COUNT * mean) / (len(each) + PRIOR_COUNT)
            for each, mean in zip(own, prior, strict=True)
        ]
    )


def centred(keys: np.ndarray, scripts: np.ndarray, means: np.ndarray) -> np.ndarray:
    """(n, dim) keys at unit length, each without its script's mean."""
    apart = keys - means[scripts]
    return apart / np.linalg.norm(apart, axis=1, keepdims=True)
