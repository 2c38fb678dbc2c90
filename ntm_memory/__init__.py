"""Long-term memory for AI agents, addressed by a Neural Turing Machine (Graves et al. 2014, arXiv 1410.5401)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["CognitiveAgent", "NTMMemoryManager", "NTMWithMemoryNetworks"]

if TYPE_CHECKING:
    from ntm_memory.agent import CognitiveAgent, NTMWithMemoryNetworks
    from ntm_memory.manager import NTMMemoryManager


def __getattr__(name: str) -> Any:
    # looked up when asked for: `--help` of a script must not wait for numpy
    if name in ("CognitiveAgent", "NTMWithMemoryNetworks"):
        from ntm_memory import agent

        return getattr(agent, name)
    if name == "NTMMemoryManager":
        from ntm_memory.manager import NTMMemoryManager

        return NTMMemoryManager
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
