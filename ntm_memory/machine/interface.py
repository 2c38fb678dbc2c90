"""From the controller's output to the heads' parameters: one linear layer for all heads (section 3.3 and 3.2).

The layer's outputs stand in blocks, so that one call squashes a block of all heads:

    k | a | e | g | β | γ | s        tanh: k, a      sigmoid: e, g      softplus: β; 1 + softplus: γ      softmax: s
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ntm_memory.machine.activations import softplus, squash
from ntm_memory.machine.addressing import content_focus
from ntm_memory.machine.settings import Array, MachineSettings

# softplus(60) = 60: heads of a priority sort stand at 20 if they may go no further, and learn nothing more there
PRE_ACTIVATION_LIMIT = 60.0


class HeadParameters(NamedTuple):
    """What the controller tells H heads, the first R of which read and the last W of which write.

    A block whose step of addressing is switched off is empty.
    """

    key: Array  # (…, H, M), −1 to 1
    add: Array  # (…, W, M), −1 to 1
    erase: Array  # (…, W, M), 0 to 1
    gate: Array  # (…, H), 0 to 1
    beta: Array  # (…, H), β > 0
    gamma: Array  # (…, H), γ ≥ 1
    kernel: Array  # (…, H, 2S + 1), sums to 1

    def steps(self) -> list[HeadParameters]:
        """The parameters of every time step, if time is the first dimension."""
        return [HeadParameters(*blocks) for blocks in zip(*self, strict=True)]


class Interface:
    """The blocks' places in the layer's output, and the squashing of its raw numbers."""

    def __init__(self, settings: MachineSettings) -> None:
        heads, dim, writes = settings.heads, settings.memory_dim, settings.write_heads
        content, location = int(settings.content), int(settings.location)
        self._shapes = (
            (content * heads, dim),
            (writes, dim),
            (writes, dim),
            (int(settings.gated) * heads,),
            (content * heads,),
            (location * heads,),
            (location * heads, 2 * settings.shift_range + 1),
        )
        ends = np.cumsum([int(np.prod(shape)) for shape in self._shapes]).tolist()
        self._bounds = list(zip([0, *ends[:-1]], ends, strict=True))
        self.size: int = ends[-1]
        self._sigmoid = slice(self._bounds[2][0], ends[3])
        self._tanh = slice(0, ends[3])
        self._softplus = slice(ends[3], ends[5])
        self._gamma = slice(ends[4], ends[5])
        self._kernel = slice(ends[5], ends[6])
        self._kernel_shape = self._shapes[6]

    def split(self, outputs: Array) -> HeadParameters:
        """Views of (…, P) outputs, or of their gradients, block by block."""
        blocks = [
            outputs[..., low:high].reshape(outputs.shape[:-1] + shape)
            for (low, high), shape in zip(self._bounds, self._shapes, strict=True)
        ]
        return HeadParameters(*blocks)

    def squash(self, raw: Array) -> None:
        """Turn (…, P) raw outputs into parameters, in place."""
        squash(raw[..., self._tanh], self._sigmoid)
        positive = raw[..., self._softplus]
        np.minimum(positive, PRE_ACTIVATION_LIMIT, out=positive)
        softplus(positive, out=positive)
        raw[..., self._gamma] += 1
        if self._kernel.start < self._kernel.stop:
            kernel = self._kernel_block(raw)
            kernel[...] = content_focus(kernel, 1.0)

    def slopes(self, squashed: Array) -> Array:
        """Derivatives (…, P) of `squash`, element by element, from its result; 1 for s, whose softmax mixes them."""
        slopes = np.ones_like(squashed)
        tanh, sigmoid = squashed[..., self._tanh], squashed[..., self._sigmoid]
        slopes[..., self._tanh] = 1 - tanh * tanh
        slopes[..., self._sigmoid] = sigmoid * (1 - sigmoid)
        positive = squashed[..., self._softplus].copy()
        positive[..., self._gamma.start - self._softplus.start :] -= 1
        limit = softplus(np.asarray(PRE_ACTIVATION_LIMIT, squashed.dtype))
        slopes[..., self._softplus] = np.where(positive < limit, -np.expm1(-positive), 0)
        return slopes

    def squash_backward(self, head: HeadParameters, slopes: Array, grad: Array) -> None:
        """Turn gradients (…, P) of the parameters into those of the raw outputs, in place."""
        grad *= slopes
        if self._kernel.start < self._kernel.stop:
            d_kernel = self._kernel_block(grad)
            mixed = np.add.reduce(d_kernel * head.kernel, axis=-1, keepdims=True)
            d_kernel -= mixed
            d_kernel *= head.kernel

    def _kernel_block(self, numbers: Array) -> Array:
        return numbers[..., self._kernel].reshape(numbers.shape[:-1] + self._kernel_shape)
