"""Long-term memory for AI agents, addressed by a Neural Turing Machine (Graves et al. 2014, arXiv 1410.5401).

Rooms, each knowing only those below it:

errors, config, paths, arrays, learned   what everybody may know: errors, settings, places, files of numbers
machine      the paper: addressing, heads, controllers, the network forward and backward
training     the paper's experiments: tasks, optimisers, checkpoints, the cores that ship
embedding    texts to vectors
store        memories on disk, their keys, words and versions in one SQLite file
recall       read heads over the store: evidence, heads, confidence, and how they are learned
reasoning    several reads in a row over the store; a Memory Network trained on bAbI
manager      the verbs; its helpers stand beside it:
    writing      telling (what may be told), writer, transfer; reviser with subjects, relations, revision (what revises
                 what) and succession (attention moves on to it)
    asking       asking, keys, knowledge, recaller, excerpt, lookup, likeness; results (what is answered)
    reasoning    reasoner, reasoning_verbs, path
    learning     learning, lessons, tuner
    survey       what status says
commands     one door to the manager for scripts and hooks
agent, seed_names   the seed document's names
cli          the scripts' command lines
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
