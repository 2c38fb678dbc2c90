"""What may be asked for and how: one list of recall's options, from the command line to the read heads."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ntm_memory.config import RecallSettings, range_of
from ntm_memory.entry.told_times import NOWHERE, Here, checked_range, checked_time
from ntm_memory.errors import BadValueError, one_of, real_number, unknown_name, whole_number
from ntm_memory.operations import validation
from ntm_memory.privacy.trust import LOWEST, at_least, checked_trust

MAX_SHIFT = 1_000_000
MAX_MEMORIES = 1000
FILTERS = ("tags", "on", "between", "after", "before")
ORDERS = ("happened", "told")
LEAST_SEEN = 0.005
"""Of attention; less reads as 0 %."""
FORMER_OPTIONS = {"strength": "beta", "sharpen": "gamma"}
"""Options as Python callers of 0.1 have them."""


@dataclass(frozen=True)
class RecallRequest:
    """A question, and how it is to be answered: checked, times in UTC, what config decides decided.

    Args:
        query: the question; of a huge one the first 8,000 characters count.
        namespace: where to look.
        session: continue from this session's previous focus, and leave one.
        top_k: at most so many memories, 1–1000.
        max_chars: at most so many characters of content in all.
        min_weight: leave out memories with less attention, 0–1.
        min_trust: only memories told by such or by better trusted ones; see `privacy.trust`.
        tags: only memories with all of these.
        after: only what happened then or later, ISO 8601.
        before: only what happened earlier, ISO 8601.
        as_of: answer from what was known then, ISO 8601.
        shift: move the focus so many steps in the order of writing.
        beta: β ≥ 0, how sharply content decides.
        gate: g in 0–1; 1: only content, 0: stay at the previous focus.
        gamma: γ ≥ 1, how strongly the best one wins.
        explain: show the weight after every addressing step.
        order: what before and after mean in a question: `happened`, by `occurred_at` where it was told, or `told`, by
            writing.
        all: show up to `top_k` memories, also where nothing seems to answer.
        filters: the names of the options that leave out memories, as they were told.
    """

    query: str
    namespace: str
    session: str | None
    top_k: int
    max_chars: int
    min_weight: float
    min_trust: str
    tags: tuple[str, ...]
    after: str | None
    before: str | None
    as_of: str | None
    shift: int | None
    beta: float | None
    gate: float | None
    gamma: float | None
    explain: bool
    order: str
    all: bool
    filters: tuple[str, ...] = ()  # besides min_trust, which config may tell

    @property
    def trusted(self) -> tuple[str, ...] | None:
        """The levels of trust that may be read; None: all."""
        return None if self.min_trust == LOWEST else at_least(self.min_trust)

    @classmethod
    def of(
        cls, query: str, options: Mapping[str, Any], settings: RecallSettings, here: Here = NOWHERE
    ) -> RecallRequest:
        """A question with the options that were told; what was not told is as config says.

        Besides the fields there are the options `on` and `between`, which become `after` and `before`.

        Raises:
            BadValueError: there is no such option, or a value is not usable.
        """
        names = [field.name for field in dataclasses.fields(cls)][1:-1]
        told = _known_options(options, [*names, "on", "between"])
        after, before = checked_range(told, here)
        return cls(
            query=validation.checked_query(query),
            namespace=validation.checked_name("namespace", told.get("namespace")) or "default",
            session=validation.checked_name("session", told.get("session")),
            top_k=checked_top_k(told.get("top_k", settings.top_k)),
            max_chars=checked_max_chars(told.get("max_chars", settings.max_chars)),
            min_weight=validation.checked_share("min_weight", told.get("min_weight", settings.min_weight)),
            min_trust=checked_trust(told.get("min_trust", settings.min_trust), "min_trust"),
            tags=validation.checked_tags(told.get("tags", ())),
            after=after,
            before=before,
            as_of=checked_time("as_of", told.get("as_of"), here),
            shift=checked_shift(told["shift"]) if "shift" in told else None,
            beta=_by_hand("beta", told, settings),
            gate=_by_hand("gate", told, settings),
            gamma=_by_hand("gamma", told, settings),
            explain=validation.checked_switch("explain", told.get("explain", False)),
            order=_checked_order(told.get("order", ORDERS[0])),
            all=validation.checked_switch("all", told.get("all", False)),
            filters=tuple(name.replace("tags", "tag") for name in FILTERS if told.get(name)),
        )


def checked_shift(value: Any) -> int:
    """Steps in the order of writing.

    Raises:
        BadValueError: no whole number, or an absurd one.
    """
    return whole_number("shift", value, -MAX_SHIFT, MAX_SHIFT)


def checked_around(value: Any) -> int:
    """How many memories on each side of one.

    Raises:
        BadValueError: no whole number, or more than an answer may hold.
    """
    return whole_number("around", value, 0, MAX_MEMORIES // 2)


def _checked_order(value: Any) -> str:
    one_of("order", value, ORDERS)
    return str(value)


def checked_top_k(value: Any) -> int:
    """How many memories an answer may hold.

    Raises:
        BadValueError: it is not from 1 to 1000.
    """
    return whole_number("top_k", value, 1, MAX_MEMORIES)


def checked_max_chars(value: Any) -> int:
    """How many characters of content an answer may hold.

    Raises:
        BadValueError: it is not from 1 to `validation.MAX_CHARS`.
    """
    return whole_number("max_chars", value, 1, validation.MAX_CHARS)


def _known_options(options: Mapping[str, Any], known: Sequence[str]) -> dict[str, Any]:
    """What was told, by the names of now; None tells nothing."""
    named = {FORMER_OPTIONS.get(name, name): value for name, value in options.items()}
    for name in named:
        if name not in known:
            raise BadValueError(*unknown_name("option", name, known))
    return {name: value for name, value in named.items() if value is not None}


def _by_hand(name: str, told: Mapping[str, Any], settings: RecallSettings) -> float | None:
    """β, g or γ as told, else as config has it; the range is that of config."""
    value = told.get(name, getattr(settings, name))
    return None if value is None else real_number(name, value, *range_of(RecallSettings, name))
