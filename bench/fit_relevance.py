"""Learn whether a memory matters for a prompt: what a prompt needs, a glance at memories, and a head on the reader.

Each part is a logistic model. The limits are chosen on scores of writers whose stores and prompts the models have not
seen: at most `ANYTHING` of the prompts for which nothing matters may get anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from bench.fit_job import FitJob, FitStep, LearnedNumbers
from bench.provenance import save_with_provenance
from bench.regression import logistic_regression
from bench.relevance_cases import ROLES, Met, Need, gather_met, gather_needs, means_of, open_parameters
from ntm_memory.operations.relevant import MOST
from ntm_memory.reader.relevance import (
    GLANCE,
    LIMITS,
    RelevanceParameters,
    chosen,
    glance,
    prompt_signals,
    read_together,
)

ANYTHING = 0.04
"""Share of the prompts for which nothing matters that may get anything."""
LOST = 0.02
"""Share of the prompts which get what matters that may lose it since a glance is not enough to read it."""
FURTHER_RIGHT = 1 / 3
"""Share of the memories put beside a surer one that must matter."""
SURE = 1e3
"""A logit that stands for no limit."""
FOLDS = 6
STEPS = 10
NEED_SCALE, STATE_SCALE = 10.0, 0.3
GLANCE_SCALE = np.array([5.0 if name in ("about", "cosine", "words", "prompt_cosine") else 1.0 for name in GLANCE])
NEED_DECAY, GLANCE_DECAY, READ_DECAY = 3.0, 1.0, 10.0
OF_TASKS, OF_FOREIGN = 2.0, 0.5
"""What a prompt counts of the stores written for this, which are harder, and one that is put to another store."""
_NEED = GLANCE.index("need")


class Scored(NamedTuple):
    """A prompt with logits of models that have not seen its writer.

    Args:
        met: the prompt.
        glances: (k,) of the memories that were read, before that.
        logits: (k,) after it.
    """

    met: Met
    glances: np.ndarray
    logits: np.ndarray

    def shown(self, p: RelevanceParameters) -> list[int]:
        """Places in the pool of what would be put before an agent."""
        worth = np.argsort(-self.glances, kind="stable")[:MOST]
        limits = p.limits[int(self.met.cjk)]
        worth = worth[self.glances[worth] >= limits[0]]
        return [int(worth[i]) for i in chosen(self.logits[worth], limits, MOST)]

    @property
    def right(self) -> np.ndarray:
        """(k,) which of the pool matter."""
        return self.met.right[self.met.pool]


def fit_need(needs: Sequence[Need], means: np.ndarray) -> np.ndarray:
    """(2 + H,) logistic weights of the chance that a prompt needs anything."""
    scale = np.r_[1.0, 1.0, np.full(means.shape[1], NEED_SCALE)]
    x = np.stack([prompt_signals(each.key, means, cjk=each.cjk) for each in needs]) * scale
    share = np.array([OF_TASKS if each.writer.endswith("_tasks") else 1.0 for each in needs])
    y = np.array([float(each.needs) for each in needs])
    return logistic_regression(x, y, share, NEED_DECAY, STEPS) * scale


def with_need(met: Met, p: RelevanceParameters) -> np.ndarray:
    """(n, 8) its signals, the need filled in."""
    signals = met.signals.copy()
    signals[:, _NEED] = prompt_signals(met.key, p.means, cjk=met.cjk) @ p.need
    return signals


def fit_parts(needs: Sequence[Need], met: Sequence[Met], means: np.ndarray) -> RelevanceParameters:
    """All weights; the limits are left open."""
    p = replace(open_parameters(means), need=fit_need(needs, means))
    signals = [with_need(each, p) for each in met]
    p = replace(p, glance=_learned(signals, [each.right for each in met], met, GLANCE_SCALE, GLANCE_DECAY))
    seen = [
        np.concatenate([own[each.pool], each.read.logits, each.read.states], axis=1)
        for own, each in zip(signals, met, strict=True)
    ]
    head, width = (each.shape[1] for each in met[0].read)
    scale = np.r_[GLANCE_SCALE, np.ones(head), np.full(width, STATE_SCALE)]
    both = _learned(seen, [each.right[each.pool] for each in met], met, scale, READ_DECAY)
    split = len(GLANCE) + head
    return replace(p, read=both[:split], state=both[split:])


def _learned(
    rows: Sequence[np.ndarray], right: Sequence[np.ndarray], met: Sequence[Met], scale: np.ndarray, decay: float
) -> np.ndarray:
    share = [
        (OF_FOREIGN if each.foreign else 1.0) * (OF_TASKS if each.group.startswith("tasks") else 1.0) for each in met
    ]
    shares = np.repeat(share, [len(each) for each in rows])
    y = np.concatenate(right).astype(float)
    return logistic_regression(np.concatenate(rows) * scale, y, shares, decay, STEPS) * scale


def scores_of_others(needs: Sequence[Need], met: Sequence[Met], means: np.ndarray) -> list[Scored]:
    """Every prompt with the logits of models that were learned without its writer."""
    writers = sorted({each.writer for each in met})
    fold = {writer: number % FOLDS for number, writer in enumerate(writers)}
    found: list[Scored] = []
    for held in range(FOLDS):
        own = [each for each in met if fold[each.writer] == held]
        if not own:
            continue
        rest = [each for each in met if fold[each.writer] != held]
        p = fit_parts([each for each in needs if fold.get(each.writer) != held], rest, means)
        for each in own:
            signals = with_need(each, p)[each.pool]
            found.append(Scored(each, glance(signals, p), read_together(signals, each.read, p)))
    return found


def choose_limits(p: RelevanceParameters, scored: Sequence[Scored]) -> RelevanceParameters:
    """The parameters with the limits of each script: first without one on glances, then with it."""
    for cjk in (False, True):
        own = [each for each in scored if not each.met.foreign and each.met.cjk == cjk]
        for _ in range(2 if own else 0):
            p = _with_limits(p, cjk, first=_least_sure([each for each in own if not each.met.needs], p, cjk))
            p = _with_limits(p, cjk, further=_least_further(own, p, cjk))
            right = [(each, [i for i in each.shown(p) if each.right[i]]) for each in own]
            kept = [max(each.glances[i] for i in places) for each, places in right if places]
            if kept:
                p = _with_limits(p, cjk, glance=float(np.quantile(kept, LOST)))
    met = {each.met.cjk for each in scored}
    rows = [int(cjk if cjk in met else not cjk) for cjk in (False, True)]  # a script of no prompt goes by the other's
    return replace(p, limits=np.clip(p.limits[rows], -SURE, SURE))


def _with_limits(p: RelevanceParameters, cjk: bool, **told: float) -> RelevanceParameters:
    limits = p.limits.copy()
    for name, value in told.items():
        limits[int(cjk), LIMITS.index(name)] = value
    return replace(p, limits=limits)


def _least_sure(nothing: Sequence[Scored], p: RelevanceParameters, cjk: bool) -> float:
    """The least logit at which few enough of the prompts for which nothing matters get anything."""
    free = _with_limits(p, cjk, first=-np.inf, further=-np.inf)
    limits = []
    for source in {each.met.group.split()[0] for each in nothing}:  # it must hold for the harder prompts, too
        own = [each for each in nothing if each.met.group.startswith(source)]
        best = sorted((max((each.logits[i] for i in each.shown(free)), default=-np.inf) for each in own), reverse=True)
        limits.append(float(np.nextafter(best[int(ANYTHING * len(best))], np.inf)))
    return max(limits)


def _least_further(own: Sequence[Scored], p: RelevanceParameters, cjk: bool) -> float:
    """The least logit of a memory beside a surer one at which enough of them matter."""
    free = _with_limits(p, cjk, further=-np.inf)
    beside = sorted(((each.logits[i], each.right[i]) for each in own for i in each.shown(free)[1:]), reverse=True)
    if not beside:
        return float(p.limits[int(cjk), 1])
    right = np.cumsum([matters for _, matters in beside]) / np.arange(1, len(beside) + 1)
    enough = np.flatnonzero(right >= FURTHER_RIGHT)
    return float(beside[enough[-1]][0]) if len(enough) else float(p.limits[int(cjk), 1])


def figures(scored: Sequence[Scored], p: RelevanceParameters) -> dict[str, Mapping[str, float]]:
    """{group: rates} of writers that were not learned from."""
    found: dict[str, Mapping[str, float]] = {}
    for group in sorted({each.met.group for each in scored}):
        each = [one for one in scored if one.met.group == group]
        kinds: dict[str, Callable[[Scored], bool]] = {
            "right injected": lambda one: one.met.needs,
            "anything injected": lambda one: not one.met.needs and not one.met.foreign,
            "anything injected, of other stores": lambda one: one.met.foreign,
        }
        rates = {}
        for name, is_of in kinds.items():
            told = [one for one in each if is_of(one)]
            if not told:
                continue
            hits = [one.right[one.shown(p)].any() if one.met.needs else bool(one.shown(p)) for one in told]
            rates[name] = round(float(np.mean(hits)), 3)
        none = [one for one in each if not one.met.needs and not one.met.foreign]
        looked = [bool((one.glances >= p.limits[int(one.met.cjk), 0]).any()) for one in none]
        if looked:
            rates["read where nothing matters"] = round(float(np.mean(looked)), 3)
        found[group] = rates | {"prompts": len(each)}
    return found


def learn_relevance(job: FitJob) -> LearnedNumbers:
    """All parts with everything; the limits and figures by writers that were left out."""
    needs = gather_needs(job)
    means = means_of(needs)
    met = gather_met(job, means)
    print(f"{len(needs)} prompts, {len(met)} met", flush=True)
    scored = scores_of_others(needs, met, means)
    p = choose_limits(fit_parts(needs, met, means), scored)
    shown = figures(scored, p)
    print(shown, p.limits, flush=True)
    arrays = {name: values.astype(np.float32) for name, values in vars(p).items()}
    return LearnedNumbers(lambda file, about: save_with_provenance(file, about, arrays), shown)


STEP = FitStep(
    "whether a memory matters for a prompt",
    ROLES,
    ("prior", "adapter", "recall", "reader", "second-look"),
    learn_relevance,
)
