"""Whether what was asked for was done: of many tellings at once any, of a purge all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ntm_memory.errors import BadValueError, StoreError

_HOLDING = ("backups_holding", "damaged_holding", "mirrors_holding", "files_holding")
_TAKEN = ("created", "updated", "unchanged", "tombstones", "as_before")


def nothing_taken(answer: Mapping[str, Any]) -> dict[str, str] | None:
    """The error to tell where something failed and nothing was taken; None: the answer stands, its faults in it.

    Args:
        answer: of any command; only those of many tellings have counts beside `failed`.
    """
    failed = answer.get("failed")
    if not failed or "created" not in answer or any(answer.get(name) for name in _TAKEN):
        return None
    codes = {bad["code"] for bad in failed}
    where = failed[0].get("at") or f"line {failed[0]['line']}"
    return {
        "code": codes.pop() if len(codes) == 1 else BadValueError.code,
        "message": f"nothing was taken, {len(failed)} failed: {where}: {failed[0]['message']}",
        "short": f"nothing was taken, {len(failed)} failed",
        "hint": "; ".join(answer.get("hints") or ("mend what failed and tell it again",)),
    }


def in_full(refused: Mapping[str, str]) -> dict[str, str]:
    """An error that stands alone."""
    return {name: told for name, told in refused.items() if name != "short"}


def in_short(refused: Mapping[str, str]) -> dict[str, str]:
    """An error below the answer that it is about, whose lines name what it names: each is said once."""
    return in_full(refused) | {"message": refused.get("short", refused["message"])}


def exit_code_of(answer: Mapping[str, Any]) -> int:
    """The exit code of an answer that is printed as it is: that of damage, where a check found any."""
    return int(answer.get("exit_code", 0)) or (StoreError.exit_code if answer.get("sound") is False else 0)


def text_left(answer: Mapping[str, Any]) -> dict[str, str] | None:
    """The error to tell where a purge could not reach a copy; None: it reached all, or nothing was purged.

    Args:
        answer: of any command; only those of erasing say whether it can be undone.
    """
    if answer.get("restorable", True) or answer.get("dry_run"):
        return None
    names = [name for where in _HOLDING for name in answer.get(where, ())]
    if not names:
        return None
    return {
        "code": StoreError.code,
        "message": f"it is gone from the memory, and may still be read in {', '.join(map(str, names))}",
        "hint": "remove what is in these files, or the files",
    }
