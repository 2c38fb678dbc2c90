"""What is derived of the memories and was damaged where it lies: it is dropped, and the verb carried out once more.

A file that stands as its writer left it is believed unread (`persistence.mapped_arrays`): a disk that rots changes
neither inode nor time. So what a verb reads of it either cannot be, which `refuse` says, or leads nowhere: an index out
of range. Only then are all its bytes looked at.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

from ntm_memory.errors import NTMMemoryError, StoreCorruptError

Class = TypeVar("Class", bound=type)
_MAY_BE_OF_IT = (
    StoreCorruptError,
    LookupError,
    ValueError,
    TypeError,
    ArithmeticError,
    AssertionError,
    MemoryError,
    RuntimeWarning,
)
"""What may be raised of numbers that nobody wrote; warnings where the process makes errors of them."""


def with_healing(names: str) -> Callable[[Class], Class]:
    """Class decorator: where one of these methods fails of a damaged derived file, that is made anew and it runs again.

    The object's `_verbs.drop_damaged` is asked for the names of such files; with none the error passes as it is. An
    answer that has `warnings` tells of it.

    Args:
        names: of the methods, parted by spaces.
    """

    def decorated(cls: Class) -> Class:
        for name in names.split():
            setattr(cls, name, _healing(getattr(cls, name)))
        return cls

    return decorated


def _healing(verb: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(verb)
    def within(self: Any, *args: Any, **options: Any) -> Any:
        try:
            return verb(self, *args, **options)
        except _MAY_BE_OF_IT as error:
            if isinstance(error, NTMMemoryError) and not isinstance(error, StoreCorruptError):
                raise
            damaged: list[str] = []
            with suppress(NTMMemoryError):  # then the first error says more
                damaged = self._verbs.drop_damaged()
            if not damaged:
                raise
        return _told(verb(self, *args, **options), damaged)

    return within


def _told(answer: Any, names: list[str]) -> Any:
    if not hasattr(answer, "warnings"):
        return answer
    told = f"{' and '.join(names)} was damaged and is made anew from the memories: the disk may be failing"
    return replace(answer, warnings=(told, *answer.warnings))
