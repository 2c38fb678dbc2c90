"""Questions that ask by place: "what happened right after …?", "…之后紧接着发生了什么？", "and then?", "然后呢？".

Only phrases that mean the very next or previous memory move the focus. "What did she do after the race?" asks by
content: its answer may stand anywhere, and the learned shift finds it where it stands near. So does "What happened
before May?".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ntm_memory.times.finding import is_time


@dataclass(frozen=True)
class Intent:
    """Where a question wants the focus to go.

    Args:
        anchor: the words that say from where; empty: from the previous focus.
        shift: steps in the order of writing, + after, − before.
    """

    anchor: str
    shift: int


_COUNT = {"next": 1, "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "previous": 1, "last": 1}
_ZH_COUNT = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}
_ORDINAL = r"(?P<count>next|first|second|third|fourth|fifth|previous|last)"
_SIDE = r"(?P<side>after|before|following|preceding)"
_RIGHT = r"(?:right|immediately|directly|just|straight|shortly)"
_ANYHOW = re.DOTALL | re.IGNORECASE

_ENGLISH = (
    re.compile(
        rf"^what(?:'s| is| was)? the {_ORDINAL} (?:thing|memory|event|message|turn|note)s?\b"
        rf".{{0,40}}?\b{_SIDE}\s+(?P<anchor>.+)$",
        _ANYHOW,
    ),
    re.compile(rf"^(?:what|who|which)\b.{{0,40}}?\b{_RIGHT} {_SIDE}\s+(?P<anchor>.+)$", _ANYHOW),
    re.compile(rf"^what (?:happened|came|comes) (?:next )?{_SIDE}\s+(?P<anchor>.+)$", _ANYHOW),
)
_CHINESE = (
    re.compile(
        r"^(?P<anchor>.{2,}?)(?:之|以)?(?P<side>后|前)面?的?第(?P<count>[一二两三四五1-5])"
        r"(?:件事|条|句|个(?:记忆|消息|话题|事件|事情|回合)|次(?:发言|提到|说)).*$",
        re.DOTALL,
    ),
    re.compile(
        r"^(?P<anchor>.+?)(?:之|以)?(?P<side>后|前)面?(?:，|,)?(?:紧接着|紧挨着|紧跟着|接着|马上|立刻|随即)(?:的|又|还)?(?:是|发生|说|做|提到|讲|写).*$",
        re.DOTALL,
    ),
    re.compile(
        r"^(?:紧接着|紧挨着|紧跟着|紧接|紧挨|紧跟|就)?在?(?P<anchor>.+?)(?:之|以)?(?P<side>后|前)"
        r"(?:一|的一|的下一|的上一|的前一|的后一)(?:件事|条|个|句)(?:记忆|消息|话)?(?:是|说)?.*$",
        re.DOTALL,
    ),
    re.compile(
        r"^在?(?P<anchor>.{2,}?)(?:之|以)(?P<side>后|前)，?又?(?:发生了?(?:什么|啥)(?:事情?)?|怎么了)$", re.DOTALL
    ),
)
_FOLLOW_UP = (
    (
        re.compile(
            r"^(?:and |so |ok(?:ay)?,? )*(?:what (?:happened |came |comes |did .{1,20} (?:do|say) )?)?"
            r"(?:after (?:that|this|it)|afterwards?|then|later|next)(?: what)?(?: happened)?$"
            r"|^(?:then what|what(?:'s|’s| is) next|go on|continue)$"
        ),
        1,
    ),
    (
        re.compile(
            r"^(?:and |so |ok(?:ay)?,? )*(?:what (?:happened |came |was |about |did .{1,20} (?:do|say) )?)?"
            r"(?:right )?before (?:that|this|it)$"
        ),
        -1,
    ),
    (
        re.compile(
            r"^(?:那|那么)?(?:然后|接着|接下来|后来|之后|再后来|再然后|再往后|往后|下一[句条个])(?:呢|发生了什么|是什么|怎么样了?|怎样)?$|^继续$"
        ),
        1,
    ),
    (
        re.compile(
            r"^(?:那|那么)?(?:之前|在那之前|在此之前|再之前|前面|再往前|往前|上一[句条个])(?:呢|发生了什么|是什么)?$"
        ),
        -1,
    ),
)
_QUOTED = re.compile(r"[\"“「『《']\s*(.+?)\s*[\"”」』》']?$", re.DOTALL)


def parse_intent(text: str) -> Intent | None:
    """The place a question asks for; None when it asks by content."""
    plain = text.strip().rstrip("?？!！.。 ").strip()
    if len(plain) > 2_000:
        return None
    for pattern, shift in _FOLLOW_UP:
        if pattern.match(plain.lower()):
            return Intent("", shift)
    for pattern in _ENGLISH:
        match = pattern.match(plain)
        if match:
            steps = _COUNT[(match.groupdict().get("count") or "next").lower()]
            forward = match["side"].lower() in ("after", "following")
            return _intent(plain[match.start("anchor") : match.end("anchor")], steps if forward else -steps)
    for pattern in _CHINESE:
        match = pattern.match(plain)
        if match:
            count = match.groupdict().get("count") or "一"
            steps = _ZH_COUNT.get(count) or int(count)
            return _intent(match["anchor"], steps if match["side"] == "后" else -steps)
    return None


def _intent(anchor: str, shift: int) -> Intent | None:
    if is_time(anchor):
        return None
    quoted = _QUOTED.match(anchor)
    return Intent(quoted[1] if quoted else anchor, shift)
