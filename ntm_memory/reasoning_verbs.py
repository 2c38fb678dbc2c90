"""The verbs of the reasoning layer: memories told with what they build on, questions answered from several in a row."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from ntm_memory.operations.reason import Reasoner
from ntm_memory.operations.results import MemorizeResult, ReasonResult, StoreResult

HOPS = 3


class Reasoning(ABC):
    """`reason_and_retrieve` and `store_with_reasoning`."""

    _reasoner: Reasoner

    @abstractmethod
    def memorize(self, content: str, *, key: str | None = None) -> MemorizeResult:
        """Store one memory."""

    def reason_and_retrieve(
        self,
        query: str,
        hops: int = HOPS,
        *,
        namespace: str = "default",
        session: str | None = None,
        top_k: int | None = None,
        max_chars: int | None = None,
        tags: Sequence[str] = (),
        after: str | None = None,
        before: str | None = None,
        as_of: str | None = None,
        explain: bool = False,
    ) -> ReasonResult:
        """Answer a question from several memories that lead to each other.

        The first hop looks where recall looks, and for memories whose name the question speaks of; each further hop
        asks again with what was read, follows names, words, likeness and links, and never reads a memory twice. With
        one hop the answer is recall's own; so it is where the question asks by place, or content addressing is off.

        Args:
            query: the question.
            hops: at most so many reads in a row, 1–8; fewer are made where one more would add nothing.
            namespace: where to look.
            session: continue from this session's previous focus, and leave one.
            top_k: at most so many memories in the answer, and of each hop, 1–1000.
            max_chars: at most so many characters of content in the answer, in each hop, and in the chain.
            tags: read only memories with all of these.
            after: read only what happened then or later, ISO 8601.
            before: read only what happened earlier, ISO 8601.
            as_of: answer from what was known then, ISO 8601; links told since then between what was known count.
            explain: show what each clue added to the score of each memory a hop looked at.

        Raises:
            BadValueError: an argument is not usable.
            CheckpointError: the learned parameters are damaged.
        """
        return self._reasoner.reason(
            query,
            hops,
            namespace=namespace,
            session=session,
            top_k=top_k,
            max_chars=max_chars,
            tags=tags,
            after=after,
            before=before,
            as_of=as_of,
            explain=explain,
        )

    def store_with_reasoning(self, content: str, *, builds_on: Sequence[str] = (), **fields: Any) -> StoreResult:
        """Memorize, and link the memory with those it builds on.

        One hop is read from the new memory: what it attends to by names, words and likeness, it is linked with, the
        attention being the strength of the link. What was memorized already is linked all the same.

        Args:
            content: the text.
            builds_on: ids or keys of memories it builds on besides, with strength 1.
            fields: as in `NTMMemoryManager.memorize`.

        Raises:
            NotFoundError: nothing has an id or key of `builds_on`; then nothing is stored.
            BadValueError: an argument is not usable, or a memory to build on is of another namespace.
            CheckpointError: the learned parameters are damaged; then nothing is stored.
        """
        told = self._reasoner.check_basis(builds_on, str(fields.get("namespace") or "default"))
        parameters = self._reasoner.parameters  # if they are damaged, nothing is stored
        return self._reasoner.link(self.memorize(content, **fields), told, parameters)
