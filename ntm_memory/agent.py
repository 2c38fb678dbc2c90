"""`CognitiveAgent` and `NTMWithMemoryNetworks`: the seed document's facades, an agent with an external memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ntm_memory.errors import BadValueError
from ntm_memory.manager import HOPS, NTMMemoryManager
from ntm_memory.operations.reasoning_report import ReasonResult, StoreResult
from ntm_memory.operations.results import EraseResult, MemorizeResult, RecalledMemory, UpdateResult
from ntm_memory.operations.validation import checked_fields

_OURS = frozenset({"type", "home"})


class ExternalMemory:
    """The memory matrix by the seed's names: write, read, update, erase.

    Args:
        manager: what keeps the memories.
    """

    def __init__(self, manager: NTMMemoryManager) -> None:
        self._manager = manager

    def write_to_memory(self, content: str, **fields: Any) -> MemorizeResult:
        """Store one memory; `fields` as in `NTMMemoryManager.memorize`."""
        return self._manager.memorize(content, **fields)

    def read_from_memory(self, query: str, top_k: int = 5) -> list[RecalledMemory]:
        """Memories by attention, best first; empty when nothing is relevant."""
        return list(self._manager.recall(query, top_k=top_k).memories)

    def update_memory(self, id_or_key: str, content: str) -> UpdateResult:
        """Erase 1 + add in the memory's slot."""
        return self._manager.update(id_or_key, content=content)

    def erase_memory(self, weights: Mapping[str, float]) -> EraseResult:
        """Erase with a weighting: each memory (id or key) by its own strength 0–1 (paper, equation 3).

        Raises:
            NotFoundError: an id or key is unknown; then nothing is erased.
        """
        for name in weights:
            self._manager.find(name)
        with self._manager.store.transaction():
            results = [self._manager.erase(name, strength=weight) for name, weight in weights.items()]
        return EraseResult(tuple(erased for result in results for erased in result.erased), restorable=True)


class CognitiveAgent:
    """An agent that memorizes and recalls.

    Args:
        memory: `{"type": "ntm", …}` with the settings of config.json beside it (`memory_size`, `memory_dim`, …), and
            `home`, the data folder.

    Raises:
        BadValueError: another type of memory than `ntm`.
    """

    def __init__(self, memory: Mapping[str, Any] | None = None) -> None:
        options = dict(memory or {})
        if options.get("type", "ntm") != "ntm":
            raise BadValueError(f"memory type is {options['type']!r}, expected 'ntm'")
        home: str | Path | None = options.get("home")
        settings = {name: value for name, value in options.items() if name not in _OURS}
        self.manager = NTMMemoryManager(home, config=settings)
        self.external_memory = ExternalMemory(self.manager)

    def memorize(self, record: Mapping[str, Any]) -> MemorizeResult:
        """Store `{"content": …, "key": …, "importance": …, …}`."""
        fields = checked_fields(record)
        return self.manager.memorize(fields.pop("content", None), **fields)

    def recall(self, query: str, **options: Any) -> list[RecalledMemory]:
        """Memories by attention, best first; empty when nothing is relevant."""
        return list(self.manager.recall(query, **options).memories)

    def close(self) -> None:
        """Close the store."""
        self.manager.close()

    def __enter__(self) -> CognitiveAgent:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class NTMWithMemoryNetworks(CognitiveAgent):
    """Memory Networks as the reasoning layer on top of the Neural Turing Machine's store."""

    def store_with_reasoning(self, content: str, *, builds_on: Sequence[str] = (), **fields: Any) -> StoreResult:
        """Memorize, and link with what it builds on; see `NTMMemoryManager.store_with_reasoning`."""
        return self.manager.store_with_reasoning(content, builds_on=builds_on, **checked_fields(fields))

    def reason_and_retrieve(self, query: str, hops: int = HOPS, **options: Any) -> ReasonResult:
        """Answer from several memories that lead to each other; see `NTMMemoryManager.reason_and_retrieve`."""
        return self.manager.reason_and_retrieve(query, hops, **options)
