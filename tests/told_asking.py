"""Where the embedder of a test tells nothing of how it reads: what questions ask for is told beside them."""

from __future__ import annotations

import numpy as np

from ntm_memory.controller.asking import STEPS, Asked
from ntm_memory.recall.encoder import Encoder


def asked_for(step: int = 0, anchor: str = "", *, sure: float = 1.0, time=0.0, past=0.0, all=0.0) -> Asked:
    """A question that asks by place so surely, and else by content; and how likely it wants something else."""
    steps = np.zeros(len(STEPS), dtype=np.float32)
    steps[STEPS.index(step)] = sure
    steps[STEPS.index(0)] += 1 - sure
    return Asked(steps, anchor, time, past, all)


def let_ask(monkeypatch, told: dict[str, Asked]) -> None:
    """From now on these questions ask for this; all others ask by content."""
    monkeypatch.setattr(Encoder, "ask", lambda self, text: (self.question(text), told.get(text)))
