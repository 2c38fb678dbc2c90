"""Which memories hold the names in a question: a memory holds a name that holds all its index words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ntm_memory.recall.bm25 import Keywords


def names_held(names: list[tuple[str, ...]], keywords: Keywords) -> NDArray[np.float32]:
    """(N,) share, 0–1, of the names that each memory holds; one counts by its rarity, if any memory holds it."""
    row = {word: i for i, word in enumerate(keywords.words)}
    share, total = np.zeros(keywords.count.shape[1], dtype=np.float32), 0.0
    for name in names:
        if not all(word in row for word in name):
            continue
        whole, *rest = sorted((keywords.held[row[word]] for word in name), key=len)
        for others in rest:
            whole = np.intersect1d(whole, others, assume_unique=True)
        if len(whole):
            rarity = float(np.log1p(len(share) / len(whole)))
            share[whole] += rarity
            total += rarity
    return share / np.float32(total) if total else share
