"""The Neural Turing Machine of Graves, Wayne and Danihelka (2014, arXiv 1410.5401), in NumPy. Nothing else.

addressing   section 3.3: content, gate, shift, sharpening, each with its gradient
focus        figure 2: the steps together, as the settings switch them
memory       sections 3.1, 3.2: read, erase and add; how memory and heads start
interface    from the controller's output to the heads' parameters
controllers  section 3.4: LSTM and feed-forward
network      the machine over whole sequences, forward and backward through time
heads        the same one step at a time, with the memory in hand
checked      addressing as people call it: what does not fit is named
activations  softplus, logistic, log-sum-exp
optimisers   Adam and the paper's RMSProp over one flat vector
tape         the state, and what a forward pass leaves behind
backpropagation  from the gradient of the logits to those of all parameters
sparse       few rows of very many locations
kernel       both passes in compiled C
gradcheck    do the gradients agree with central differences?
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ntm_memory.machine.checked import content_focus, hybrid_addressing, location_focus
    from ntm_memory.machine.heads import NTMMemoryController, ReadHead, WriteHead
    from ntm_memory.machine.network import Machine
    from ntm_memory.machine.settings import MachineSettings

__all__ = [
    "Machine",
    "MachineSettings",
    "NTMMemoryController",
    "ReadHead",
    "WriteHead",
    "content_focus",
    "hybrid_addressing",
    "location_focus",
]

_HOMES = {
    "Machine": "network",
    "MachineSettings": "settings",
    "NTMMemoryController": "heads",
    "ReadHead": "heads",
    "WriteHead": "heads",
    "content_focus": "checked",
    "hybrid_addressing": "checked",
    "location_focus": "checked",
}


def __getattr__(name: str) -> Any:
    # looked up when asked for: recall needs the formulas of addressing, not the network around them
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
