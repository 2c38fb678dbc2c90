"""Texts that broke embedders elsewhere, and many ordinary ones, for comparing two implementations."""

from __future__ import annotations

import random

from bench.prior import prior_sentences

ODD = [
    "",
    " ",
    "\0",
    "\0\0before and after\0",
    "\ud800",
    "half a pair \udc00 in the middle",
    "ﷺ" * 50,
    "😀",
    "👩‍👩‍👧‍👦 family, 🇨🇳 flag, 👍🏽 skin tone",
    "🀄🀄🀄 𓀀𓀁𓀂 \U0010ffff",
    "“Curly” ‘quotes’, «guillemets», „German“ — dashes – and … dots",
    "《书名》、「引号」，“双引号”；全角：！？（）【】",
    "ｆｕｌｌ　ｗｉｄｔｈ　１２３",
    "line\nbreaks\r\nand\ttabs\x0b and \x01 control \x7f characters",
    "  leading,   inner    and trailing   ",
    "zero\u200bwidth\u200dand\ufeffmarks\u2060here",
    "e\u0301 combining, Å ångström, ﬁ ligature, ½ ² ℃",
    "مرحبا بالعالم שלום עולם नमस्ते दुनिया สวัสดีชาวโลก",
    "Straße, naïve café, Ελληνικά, Русский, Türkçe, Tiếng Việt, 日本語テキスト, 한국어 텍스트",
    "▁ the ▁tokenizer's own mark ▁▁",
    "https://example.org/a?b=c&d=%20#e  C:\\Windows\\system32  /usr/local/bin",
    "def f(x: int) -> int:\n    return x ** 2  # 平方",
    "x" * 300,
    "4711 47-11 4,711.00 ４７１１ 四千七百一十一",
    "!!!???...,,,;;;:::",
]
LONG = ["The quick brown fox jumps over the lazy dog. " * 80, "米娅每天早上喝绿茶，然后走路去上班。" * 60, "ab1" * 700]

_WHO = ["Mia", "my brother", "Dr. Okafor", "the client", "Grandpa", "our team lead", "Yuki", "the landlord"]
_DID = ["bought", "lost", "repaired", "promised me", "asked about", "painted", "sold", "wants"]
_WHAT = ["a red bicycle", "the house keys", "two tickets to Lima", "an old piano", "the API token", "three kittens"]
_WHEN = ["yesterday", "on 4 May 2023", "at half past nine", "last winter", "before the meeting", "every Sunday"]
_谁 = ["米娅", "我弟弟", "欧医生", "客户", "外公", "组长", "由纪", "房东"]
_时 = ["昨天", "二〇二三年五月四日", "九点半", "去年冬天", "开会以前", "每个星期天"]
_做 = ["买了", "丢了", "修好了", "答应给我", "问起", "画了", "卖掉了", "想要"]
_物 = ["一辆红色自行车", "家里的钥匙", "两张去利马的票", "一架旧钢琴", "接口令牌", "三只小猫"]


def ordinary(count: int, seed: int = 1) -> list[str]:
    """`count` English and `count` Chinese sentences, hand-written ones first, then from templates."""
    chance = random.Random(seed)
    pick = chance.choice
    english = [f"{pick(_WHO)} {pick(_DID)} {pick(_WHAT)} {pick(_WHEN)}, {pick(_WHO)} knows." for _ in range(count)]
    chinese = [f"{pick(_时)}{pick(_谁)}{pick(_做)}{pick(_物)}，{pick(_谁)}也知道。" for _ in range(count)]
    return [*(prior_sentences("en") + english)[:count], *(prior_sentences("zh") + chinese)[:count]]
