"""The large memories of one process, each as questions see it: what is written makes as little anew as can be."""

from __future__ import annotations

from ntm_memory.large_memory.kept import KeptCodes, WordsOf
from ntm_memory.large_memory.large_view import LargeView
from ntm_memory.recall.centred_matrix import CentredMatrix

LARGE = 20_000
"""Beyond so many memories a question is no longer compared with each."""


class LargeViews:
    """Views of large namespaces.

    Args:
        words_of: slot numbers → the index words and marks of each.
    """

    def __init__(self, words_of: WordsOf) -> None:
        self._words_of = words_of
        self._kept: dict[str, KeptCodes] = {}

    def of(self, namespace: str, view: CentredMatrix) -> CentredMatrix:
        """The view of a namespace as it is now: the same where it is not large.

        Args:
            namespace: of it.
            view: of all its memories.
        """
        if len(view.slots) <= LARGE:
            self._kept.pop(namespace, None)
            return view
        kept = self._kept.get(namespace)
        known = None if kept is None else kept.known(view.slots, self._words_of)
        if known is None:
            kept = self._kept[namespace] = KeptCodes(view.slots)
            known = kept.known(view.slots, self._words_of)
        return LargeView(view.slots, view.prior, view.query_adapter, known, self._words_of)
