"""Every trained number of a machine, as named views of one flat vector: optimisers see one array, readers see names."""

from __future__ import annotations

import numpy as np

from ntm_memory.machine.controllers import make_controller
from ntm_memory.machine.flat import FlatArrays
from ntm_memory.machine.interface import Interface
from ntm_memory.machine.memory import LEARNED_HEAD_LOCATIONS, POSITION_FEATURES
from ntm_memory.machine.settings import Array, MachineSettings

_HEAD_GAIN = 1.4
_BIAS_SPREAD = 0.01


def machine_parameter_shapes(settings: MachineSettings) -> dict[str, tuple[int, ...]]:
    """Name → shape, of all that is trained; nothing depends on the number of locations."""
    controller = make_controller(settings)
    units, reads = settings.controller_size, settings.read_heads * settings.memory_dim
    pre, interface = controller.gates * units, Interface(settings).size
    shapes: dict[str, tuple[int, ...]] = {
        "controller.input": (settings.input_size, pre),
        "controller.recurrent": (reads + units * controller.recurrent, pre),
        "controller.bias": (pre,),
        "heads.weight": (units, interface),
        "heads.bias": (interface,),
        "output.weight": (reads + units, settings.output_size),
        "output.bias": (settings.output_size,),
    }
    if settings.memory_start == "learned":
        shapes["start.memory"] = (POSITION_FEATURES, settings.memory_dim)
    if settings.head_start == "learned":
        shapes["start.heads"] = (settings.heads, LEARNED_HEAD_LOCATIONS)
    return shapes


class MachineParameters(FlatArrays):
    """All of them, of the settings' float type; used for the trained numbers and for their gradients."""

    def __init__(self, settings: MachineSettings, flat: Array | None = None) -> None:
        super().__init__(machine_parameter_shapes(settings), settings.dtype, flat)


def initial_machine_parameters(settings: MachineSettings, seed: int, *, gate_bias: float = 0.0) -> MachineParameters:
    """Random parameters: Glorot-uniform matrices, small biases.

    Args:
        settings: sizes.
        seed: the same seed gives the same numbers whatever `memory_size` and `dtype`.
        gate_bias: added to the gate's bias of every head; below 0, heads begin by staying near where they looked.
    """
    rng = np.random.default_rng(seed)
    parameters = MachineParameters(settings)
    inputs = settings.input_size + len(parameters["controller.recurrent"])
    for name, view in parameters.arrays().items():
        if view.ndim == 1:
            parameters[name] = rng.normal(scale=_BIAS_SPREAD, size=view.shape)
            continue
        gain = _HEAD_GAIN if name == "heads.weight" else 1.0
        fan_in = inputs if name.startswith("controller") else len(view)
        bound = gain * np.sqrt(6 / (fan_in + view.shape[1]))
        parameters[name] = rng.uniform(-bound, bound, size=view.shape)
    Interface(settings).split(parameters["heads.bias"]).gate[...] += gate_bias
    if settings.memory_start == "learned":
        parameters["start.memory"] = rng.normal(scale=0.1, size=parameters["start.memory"].shape)
    return parameters
