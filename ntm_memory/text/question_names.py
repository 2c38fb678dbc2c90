"""Who or what a question names: "Elena Brandt", "李雨桐". Facts about two people may differ in nothing but their names.

Spaced scripts capitalise names; Chinese ones begin with a
surname, or with 小, 老, 阿. What is taken for a name and is none does little harm: a memory that holds these words
together still holds what the question says.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from ntm_memory.text.words import STOP_WORDS, WORD, index_words, tells_time
from ntm_memory.text.writing_systems import is_cjk

MOST = 8
_OPENERS = frozenset(
    "tell show list name give find explain describe remind summarize summarise recall please compare whose has hey hi "
    "hello ok okay yes no also besides".split()
)
_SURNAMES = (
    "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|司徒|令狐|夏侯|端木|"
    "[王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜"
    "范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙雷钱汤尹黎易武乔贺赖龚庞樊兰殷施陶洪翟安颜倪严牛温芦俞章鲁葛伍韦申尤毕"
    "聂丛焦柳邢岳齐梅莫庄辛祝涂祁舒耿牟卜肖詹关苗凌费纪靳盛童欧甄项曲裴席卫屈鲍覃霍翁隋甘柏宁柯阮桂闵柴华冉喻尚褚窦奚郎滕应]"
)
# what no given name begins with, and what no longer belongs to one: 李想 is a name, but 王芳想吃 begins with 王芳
_NO_FIRST = r"\W\da-zA-Z_的是在有和与跟及了吗呢吧什怎哪谁几多这那们时"
_NO_SECOND = _NO_FIRST + "为由被把对给向从将会能要想喜最也都说去来到住用叫打买订过就还曾今昨前后上下又不没吃喝坐看等"
_PERSON = re.compile(rf"(?:{_SURNAMES})[^{_NO_FIRST}][^{_NO_SECOND}]?|[小老阿][^{_NO_FIRST}]")


def names_within(text: str) -> list[tuple[str, ...]]:
    """The index words of each name, of the first `MOST` names."""
    found = (match[0] for match in _PERSON.finditer(text)) if is_cjk(text) else _capitalised(text)
    words = (tuple(dict.fromkeys(index_words(name))) for name in itertools.islice(found, MOST))
    return list(dict.fromkeys(each for each in words if each))


def _capitalised(text: str) -> Iterator[str]:
    """Capitalised words, joined where nothing but a space stands between them; what merely opens a sentence is none."""
    name, end = "", -1
    for word in WORD.finditer(text):
        plain = re.sub(r"['’]s$", "", word[0])
        if not plain[0].isupper() or plain.casefold() in STOP_WORDS or tells_time(plain) or _opens(text, word):
            continue
        if name and text[end : word.start()] == " ":
            name = f"{name} {plain}"
        else:
            if name:
                yield name
            name = plain
        end = word.end() - len(word[0]) + len(plain)
    if name:
        yield name


def _opens(text: str, word: re.Match[str]) -> bool:
    """Whether a word only begins a sentence or a clause, as in "Tell me"."""
    return word[0].casefold() in _OPENERS and text[: word.start()].rstrip()[-1:] in ("", *".!?,;:")
