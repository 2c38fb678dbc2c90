"""Which characters are Chinese, Japanese or Korean: ranges for character classes of regular expressions."""

from __future__ import annotations

import re

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U000323af"
"""Letters: kana, Han, Hangul."""
WIDE = CJK + "\u2e80-\u303f\u3100-\u33ff\u4dc0-\u4dff"
"""What takes as much room as such a letter: also radicals, punctuation, signs."""
_IS_CJK = re.compile(f"[{CJK}]")


def is_cjk(text: str) -> bool:
    """Whether at least a third of the letters are Chinese, Japanese or Korean (they say more per character)."""
    letters = sum(map(str.isalpha, text))
    return letters > 0 and 3 * len(_IS_CJK.findall(text)) >= letters
