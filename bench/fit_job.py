"""What a step of the fit is given, what it hands back, and where its numbers go."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

import ntm_memory
from bench.data_roles import FoundData, with_role
from bench.dataset import KEEP_ALL, RememberingEmbedder, fixed_clock
from ntm_memory import NTMMemoryManager
from ntm_memory.embedding import Embedder, load_embedder
from ntm_memory.embedding.e5 import read_prior, read_query_adapter

PACKAGE = Path(ntm_memory.__file__).parent
FILES = {
    "prior": "embedding/e5_prior.npz",
    "adapter": "embedding/e5_query_adapter.npz",
    "recall": "recall/parameters.json",
    "asking": "controller/asking.npz",
    "multihop": "multihop/parameters.json",
    "reader": "reader/adapter.npz",
    "second-look": "reader/parameters.json",
    "session": "controller/session.json",
    "relevance": "reader/relevance.npz",
    "write-head": "controller/write_head.json",
    "secrets": "privacy/secret_tagger.npz",
    "echoes": "privacy/framing.json",
}
"""Step → its file in the package."""


def code_revision() -> str:
    """The code's revision as git calls it, `-dirty` where files differ from it; `unknown` outside a checkout."""
    command = ["git", "describe", "--always", "--dirty", "--tags"]
    try:
        done = subprocess.run(command, cwd=PACKAGE.parent, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


@dataclass(frozen=True)
class LearnedNumbers:
    """What a step has learned.

    Args:
        save: writes it; told the file and the provenance block.
        figures: on data it never saw, as printed.
        options: the options that matter for it and are not the usual ones.
        made: provenance of data that the step made itself.
        teachers: provenance of models whose answers it learned from.
    """

    save: Callable[[Path, dict], None]
    figures: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    made: Sequence[dict] = ()
    teachers: Sequence[dict] = ()


@dataclass(frozen=True)
class FitStep:
    """One file of learned numbers.

    Args:
        learns: what, in plain words.
        roles: of the data sets it learns from.
        after: steps whose numbers it builds on.
        run: learns it.
        needs: libraries that are no dependencies of the package.
    """

    learns: str
    roles: tuple[str, ...]
    after: tuple[str, ...]
    run: Callable[[FitJob], LearnedNumbers]
    needs: tuple[str, ...] = ()


@dataclass
class FitJob:
    """What all steps are given.

    Args:
        data: all data sets found.
        home: folder in which the embedded memories are kept.
        out: folder laid out as the package; steps read there what earlier ones have written.
        backend: the embedder; tests have one of their own.
        steps: of gradient; None: each step's own.
        limit: conversations of a data set at most.
        teacher: folder of the English cross-encoder that the reader learns from, too; None: without one.
        minutes, processes: of the reader's training; None: the step's own.
        revision: the code's, before the first step writes into the checkout.
        memo: what steps leave for later ones.
    """

    data: Sequence[FoundData]
    home: Path
    out: Path
    backend: str = "e5"
    steps: int | None = None
    limit: int = 2000
    teacher: Path | None = None
    minutes: float | None = None
    processes: int | None = None
    revision: str = field(default_factory=code_revision)
    memo: dict[str, Any] = field(default_factory=dict)

    def file(self, step: str) -> Path:
        """Where a step writes."""
        return self.out / FILES[step]

    def in_force(self, step: str) -> Path:
        """Where a step's numbers are read: what was written to `out`, else what ships."""
        return self.file(step) if self.file(step).exists() else PACKAGE / FILES[step]

    def with_role(self, *roles: str) -> list[FoundData]:
        """The data sets that play one of some roles.

        Raises:
            SystemExit: there is none.
        """
        found = with_role(self.data, *roles)
        if not found:
            raise SystemExit(f"no data set for {' or '.join(roles)}; see --dry-run")
        return found

    @cached_property
    def _base(self) -> RememberingEmbedder:
        return RememberingEmbedder(load_embedder({"backend": self.backend}))

    def embedder(self) -> FittedEmbedder:
        """The embedder, its prior and its query adapter being what earlier steps have written."""
        own = {step: self.file(step).exists() for step in ("prior", "adapter")}
        return FittedEmbedder(
            self._base,
            read_prior(self.file("prior")) if own["prior"] else self._base.prior,
            read_query_adapter(self.file("adapter")) if own["adapter"] else self._base.query_adapter,
        )

    def manager(self, home: Path | None = None) -> NTMMemoryManager:
        """A memory in `home`, at a fixed time, of texts as they are."""
        return NTMMemoryManager(home or self.home, config=KEEP_ALL, embedder=self.embedder(), clock=fixed_clock)


class FittedEmbedder:
    """An embedder with another prior and another query adapter than it ships with."""

    def __init__(self, embedder: Embedder, prior: np.ndarray | None, query_adapter: np.ndarray | None) -> None:
        self._embedder = embedder
        self.prior, self.query_adapter = prior, query_adapter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)
