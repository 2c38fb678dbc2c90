"""What a new memory builds on: the memories its own key, words and names lead to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ntm_memory.errors import NotFoundError
from ntm_memory.multihop.hop_features import NEXT, HopFeatures
from ntm_memory.multihop.hops import PATIENCE, read_on
from ntm_memory.multihop.lookups import Known
from ntm_memory.multihop.parameters import HopParameters
from ntm_memory.recall.bm25 import count_keywords
from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.recall.features import Scores
from ntm_memory.recall.first_look import Query, Reading
from ntm_memory.store.base import RecordReader, Store
from ntm_memory.store.records import Link, Postings

MOST_LINKS = 5
LEAST_WEIGHT = 0.05
# A memory that is built on also leads back, so that hops can go either way.
BACK = "supports"


def basis(known: Known, view: CentredMatrix, index: int, parameters: HopParameters) -> list[Link]:
    """Links from a memory to those it builds on, the strongest first.

    One hop is read from the memory itself, with no question. Its attention is the weight of the links: to memories
    that share a name with this one, and to those that have more of it than reading nothing has.

    Args:
        known: the memories of a namespace.
        view: their matrix.
        index: the memory, 0…N−1.
        parameters: what the features weigh.
    """
    nothing = np.zeros(len(view.slots), dtype=np.float32)
    scores = Scores(nothing, nothing, nothing, count_keywords(view.slots, Postings(), ()))
    features = HopFeatures(known, view, Query("", None, (), 0.0), scores, Reading(np.empty(0, np.int64), *_NO_READING))
    features.lookups.fetch([index])
    (block,) = features.next([(index,)])
    if not len(block.candidates):
        return []
    neutral = dict.fromkeys(block.candidates.tolist(), 0.0)  # no first read speaks for or against anything
    eager = replace(parameters, null=parameters.null - PATIENCE)
    read = read_on(eager, (index,), block, bright=neutral)
    names = block.features[:, [NEXT.index("name"), NEXT.index("back")]].max(axis=1) > 0
    weights = np.exp(read.log_weights)
    links = []
    for row in np.argsort(-weights, kind="stable")[:MOST_LINKS]:
        memory = features.lookups.memory(int(block.candidates[row]))
        worth = names[row] or read.log_weights[row] > read.log_null
        if memory is not None and worth and weights[row] >= LEAST_WEIGHT:
            links.append(Link(memory.id, round(float(weights[row]), 6), "name" if names[row] else "content"))
    return links


def tie(store: Store, id: str, links: list[Link]) -> None:
    """Write links and the ways back, in one transaction; a stronger link that is there already stays.

    Args:
        store: where to.
        id: the memory that builds on others.
        links: to what it builds on.
    """
    with store.transaction():
        known = {link.target: link for link in store.get(id).links}
        there = [link for link in links if _is_live(store, link.target)]  # another process may have purged it meanwhile
        kept = [link for link in there if _wins(link, known.get(link.target))]
        if kept:
            store.link(id, kept)
        for link in kept:
            back = {each.target: each for each in store.get(link.target).links}.get(id)
            if back is None or (back.kind == BACK and back.weight < link.weight):
                store.link(link.target, [Link(id, link.weight, BACK)])


def _is_live(store: RecordReader, id: str) -> bool:
    try:
        return store.get(id).state == "live"
    except NotFoundError:
        return False


def _wins(link: Link, known: Link | None) -> bool:
    return known is None or known.kind == BACK or link.weight >= known.weight


_NO_READING = (np.empty(0), np.empty(0), 0.0, 0.0, ())
