"""The verbs by which recall learns from use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ntm_memory.operations.context import RetrievalContext
from ntm_memory.operations.results import FeedbackResult, RevertResult, TuneResult
from ntm_memory.operations.tune import Tuner
from ntm_memory.operations.validation import Numbered, from_json_lines


class Learning:
    """`feedback`, `tune` and `revert_tuning`; after the last two the next recall reads its parameters anew."""

    _tuner: Tuner
    _context: RetrievalContext

    def feedback(
        self,
        query: str,
        *,
        used: Sequence[str],
        unused: Sequence[str] = (),
        previous: Sequence[str] = (),
        namespace: str = "default",
    ) -> FeedbackResult:
        """Say which recalled memories answered a question.

        Args:
            query: as it was asked.
            used: ids or keys of the memories that answered it, at least one.
            unused: of those that did not.
            previous: of those that were in focus when it was asked: what the session's recall before answered.
            namespace: where it was asked.

        Raises:
            BadValueError: nothing was used, a memory was both, or one is of another namespace.
            NotFoundError: no live memory has this id or key.
        """
        return self._tuner.feedback(query, used, unused, previous, namespace)

    def tune(
        self,
        records: Iterable[Mapping[str, Any]] | None = None,
        *,
        lines: Iterable[str] | None = None,
        heads: bool = False,
        dry_run: bool = False,
    ) -> TuneResult:
        """Learn the addressing parameters; see `operations.tune.Tuner.tune` for what decides whether they are kept.

        Args:
            records: {query, gold: [ids or keys], namespace?, previous?: [ids or keys]}; None: what `feedback` recorded.
            lines: the same as JSON lines; a bad one is reported with its number.
            heads: learn the read heads' mix, β, g, s and γ too, not the controller alone.
            dry_run: say what would happen.

        Raises:
            BadValueError: too few usable pairs, or config leaves nothing to tune.
            CheckpointError: the tuned file in force is not usable.
        """
        numbered: Iterable[Numbered] | None = None if records is None else enumerate(records, start=1)
        if lines is not None:
            numbered = from_json_lines(lines)
        result = self._tuner.tune(numbered, heads=heads, dry_run=dry_run)
        self._context.forget_parameters()
        return result

    def revert_tuning(self) -> RevertResult:
        """Undo the last tuning; see `operations.tune.Tuner.revert`."""
        result = self._tuner.revert()
        self._context.forget_parameters()
        return result
