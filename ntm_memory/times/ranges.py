"""From one time to another: two phrases that tell one stretch together."""

from __future__ import annotations

from collections.abc import Sequence

from ntm_memory.times.cursor import Cursor
from ntm_memory.times.directions import AFTER, BEFORE, Meant, direction_of, ends_towards, is_yearly, token_before
from ntm_memory.times.intervals import Frame, Span, fineness
from ntm_memory.times.phrases import Phrase
from ntm_memory.times.pieces import NEEDS_COMPANY, NEEDS_EVIDENCE, SURE, Piece, combined

_DASHES = ("-", "–", "—", "~", "～", "－", "〜")


def stretch(cursor: Cursor, left: Phrase, right: Phrase) -> Meant | None:
    """From one time to another: between March and May, 5月3日到7日, Monday – Wednesday."""
    joint = cursor.past_links(left.after)
    side = token_before(cursor, left.first)
    opened, last = cursor.get(side, "between"), right.after
    closed = cursor.get(right.after, "between_after")
    joins = cursor.get(joint, "to") or cursor[joint].mark in _DASHES
    joins = joins or (cursor.get(joint, "and") and (opened or closed))
    if not joins or cursor.past_links(joint + 1) < right.first:
        return None
    ends = _ends(left.parts, right.parts, cursor.frame)
    if ends is None or not (cursor.alone or _is_range(cursor, left, right, side)):
        return None
    start, end, grain = ends
    first = side if opened or cursor.get(side, "from") else left.first
    last += bool(closed) or cursor.get(right.after, "direction_after") == "until"
    yearly = _are_yearly(left.parts, right.parts)
    return Meant(start.start, end.end, "between", grain, yearly, first, last)


def between_open(cursor: Cursor, left: Phrase, right: Phrase) -> Meant | None:
    """What lies both after one time and before another: after the 3rd and before the 6th of May, 3号以后6号以前."""
    first_side, first, joint = direction_of(cursor, left)
    if first_side not in AFTER and first_side not in BEFORE:
        return None
    last_side, begins, after = direction_of(cursor, right)
    joins = ("and", "but", "link")
    if not all(
        cursor[i].mark in (",", "，", "、") or any(cursor.get(i, of) for of in joins) for i in range(joint, begins)
    ):
        return None
    if min(max(piece.sure for piece in each.parts) for each in (left, right)) == NEEDS_COMPANY and not cursor.alone:
        return None
    turned = first_side in BEFORE
    early, late = (last_side, first_side) if turned else (first_side, last_side)
    if early not in AFTER or late not in BEFORE:
        return None
    ends = _ends(*((right.parts, left.parts) if turned else (left.parts, right.parts)), cursor.frame)
    if ends is None:
        return None
    start, end = ends_towards(ends[0], early)[0], ends_towards(ends[1], late)[1]
    if turned and start is not None and end is not None and start.year < end.year:
        return None  # "before May and after July" are two stretches
    yearly = _are_yearly(left.parts, right.parts)
    return Meant(start, end, "between", ends[2], yearly, first, after)


def _is_range(cursor: Cursor, left: Phrase, right: Phrase, side: int) -> bool:
    sure = [max(piece.sure for piece in phrase.parts) for phrase in (left, right)]
    told = cursor.get(side, "from") or cursor.get(side, "between") or cursor.get(side, "evidence")
    both_dates = min(sure) == NEEDS_EVIDENCE
    return max(sure) > NEEDS_COMPANY and (max(sure) == SURE or bool(told) or both_dates)


def _ends(left: Sequence[Piece], right: Sequence[Piece], frame: Frame) -> tuple[Span, Span, str] | None:
    """The two ends of a range: what one of them leaves out is told by the other."""
    left, right = _completed(left, right), _completed(right, left)
    fixed = any(piece.fixed is not None for piece in (*left, *right))
    first, second = combined(left, frame), combined(right, frame)
    if first is None or second is None:
        return None
    if not fixed and frame.looks_back:
        first = combined(left, frame.facing(second[0].start, past=True))
    elif not any(piece.fixed is not None for piece in right):
        second = combined(right, frame.facing(first[0].start, past=False))
    elif not any(piece.fixed is not None for piece in left):
        first = combined(left, frame.facing(second[0].start, past=True))
    if first is None or second is None or first[0].start >= second[0].end:
        return None
    last = second[0]
    if second[1] in ("hour", "minute"):  # from three to five ends when it strikes five
        last = Span(last.start, last.start)
    return first[0], last, min(first[1], second[1], key=fineness)


def _are_yearly(left: Sequence[Piece], right: Sequence[Piece]) -> bool:
    """Whether neither end tells a year."""
    return is_yearly(_completed(left, right)) and is_yearly(_completed(right, left))


def _completed(parts: Sequence[Piece], others: Sequence[Piece]) -> Sequence[Piece]:
    """The parts with those longer ones that only the other end of the range tells."""
    plain = [piece for piece in parts if piece.portion is None]
    if any(piece.fixed is not None for piece in plain):
        return parts
    longest = max((fineness(piece.grain) for piece in plain), default=-1)
    longest = max(longest, fineness("hour")) if longest >= 0 else longest
    if longest < 0 and parts:
        return parts
    return (*parts, *(piece for piece in others if piece.portion is None and fineness(piece.grain) > longest))
