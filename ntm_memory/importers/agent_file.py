"""Letta's Agent File (.af): an agent's memory blocks, each a memory; its messages and tools are none.

An object with `agents` and `blocks` (`label`, `value`), in files up to 2025 with `core_memory`.
Source: https://github.com/letta-ai/agent-file (README.md, and the agents there).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ntm_memory.importers.items import Telling, tags_of, text_of


def tellings(value: Any) -> list[Telling] | None:
    """One for each block that is not empty; None: it is no agent file."""
    if not isinstance(value, Mapping):
        return None
    agents = value.get("agents")
    if isinstance(agents, list) and isinstance(value.get("blocks"), list):
        held = [agent.get("memory_blocks") for agent in agents if isinstance(agent, Mapping)]
        lists = [value["blocks"], *(each for each in held if isinstance(each, list))]
    elif isinstance(value.get("core_memory"), list):
        lists = [value["core_memory"]]
    else:
        return None
    blocks = [block for each in lists for block in each if isinstance(block, Mapping) and text_of(block.get("value"))]
    return [{"content": text_of(block["value"]), "tags": tags_of([block.get("label")])} for block in blocks]
