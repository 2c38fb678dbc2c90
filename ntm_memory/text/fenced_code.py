"""Markdown's fenced code, followed line by line (CommonMark 0.31.2, section 4.5), however far it is indented."""

from __future__ import annotations

_MARKS = ("```", "~~~")


class FencedCode:
    """Tells the lines of fenced code from others; code that is never closed goes to the end."""

    def __init__(self) -> None:
        self._fence = ""

    @property
    def is_open(self) -> bool:
        """Whether the line before was of code that goes on."""
        return bool(self._fence)

    def holds(self, line: str) -> bool:
        """Whether the next line belongs to fenced code, the fences included."""
        bare = line.strip(" \t\r")
        if self._fence:
            if bare.startswith(self._fence) and not bare.strip(self._fence[0]):
                self._fence = ""
            return True
        opens = bare.startswith(_MARKS) and not (bare[0] == "`" and "`" in bare.lstrip("`"))
        if opens:
            self._fence = bare[: len(bare) - len(bare.lstrip(bare[0]))]
        return opens
