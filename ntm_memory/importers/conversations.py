"""What people said to assistants is no memory: each form is known by its structure, and told with what to do instead.

ChatGPT: `mapping` of nodes with `message` (https://help.openai.com/en/articles/7260999). Claude: `chat_messages`
(https://portable-ai-memory.org/providers/anthropic). Claude Code: a line has `sessionId` and `uuid`, `message`
(https://docs.claude.com/en/docs/claude-code/sdk/sdk-sessions). Messages of APIs: `role` and `content`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ntm_memory.errors import BadValueError

INSTEAD = "tell what of them is worth keeping: memorize.py --jsonl FILE, an object with content a line"
"""What to do with conversations."""
_CLAUDE = "memories.json of the same export holds what Claude remembers: import.py memories.json; else "
_CODE = "what Claude Code remembers itself: import.py --host claude; else "


def refuse_conversation(record: Any) -> None:
    """Let nothing pass that is a conversation, or a message of one.

    Args:
        record: an object of a file.

    Raises:
        BadValueError: saying whose it is, and what to do.
    """
    if not isinstance(record, Mapping):
        return
    if isinstance(record.get("mapping"), Mapping):
        raise BadValueError("these are conversations of ChatGPT, not memories", INSTEAD)
    if isinstance(record.get("chat_messages"), list):
        raise BadValueError("these are conversations of Claude, not memories", _CLAUDE + INSTEAD)
    if "sessionId" in record and ("message" in record or "uuid" in record):
        raise BadValueError("this is a transcript of Claude Code, not memories", _CODE + INSTEAD)
    if _is_message(record) or _holds_messages(record.get("messages")):
        raise BadValueError("these are messages of a conversation, not memories", INSTEAD)


def _is_message(record: Any) -> bool:
    return isinstance(record, Mapping) and isinstance(record.get("role"), str) and "content" in record


def _holds_messages(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and _is_message(value[0])
