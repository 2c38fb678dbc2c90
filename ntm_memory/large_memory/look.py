"""The first look at a large memory: the few that may answer are found, then examined as recall examines all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ntm_memory.large_memory.found import LED, AskedWords, different, likest_by_key, likest_by_time, likest_by_words
from ntm_memory.large_memory.large_view import LargeView
from ntm_memory.large_memory.local_view import LocalView
from ntm_memory.recall.bm25 import Keywords
from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.recall.centring import adapt, centred_unit
from ntm_memory.recall.features import REACH, Column, Scores, gather, standard
from ntm_memory.recall.first_look import Look, Query, asked_of, places_of, previous_among
from ntm_memory.slots.columns import places_among, refuse


class Few:
    """Values of a few memories, read by the memories' numbers 0…N−1 as if all had one.

    Args:
        index: (l,) which they are, rising.
        values: (l + s,) theirs, and behind them those of the sample.
    """

    def __init__(self, index: NDArray[np.int64], values: Column) -> None:
        self.index, self.values = index, values

    def __getitem__(self, memories: NDArray[np.int64]) -> Column:
        found: Column = self.values[places_among(np.asarray(memories), self.index)]
        return found


@dataclass(frozen=True)
class ScoresOfFew(Scores):
    """Likeness of the few memories that were examined; `cosine`, `about` and `words` are read by memories' numbers."""

    def standard(self, values: Any, least: float) -> Any:
        """Z-scores of a value of each of them; what is usual is told by them, and by the sample for all others."""
        return Few(values.index, standard(values.values, least, share=self.share))


def examine_large(view: LargeView, query: Query) -> Look:
    """Choose candidates and gather their features, reading no more of the memory than these need.

    Args:
        view: N memories.
        query: the question.
    """
    asked = AskedWords.of(view, tuple(query.words) if query.by_words and query.content else ())
    directions = directions_of(view, query)
    candidates = _chosen(view, query, asked, directions)
    near = view.sequence.neighbours(candidates, REACH)
    refuse(near.max(initial=-1) >= len(view.slots))
    local = LocalView.of(view, np.unique(near[near >= 0]))
    counts = local.counts(asked)
    scores = _scores(local, query, asked.keywords(counts), directions)
    cues = local.cues(query, asked, counts)
    here = places_among(candidates, local.here)
    around = np.where(near < 0, -1, places_among(near, local.here))
    features = gather(cues, scores, local, here, around).astype(np.float64)
    of_few = ScoresOfFew(
        cosine=cast(Any, Few(local.here, scores.cosine)),
        about=cast(Any, Few(local.here, scores.about)),
        words=cast(Any, Few(local.here, scores.words)),
        keywords=scores.keywords,
        total=scores.total,
        share=scores.share,
    )
    places = places_of(local, here, around, cues, asked_of(query, cues, scores.number), features)
    return Look(candidates, features, places, previous_among(query, candidates), of_few)


def directions_of(view: CentredMatrix, query: Query) -> NDArray[np.float32] | None:
    """(2, dim) where a question points, turned towards its answers and as it is; None: nowhere."""
    if query.key is None or not query.content:
        return None
    about = centred_unit(query.key, view.means[int(query.cjk)])
    return np.stack([about if view.query_adapter is None else adapt(about, view.query_adapter), about])


def _chosen(
    view: LargeView, query: Query, asked: AskedWords, directions: NDArray[np.float32] | None
) -> NDArray[np.int64]:
    """(n,) rising numbers of the candidates; see `recall.candidates.choose`."""
    found = [np.array(sorted(query.previous or ()), dtype=np.int64), likest_by_words(view, asked, query)]
    if directions is not None:
        found.append(likest_by_key(view, directions[0], query))
    if query.times and query.priors:
        found.append(likest_by_time(view, query, None if directions is None else directions[0]))
    chosen = np.unique(np.concatenate(found))
    if query.location and len(chosen):
        near = view.sequence.neighbours(np.concatenate([some[:LED] for some in found]), REACH)
        chosen = np.union1d(chosen, near[near >= 0])
    if query.allowed is not None:
        chosen = chosen[query.allowed[chosen]]
    return chosen[different(view, chosen, query)]


def _scores(local: LocalView, query: Query, keywords: Keywords, directions: NDArray[np.float32] | None) -> Scores:
    """Likeness of a few memories and of the sample, by key and by words."""
    size, length = len(local.slots), local.slots.length
    cosine = about = np.zeros(size, dtype=np.float32)
    if directions is not None:
        cosine, about = local.cosines_of(directions)
    if keywords.bound:  # what holds no word, as 👍, is like no question that does
        wordless = length == 0
        cosine, about = (np.where(wordless, values[local.sample].mean(), values) for values in (cosine, about))
    whole, near = len(local.of_all.slots), len(local.here)
    share = np.ones(size, dtype=np.float32)
    others = ~np.isin(local.of_all.sample.position, local.of_all.slots.at("position", local.here))
    share[near:] = others * np.float32((whole - near) / max(int(others.sum()), 1))
    return Scores(cosine, about, keywords.of_all(length), keywords, total=whole, share=share)
