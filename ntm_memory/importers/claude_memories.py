"""memories.json of Claude's data export: what Claude has written down of its user, and of each project.

A list with one object, `conversations_memory` a text in Markdown, `project_memories` one such text a project.
Source: https://portable-ai-memory.org/providers/anthropic (seen in exports of 2026; Anthropic documents no form).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ntm_memory.importers.items import Told, tags_of, text_of
from ntm_memory.importers.outline import Note, Piece, pieces_of


def tellings(record: Mapping[str, Any]) -> list[Told] | None:
    """Its list items and paragraphs, those of a project with a tag; None: it is something else."""
    if "conversations_memory" not in record and "project_memories" not in record:
        return None
    projects = record.get("project_memories")
    texts = {"": text_of(record.get("conversations_memory"))}
    texts |= {str(name): text_of(text) for name, text in projects.items()} if isinstance(projects, Mapping) else {}
    return [_told(piece, name) for name, text in texts.items() for piece in pieces_of(text)]


def _told(piece: Piece, project: str) -> Told:
    if isinstance(piece, Note):
        return {"content": piece.text, "tags": tags_of([f"project:{project}"] if project else [], piece.state or None)}
    return piece[1]
