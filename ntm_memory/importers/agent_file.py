"""Letta's Agent File (.af): an agent's memory blocks, each a memory; its messages and tools are none.

An object with `agents` and `blocks` (`label`, `value`), in files up to 2025 with `core_memory`.
Source: https://github.com/letta-ai/agent-file (README.md, and the agents there).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ntm_memory.importers.items import Told, tags_of, text_of
from ntm_memory.importers.omissions import Omitted

_OF_AGENTS = ("messages", "tools", "files", "sources", "mcp_servers")


def tellings(value: Any) -> list[Told] | None:
    """One for each block that is not empty, then what is left out; None: it is no agent file."""
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
    told: list[Told] = [{"content": text_of(each["value"]), "tags": tags_of([each.get("label")])} for each in blocks]
    holders = [value, *(agents if isinstance(agents, list) else [])]
    return told + [omitted for each in holders for omitted in _lists_of(each)]


def _lists_of(holder: Any) -> list[Told]:
    """What an agent has beside its memory."""
    lists = {name: holder.get(name) for name in _OF_AGENTS} if isinstance(holder, Mapping) else {}
    return [Omitted(name) for name, each in lists.items() if isinstance(each, list) for _ in each]
