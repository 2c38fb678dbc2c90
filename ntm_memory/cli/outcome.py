"""Whether many tellings at once came to anything: what was taken is an answer, nothing but faults is an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ntm_memory.errors import BadValueError

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
        "hint": "; ".join(answer.get("hints") or ("mend what failed and tell it again",)),
    }
