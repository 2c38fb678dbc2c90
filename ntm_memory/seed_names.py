"""The three verbs by the names that the seed document gave them."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ntm_memory.operations.results import MemorizeResult, RecallResult
from ntm_memory.operations.validation import MAX_CONTENT
from ntm_memory.store.base import Store


class SeedNames(ABC):
    """`save_memory`, `read_memory` and `search_memory`, told by the full verbs."""

    store: Store

    @abstractmethod
    def memorize(self, content: str, *, key: str | None = None) -> MemorizeResult:
        """Store one memory."""

    @abstractmethod
    def recall(self, query: str, *, top_k: int = ..., max_chars: int = ...) -> RecallResult:
        """Answer a question."""

    def save_memory(self, key: str, content: str) -> bool:
        """Memorize under a key; True if anything changed."""
        return self.memorize(content, key=key).action != "unchanged"

    def read_memory(self, key: str) -> str | None:
        """The content under a key, None if there is none."""
        memory = self.store.find_key("default", key)
        return memory.content if memory else None

    def search_memory(self, query: str, top_k: int = 5) -> list[str]:
        """Contents of the memories recalled for a question, best first."""
        found = self.recall(query, top_k=top_k, max_chars=MAX_CONTENT)
        return [memory.content for memory in found.memories]
