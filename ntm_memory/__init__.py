"""Long-term memory for AI agents, addressed by a Neural Turing Machine (Graves et al. 2014, arXiv 1410.5401).

Rooms, each knowing only those below it:

cli          the command lines of the scripts and of `ntm-memory`
mcp          memory as tools of a client that speaks the Model Context Protocol
commands     one door to the manager for scripts and hooks
manager, agent   the verbs; the seed document's names for them
operations   one module a verb: recall, write, reason, tune, transfer, status, and what they share
multihop     several reads in a row over the store
recall       the first look: read heads over the store, and how they are learned
reader       the second look: a question and a memory, or two memories, read together
store        memories on disk, their keys, words and versions in one SQLite file
embedding    texts to vectors
training     the paper's experiments: tasks, checkpoints, the cores that ship
memn2n       a Memory Network trained on bAbI
machine      the paper: addressing, heads, controllers, the network forward and backward
text         words, names, dates and places that texts tell
persistence  files of numbers
config, paths, errors   settings, places, what may go wrong
"""

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
