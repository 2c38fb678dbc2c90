"""What of a prompt is a person's own words: what hosts put there is found by its marks, never by meaning."""

from __future__ import annotations

import re

from ntm_memory.hosts.private import without_private
from ntm_memory.text.fenced_code import FencedCode

_MOST_READ = 100_000
_BLOCK = re.compile(r"<([a-z]+(?:[-_][a-z]+)+)(?:\s[^<>]*)?>.*?(?:</\1\s*>|$)", re.DOTALL | re.IGNORECASE)
"""What hosts wrap in tags of two words: `<task-notification>`, `<system-reminder>`, our own `<recalled-memories …>`."""
_REMEMBER = re.compile(r"<(/?)remember\b[^<>]*>", re.IGNORECASE)
MOST_REMEMBERED = 20
"""So many texts of one prompt are kept as told; who has more says them by a file."""
_COMMAND = re.compile(r"/[\w:.-]+(?:\s|$)")


def own_words(prompt: str) -> str:
    """A prompt without code blocks and without what a host put there; empty where a person said nothing.

    A slash command, a line for the shell (`!…`) and a notification of the host are no words of a person either.
    """
    text = prompt[:_MOST_READ].strip()
    if text.startswith("!") or _COMMAND.match(text):
        return ""
    text = without_blocks(text)
    return text if any(each.isalnum() for each in text) else ""


def without_blocks(text: str) -> str:
    """A text without fenced code and without blocks of a host."""
    code = FencedCode()
    lines = [line for line in _BLOCK.sub(" ", text[:_MOST_READ]).split("\n") if not code.holds(line)]
    return "\n".join(line.rstrip() for line in lines if line.strip()).strip()


def told_to_keep(text: str) -> list[str]:
    """What stands between `<remember>` and `</remember>`, the first of it where there is very much."""
    public = without_blocks(without_private(text))
    kept, begun = list[str](), -1
    for tag in _REMEMBER.finditer(public):
        if not tag[1]:
            begun = begun if begun >= 0 else tag.end()
        elif begun >= 0:
            said = _REMEMBER.sub(" ", public[begun : tag.start()]).strip()
            kept += [said] if said else []
            begun = -1
        if len(kept) == MOST_REMEMBERED:
            break
    return kept


def without_remember(text: str) -> str:
    """A text without the marks of `told_to_keep`; what stands between them is a line of its own."""
    return _REMEMBER.sub("\n", text)


def shortened(text: str, most: int) -> str:
    """A text of at most so many characters, cut at the end."""
    text = text.strip()
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
