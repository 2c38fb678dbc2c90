"""The large memories of one process, each as questions see it: what is written makes as little anew as can be."""

from __future__ import annotations

from collections import Counter

from ntm_memory.large_memory.kept import KeptCodes, WordsOf
from ntm_memory.large_memory.large_view import LargeView
from ntm_memory.recall.centred_matrix import CentredMatrix

LARGE = 20_000
"""Beyond so many memories a question is no longer compared with each."""
ONCE = 1
"""So many questions of a process are all the same: to make the codes takes longer than to compare all once."""


class LargeViews:
    """Views of large namespaces.

    Args:
        words_of: slot numbers → the index words and marks of each.
    """

    def __init__(self, words_of: WordsOf) -> None:
        self._words_of = words_of
        self._kept: dict[str, KeptCodes] = {}
        self._made: dict[str, LargeView] = {}
        self._asked: Counter[str] = Counter()

    def note_question(self, namespace: str) -> None:
        """Count a question that is put to a namespace."""
        self._asked[namespace] += 1

    def of(self, namespace: str, view: CentredMatrix) -> CentredMatrix:
        """The view of a namespace as it is now; the one that was given where it is not large, or was hardly asked yet.

        Args:
            namespace: of it.
            view: of all its memories; it is called inside a snapshot of the store.
        """
        if len(view.slots) <= LARGE or self._asked[namespace] <= ONCE:
            return view
        made = self._made.get(namespace)
        if made is None or made.slots is not view.slots:
            made = self._made[namespace] = self._seen(namespace, view)
        return made

    def _seen(self, namespace: str, view: CentredMatrix) -> LargeView:
        kept = self._kept.get(namespace)
        state = None if kept is None else kept.known(view.slots, self._words_of)
        if state is None:
            kept = self._kept[namespace] = KeptCodes(view.slots)
            state = kept.known(view.slots, self._words_of)
        return LargeView(view.slots, view.prior, view.query_adapter, known=state, words_of=self._words_of)
