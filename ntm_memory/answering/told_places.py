"""Reads by place alone, whatever memories say: told steps from a memory, and what stands around one."""

from __future__ import annotations

from ntm_memory.operations import validation
from ntm_memory.operations.abstention import side
from ntm_memory.operations.context import RetrievalContext
from ntm_memory.operations.excerpt import fit_contents
from ntm_memory.operations.requests import checked_around, checked_max_chars, checked_shift
from ntm_memory.operations.results import RecalledMemory, RecallResult
from ntm_memory.privacy.trust import at_least
from ntm_memory.recall.corpus import around_place, at_place
from ntm_memory.store.lookup import STATES, find
from ntm_memory.store.records import Memory


class PlaceReader:
    """Reads memories of one store by where they stand.

    Args:
        context: the store as questions are put to it.
    """

    def __init__(self, context: RetrievalContext) -> None:
        self._context, self._store, self._settings = context, context.store, context.settings

    def read_location(
        self,
        id: str,
        shift: int = 0,
        *,
        session: str | None = None,
        max_chars: int | None = None,
        namespace: str | None = "default",
    ) -> RecallResult:
        """The memory `shift` steps after (before, if negative) a live one, whatever it says (paper, section 3.3.2).

        Args:
            id: a live memory.
            shift: 0 reads the memory itself.
            session: whose focus is left at what was read.
            max_chars: at most so many characters of content.
            namespace: of the memory; None: any.

        Raises:
            NotFoundError: no memory of the namespace has this id.
            BadValueError: an argument is not usable.
        """
        steps = checked_shift(shift)
        name, chars = self._checked(session, max_chars)
        query = f"{id} {steps:+d}"
        with self._store.snapshot():
            find(self._store, id, namespace, STATES)
            anchor, there = at_place(self._store, id, steps)
        reason = self._why_no_place(anchor, steps)
        if reason is None and there is None:
            reason = f"no memory stands {side(steps)} {id} in its session"
        if reason is not None or there is None or (reason := self._why_untrusted(there)) is not None:
            return RecallResult(query, (), 0.0, reason)
        answers = fit_contents([RecalledMemory.of(there, 1.0, 0.0)], chars, ())
        self._context.remember(anchor.namespace, name, answers)
        return RecallResult(query, tuple(answers), 1.0)

    def read_around(
        self,
        id: str,
        around: int,
        *,
        session: str | None = None,
        max_chars: int | None = None,
        namespace: str | None = "default",
    ) -> RecallResult:
        """A live memory with up to so many before and after it in its session, in the order of writing.

        Args:
            id: a live memory; it alone has weight.
            around: so many on each side.
            session: whose focus is left at the memory.
            max_chars: at most so many characters of content.
            namespace: of the memory; None: any.

        Raises:
            NotFoundError: no memory of the namespace has this id.
            BadValueError: an argument is not usable.
        """
        count = checked_around(around)
        name, chars = self._checked(session, max_chars)
        with self._store.snapshot():
            find(self._store, id, namespace, STATES)
            anchor, found, _, _ = around_place(self._store, id, count)
        reason = self._why_no_place(anchor, count) or self._why_untrusted(anchor)
        if reason is not None:
            return RecallResult(f"{id} ±{count}", (), 0.0, reason)
        trusted = at_least(self._settings.recall.min_trust)
        shown = [RecalledMemory.of(each, float(each.id == id), 0.0) for each in found if each.trust in trusted]
        answers = fit_contents(shown, chars, ())
        self._context.remember(anchor.namespace, name, [each for each in answers if each.weight])
        return RecallResult(f"{id} ±{count}", tuple(answers), 1.0)

    def _checked(self, session: str | None, max_chars: int | None) -> tuple[str | None, int]:
        """The session and the number of characters that are meant."""
        chars = checked_max_chars(self._settings.recall.max_chars if max_chars is None else max_chars)
        return validation.checked_name("session", session), chars

    def _why_no_place(self, memory: Memory, steps: int) -> str | None:
        """Why nothing can be read so many steps from a memory; None where it can."""
        if memory.state != "live":
            return f"memory {memory.id} is {memory.state}: it has no place any more"
        off = bool(steps) and not self._settings.addressing.location
        return "location addressing is off (addressing.location in config.json)" if off else None

    def _why_untrusted(self, memory: Memory) -> str | None:
        """Why a memory is not read by its place; None where it is trusted enough."""
        if memory.trust in at_least(self._settings.recall.min_trust):
            return None
        return f"memory {memory.id} has the trust {memory.trust}, below recall.min_trust"
