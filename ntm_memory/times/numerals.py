"""Numbers written in Chinese characters."""

from __future__ import annotations

DIGITS = {
    char: value
    for value, chars in enumerate(("〇零", "一壹", "二两", "三", "四", "五", "六", "七", "八", "九"))
    for char in chars
}
TENS = {"十": 10, "百": 100, "千": 1_000, "廿": 20, "卅": 30}
CHARACTERS = frozenset(DIGITS) | frozenset(TENS)


def number(text: str) -> int | str | None:
    """The value of a run of `CHARACTERS`: 二十五, 二〇二六, 一九九八; "2~3" of 两三; None where it is none."""
    if not any(char in TENS for char in text):
        digits = [DIGITS[char] for char in text]
        if len(digits) == 2 and 0 < digits[0] == digits[1] - 1:
            return f"{digits[0]}~{digits[1]}"
        return int("".join(map(str, digits))) if len(digits) <= 4 else None
    total, digit = 0, 0
    for char in text:
        if char in DIGITS:
            digit = DIGITS[char]
        elif char in ("廿", "卅"):
            total += TENS[char]
        else:
            total, digit = total + (digit or 1) * TENS[char], 0
    return total + digit
