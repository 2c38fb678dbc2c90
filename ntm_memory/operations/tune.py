"""Learning the addressing parameters from use; they are kept only if they do better on questions not learned from."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ntm_memory.config import RecallSettings
from ntm_memory.errors import BadValueError
from ntm_memory.operations.abstention import is_sure
from ntm_memory.operations.context import TUNED, RetrievalContext, parameters_in_force
from ntm_memory.operations.feedback import (
    Change,
    Example,
    ExampleBuilder,
    FeedbackResult,
    Quality,
    RevertResult,
    TuneResult,
    pairs_of_feedback,
    pairs_of_records,
    record_feedback,
)
from ntm_memory.operations.results import Failure
from ntm_memory.operations.validation import Numbered
from ntm_memory.persistence.atomic import replacing
from ntm_memory.persistence.faults import faults
from ntm_memory.recall.confidence import confidence
from ntm_memory.recall.features import FEATURES
from ntm_memory.recall.first_look import switched
from ntm_memory.recall.fit import HEADS, RANKER, fit, fit_ranker, loss
from ntm_memory.recall.parameters import CONTEXTS, Array, RecallParameters, load_parameters, override, save_parameters
from ntm_memory.recall.read_heads import attend
from ntm_memory.text.iso_time import to_iso

PREVIOUS = "recall.previous.json"
LEAST = 8
PARTS = 3
SEED = 1410_5401
# How sure we are of the parameters in force, in questions: each learned number is pulled back by its way × PRIOR / n.
PRIOR = 10.0
# A step through the heads takes ten times as long as one of the ranker alone: fewer and larger ones.
HEAD_STEPS, HEAD_RATE = 20, 0.06
# A gain that chance would give more often than this is none.
CHANCE = 0.05
FLIPS = 4096
SHOWN = 8
_RANK = 3  # column of 1 / rank in a table of grades


class Tuner:
    """Learns from feedback, or from questions whose memories are told.

    Args:
        context: the store as questions are put to it.
    """

    def __init__(self, context: RetrievalContext) -> None:
        self._context = context
        self._store = context.store
        self._settings = context.settings
        self._tuned = context.home / TUNED
        self._previous = context.home / PREVIOUS

    def feedback(
        self,
        query: str,
        used: Sequence[str],
        unused: Sequence[str] = (),
        previous: Sequence[str] = (),
        namespace: str = "default",
    ) -> FeedbackResult:
        """Keep a verdict on a recall; see `operations.feedback.record_feedback`."""
        return record_feedback(self._store, query, used, unused, previous, namespace, self._context.clock())

    def tune(
        self, records: Iterable[Numbered] | None = None, *, heads: bool = False, dry_run: bool = False
    ) -> TuneResult:
        """Learn from two thirds of the questions, starting from the parameters in force; judge by the rest.

        The new parameters are kept if on the held-out part loss, recall@5, MRR and the share of questions that are
        answered at all are not worse, and if, each third held out in turn, the answers rank higher by more than chance:
        a lower loss alone can come from attention that is merely spread.

        Args:
            records: numbered {query, gold: [ids or keys], namespace?, previous?: [ids or keys]}, the last what was in
                focus before; None: the verdicts that `feedback` kept.
            heads: learn the read heads' mix, β, g, s and γ too, not the ranker alone; g from `previous`.
            dry_run: say what would happen.

        Raises:
            BadValueError: too few usable pairs, or config leaves nothing to tune.
        """
        self._refuse_switched_off(heads)
        old = parameters_in_force(self._context.home, self._settings)  # another process may have tuned meanwhile
        examples, skipped, failed = self._examples(records)
        parts = _parts(examples)
        new, before, after = self._learn_without(0, parts, old, heads)
        kept, reason = _verdict(before, after)
        if kept:
            others = [self._learn_without(part, parts, old, heads)[1:] for part in range(1, PARTS)]
            kept, reason = _beyond_chance([(before, after), *others])
        counts = len(examples) - len(parts[0]), len(parts[0]), skipped, failed
        result = TuneResult(kept, reason, _quality(before), _quality(after), *counts, dry_run=dry_run)
        if kept:
            result = dataclasses.replace(result, path=str(self._tuned), changes=_changes(old, new))
        if kept and not dry_run:
            self._keep(new, result, heads)
            self._context.forget_parameters()
        return result

    def _examples(self, records: Iterable[Numbered] | None) -> tuple[list[Example], int, tuple[Failure, ...]]:
        """What there is to learn from, how many pairs nothing can be learned from, and records that are not usable.

        Raises:
            BadValueError: too few are left.
        """
        failed: list[Failure] = []
        if records is None:
            pairs = pairs_of_feedback(self._store.feedback())
        else:
            pairs, failed = pairs_of_records(self._store, records, self._context.clock())
        found = list(ExampleBuilder(self._context).examples(pairs))
        examples = [example for example in found if example is not None]
        skipped = len(found) - len(examples)
        if len(examples) < LEAST:
            raise _too_few(len(examples), skipped, failed)
        return examples, skipped, tuple(failed)

    def revert(self) -> RevertResult:
        """Put the parameters back that were tuned before the last time, or else the shipped ones."""
        with self._store.transaction(), faults(self._tuned):
            before = self._previous.exists()
            reverted = before or self._tuned.exists()
            if self._tuned.is_dir():
                self._tuned.rename(self._tuned.with_name(f"no-{TUNED}"))
            if before:
                load_parameters(self._previous)
                self._previous.replace(self._tuned)
            else:
                self._tuned.unlink(missing_ok=True)
        self._context.forget_parameters()
        return RevertResult(reverted, "previous" if before else "shipped")

    def _refuse_switched_off(self, heads: bool) -> None:
        on = self._settings.addressing
        if not self._settings.recall.tuned:
            raise BadValueError("recall.tuned is off in config.json: nothing learned would be used", "set it to true")
        if not on.content:
            raise BadValueError(
                "content addressing is off: a question decides nothing", "set addressing.content to true"
            )
        if heads and not on.location:
            raise BadValueError("location addressing is off: read heads do not shift", "tune without --heads")

    def _in_use(self, parameters: RecallParameters, example: Example) -> RecallParameters:
        """What of the parameters a recall uses: config may set some by hand, leave out heads, switch off evidence."""
        recall = self._settings.recall
        heads = self._settings.num_read_heads
        by_hand = override(parameters, beta=recall.beta, gate=recall.gate, gamma=recall.gamma, heads=heads)
        return switched(by_hand, example.query)

    def _learn(self, old: RecallParameters, examples: Sequence[Example], heads: bool) -> RecallParameters:
        """The old parameters, moved as far as those in use were."""
        start = self._in_use(old, examples[0])
        ranked = [example.ranking for example in examples]
        decay = PRIOR / len(ranked)
        if heads:
            learned = fit(start, ranked, steps=HEAD_STEPS, rate=HEAD_RATE, decay=decay)
        else:
            learned = fit_ranker(start, ranked, decay=decay)
        moved = {}
        for name in HEADS + RANKER if heads else RANKER:
            if getattr(self._settings.recall, name, None) is None:
                value = getattr(old, name).copy()
                there = np.s_[:, : start.heads] if name == "share" else np.s_[: len(getattr(start, name))]
                value[there] += getattr(learned, name) - getattr(start, name)
                moved[name] = value
        return dataclasses.replace(old, **moved)

    def _learn_without(
        self, part: int, parts: Sequence[Sequence[Example]], old: RecallParameters, heads: bool
    ) -> tuple[RecallParameters, Array, Array]:
        """What the other parts teach, and the grades (n, 5) of the old and the new parameters on this one."""
        rest = [example for number, examples in enumerate(parts) if number != part for example in examples]
        new = self._learn(old, rest, heads)
        before, after = (self._grades(parameters, parts[part]) for parameters in (old, new))
        return new, before, after

    def _grades(self, parameters: RecallParameters, examples: Sequence[Example]) -> Array:
        recall = self._settings.recall
        return np.array([_grade(self._in_use(parameters, example), example, recall) for example in examples])

    def _keep(self, new: RecallParameters, result: TuneResult, heads: bool) -> None:
        """The former tuned file stays beside the new one; each is there whole or not at all."""
        about: dict[str, Any] = {
            "command": "tune.py --heads" if heads else "tune.py",
            "learned_at": to_iso(self._context.clock()),
            "examples": result.examples,
            "held_out": result.held_out,
            "before": dataclasses.asdict(result.before),
            "after": dataclasses.asdict(result.after),
        }
        with self._store.transaction(), faults(self._tuned):
            if self._tuned.exists():
                with replacing(self._previous) as former:  # takes its place only when the new ones have taken theirs
                    former.write(self._tuned.read_bytes())
                    former.flush()  # a full disk is found before anything has changed
                    save_parameters(self._tuned, new, about)
            else:
                save_parameters(self._tuned, new, about)
                self._previous.unlink(missing_ok=True)


def _parts(examples: Sequence[Example]) -> list[list[Example]]:
    """Every third example of a seeded shuffle; the first part is the one that judges what is kept."""
    order = np.random.default_rng(SEED).permutation(len(examples))
    return [[examples[i] for i in order[part::PARTS]] for part in range(PARTS)]


def _verdict(before: Array, after: Array) -> tuple[bool, str]:
    """Whether the new parameters are at least as good as the old ones on the part they did not see."""
    old, new = _quality(before), _quality(after)
    worse = new.loss > old.loss or new.recall_at_5 < old.recall_at_5 or new.mrr < old.mrr or new.answered < old.answered
    return not worse, "kept the old ones: the new ones are worse on the held-out part" if worse else ""


def _beyond_chance(grades: Sequence[tuple[Array, Array]]) -> tuple[bool, str]:
    """Whether answers rank higher when each part is held out in turn, by more than chance: a sign-flip test."""
    gain = np.concatenate([after[:, _RANK] - before[:, _RANK] for before, after in grades])
    flips = np.random.default_rng(SEED).choice((-1.0, 1.0), (FLIPS, len(gain)))
    by_chance = float((flips @ gain >= gain.sum() - 1e-12).mean())
    if by_chance > CHANCE:
        return False, "kept the old ones: the new ones rank no better than chance would have it"
    return True, "the new ones are better on the held-out part"


def _quality(grades: Array) -> Quality:
    return Quality(*np.round(grades.mean(axis=0), 6).tolist())


def _grade(parameters: RecallParameters, example: Example, settings: RecallSettings) -> tuple[float, ...]:
    """Loss, recall@1, recall@5, 1 / rank of the first answer, whether recall would answer: a row of `Quality`."""
    ranking = example.ranking
    weights = attend(parameters, ranking.features, ranking.places, ranking.previous).weights
    ranks = np.flatnonzero(np.isin(np.argsort(-weights * example.retention, kind="stable"), ranking.gold))
    sure = confidence(example.features, weights, ranking.places.context, parameters.confidence)
    found = [float((ranks < k).mean()) for k in (1, 5)]
    return loss(parameters, ranking), *found, 1 / (1 + int(ranks[0])), float(is_sure(sure, settings))


def _changes(old: RecallParameters, new: RecallParameters) -> tuple[Change, ...]:
    """The numbers that changed most, the largest change first."""
    changes = [
        Change(_name(name, place), round(float(value), 4), round(float(getattr(new, name)[place]), 4))
        for name, values in vars(old).items()
        for place, value in np.ndenumerate(values)
        if value != getattr(new, name)[place]
    ]
    return tuple(sorted(changes, key=lambda change: -abs(change.after - change.before))[:SHOWN])


def _name(name: str, place: tuple[int, ...]) -> str:
    if name == "ranker":
        return f"{FEATURES[place[1]]} ({CONTEXTS[place[0]]})"
    if name == "share":
        return f"head {place[1] + 1} ({CONTEXTS[place[0]]})"
    return f"head {place[0] + 1} {name}" + "".join(f"[{i}]" for i in place[1:])


def _too_few(usable: int, skipped: int, failed: Sequence[Failure]) -> BadValueError:
    told = f"{usable} usable pairs of question and memory, at least {LEAST} are needed"
    told += f"; {skipped} skipped: nothing that answers them is among what recall looks at" if skipped else ""
    if failed:
        told += f"; {len(failed)} not usable, the first in line {failed[0].line}: {failed[0].message}"
    return BadValueError(told, "record more with feedback.py, or give pairs with --jsonl")
