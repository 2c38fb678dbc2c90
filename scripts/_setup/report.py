"""What the installer says: steps on stderr, one error where it cannot go on."""

from __future__ import annotations

import sys


class SetupError(Exception):
    """The set-up cannot go on.

    Args:
        code: short name for programs.
        message: what is wrong, in one sentence.
        hint: what to do about it.
    """

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


def say(text: str) -> None:
    """Tell the person at the terminal what is going on."""
    print(text, file=sys.stderr, flush=True)
