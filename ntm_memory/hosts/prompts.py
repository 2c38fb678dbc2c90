"""What of a prompt is a person's own words: what hosts put there is found by its marks, never by meaning."""

from __future__ import annotations

import re

_MOST_READ = 100_000
_FENCED = re.compile(r"(?:^|\n)[ \t]*(```+|~~~+)[^\n]*\n.*?(?:\n[ \t]*\1[`~]*[ \t]*(?=\n|$)|$)", re.DOTALL)
_BLOCK = re.compile(r"<([a-z]+(?:[-_][a-z]+)+)(?:\s[^<>]*)?>.*?(?:</\1\s*>|$)", re.DOTALL | re.IGNORECASE)
"""What hosts wrap in tags of two words: `<task-notification>`, `<system-reminder>`, our own `<recalled-memories …>`."""
_PRIVATE = re.compile(r"<private\b[^<>]*>.*?(?:</private\s*>|$)", re.DOTALL | re.IGNORECASE)
_REMEMBER = re.compile(r"<remember\b[^<>]*>(.*?)</remember\s*>", re.DOTALL | re.IGNORECASE)
_COMMAND = re.compile(r"/[\w:.-]+(?:\s|$)")
_GAPS = re.compile(r"[ \t]*\n\s*\n\s*")


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
    text = _FENCED.sub("\n", _BLOCK.sub(" ", text[:_MOST_READ]))
    return _GAPS.sub("\n", text).strip()


def without_private(text: str) -> str:
    """A text without `<private>…</private>`; one that is not closed goes to the end."""
    return _PRIVATE.sub(" ", text)


def told_to_keep(text: str) -> list[str]:
    """What stands between `<remember>` and `</remember>`."""
    found = [each.strip() for each in _REMEMBER.findall(without_private(without_blocks(text)))]
    return [each for each in found if each]


def without_remember(text: str) -> str:
    """A text without the marks of `told_to_keep`; what stands between them is a line of its own."""
    return _REMEMBER.sub("\n\\1\n", text)


def shortened(text: str, most: int) -> str:
    """A text of at most so many characters, cut at the end."""
    text = text.strip()
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
