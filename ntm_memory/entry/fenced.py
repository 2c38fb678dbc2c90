"""A text that holds a block of recalled memories: the block is ours, what stands around it may be news."""

from __future__ import annotations

import re

from ntm_memory.privacy import framing
from ntm_memory.privacy.echo import LEAST_WORDS, KnownMemory, echo_in, tokens

_CLOSING = r"</recalled-memories>"
_BLOCK = re.compile(
    r"<recalled-memories from=\"ntm-memory-system\"[^>\n]*>?"
    rf"(?:(?:(?!<recalled-memories ).)*?{_CLOSING}|(?:\s*^[ \t]*(?:- \[|\()[^\n]*)*)",
    re.DOTALL | re.MULTILINE,
)
_ITEM = re.compile(r"^[ \t]*- \[(m_[2-9a-z]{10}), [^\]\n]*\] ([^\n]*)$", re.MULTILINE)


def around_block(text: str) -> str | None:
    """What a text says besides blocks of recalled memories; None where that is nothing, or only presents them.

    Args:
        text: it holds the opening of such a block.
    """
    rest = "\n".join(part for each in _BLOCK.split(text) if (part := each.strip()))
    if not rest:
        return None
    told = [KnownMemory(id, content) for block in _BLOCK.findall(text) for id, content in _ITEM.findall(block)]
    if not told:  # an empty block, or one whose lines were joined
        left = framing.Leftover([tokens(rest)], (), memories=1, words=LEAST_WORDS, is_print=True)
        return None if framing.shipped().only_presents(left) else rest
    return None if echo_in(text, told, framing.shipped()) is not None else rest
