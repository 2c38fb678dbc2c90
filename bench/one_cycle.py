"""How small torch networks are trained here: AdamW, one cycle of the rate, clipped gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn


def run_cycle(
    net: nn.Module,
    loss_of: Callable[[Any, Any], torch.Tensor],
    batches: Iterable[Any],
    *,
    steps: int,
    rate: float,
    decay: float,
) -> None:
    """Train a network in place.

    Args:
        net: takes a batch.
        loss_of: of what it says, and the batch.
        batches: all of the training, one a step.
        steps: at least how many there are.
        rate: the largest.
        decay: of the weights.
    """
    adam = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=decay)
    rates = torch.optim.lr_scheduler.OneCycleLR(adam, rate, total_steps=steps + 1)
    for batch in batches:
        adam.zero_grad()
        loss_of(net(batch), batch).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        adam.step()
        rates.step()
