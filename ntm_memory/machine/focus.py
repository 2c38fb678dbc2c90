"""Addressing as a whole (paper, figure 2): what H heads look at, from their parameters and where they looked before.

The steps that can be switched: content (key and beta), hybrid (the gate between content and the focus before),
location (shift and sharpening). A step that is off is not computed and has no parameters.
"""

from __future__ import annotations

from typing import NamedTuple

from ntm_memory.machine import addressing
from ntm_memory.machine.addressing import Cosine
from ntm_memory.machine.interface import HeadParameters
from ntm_memory.machine.settings import Array, MachineSettings


class Focus(NamedTuple):
    """The weightings (B, H, N) after every step; a step that is off hands on what it was given."""

    cosine: Cosine | None
    content: Array
    gated: Array
    shifted: Array
    weights: Array


def address(settings: MachineSettings, head: HeadParameters, memory: Array, previous: Array) -> Focus:
    """Weightings of all heads over one memory (section 3.3).

    Args:
        settings: which steps are on.
        head: parameters of H heads.
        memory: (B, M, N), M_{t−1}.
        previous: (B, H, N), w_{t−1}.
    """
    cosine, content = None, previous
    if settings.content:
        cosine = addressing.cosine_similarity(head.key, memory)
        content = addressing.content_focus(cosine.similarity, head.beta)
    gated = addressing.interpolate(content, previous, head.gate) if settings.gated else content
    if not settings.location:
        return Focus(cosine, content, gated, gated, gated)
    shifted = addressing.shift(gated, head.kernel)
    return Focus(cosine, content, gated, shifted, addressing.sharpen(shifted, head.gamma))


def address_backward(
    settings: MachineSettings,
    head: HeadParameters,
    memory: Array,
    previous: Array,
    focus: Focus,
    grad: Array,
    d_head: HeadParameters,
) -> tuple[Array | None, Array | None]:
    """Gradients of (memory, previous) from that of the weightings; those of the parameters are written into `d_head`.

    Returns None for what had no influence.
    """
    if settings.location:
        grad, d_head.gamma[...] = addressing.sharpen_backward(focus.shifted, head.gamma, focus.weights, grad)
        grad, d_head.kernel[...] = addressing.shift_backward(focus.gated, head.kernel, grad)
    if not settings.content:
        return None, grad
    d_previous = None
    if settings.gated:
        grad, d_previous, d_head.gate[...] = addressing.interpolate_backward(focus.content, previous, head.gate, grad)
    assert focus.cosine is not None
    grad, d_head.beta[...] = addressing.content_focus_backward(focus.cosine.similarity, head.beta, focus.content, grad)
    d_head.key[...], d_memory = addressing.cosine_similarity_backward(head.key, memory, focus.cosine, grad)
    return d_memory, d_previous
