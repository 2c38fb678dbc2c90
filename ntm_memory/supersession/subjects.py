"""What a statement is about: its first name, the teller, whom of somebody's own people, a thing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ntm_memory.text.words import STOP_WORDS, index_words
from ntm_memory.text.writing_systems import is_cjk

SELF = "@self"
_SELF = re.compile(r"\s*(?:i|i['’](?:m|ve|d|ll)|we|my|our)\b|\s*(?:我|咱)", re.IGNORECASE)
_IS_MINE = re.compile(r"\b(?:is|are)(?: now)? (?:my|our)\b")
_KIN = (
    r"(?:brother|sister|mother|father|mum|mom|dad|parents?|(?:grand)?(?:son|daughter)|grand(?:ma|pa|mother|father)|niece"
    r"|nephew|cousin|aunt|uncle|wife|husband|partner|boyfriend|girlfriend|friend|roommate|flatmate|boss|manager"
    r"|colleague|neighbou?r|dog|cat|company|team|car)\b"
)
_KIN_CJK = (
    r"(?:[大小二三表堂前]*[爸妈父母哥姐弟妹爷奶叔伯舅姑姨婶嫂妻]\w?|儿子|女儿|孩子|孙[子女]|侄[子女]|外甥女?|外[公婆]|岳[父母]|公公|婆婆"
    r"|老[婆公板师]|丈夫|爱人|前?[男女]?朋友|前?[男女]友|前[夫妻任]|对象|上[司级]|下[属级]|领导|同[事学]|室友|邻居|客户|学生|狗|猫|宠物|公司|团队|车)"
)
_RELATIVE = re.compile(
    rf"['’]s?\s+{_KIN}|^\s*(?:my|our)\s+(?:(?:[\w-]+\s+)?{_KIN}|[\w-]+(?=['’]s\b))|^\s*(?:我|咱)们?的?{_KIN_CJK}",
    re.IGNORECASE,
)
_RELATIVE_CJK = re.compile(rf"^[^\W\d_a-zA-Z的]{{2,4}}的新?(?P<kin>{_KIN_CJK})")
_NAME = re.compile(r"[^\W\d_a-z][\w'’.-]*(?:\s+[^\W\d_a-z][\w'’.-]*)*")
_POSSESSIVE = re.compile(r"['’]s?$")
# what may stand before the subject: when it began, whom to ring
_BEFORE = re.compile(
    r"^\s*(?:(?:since|from|as of)\s+(?:last\s+|this\s+|next\s+)?\w+(?:\s+\d{4})?,?\s+"
    r"|(?:now|today|yesterday|recently|lately|currently|these days|(?:last|this) (?:week|month|year))\b,?\s+"
    r"|[从自]?(?:[去今明]年|[上下这]个?月|[上下本这]个?周|昨天|今天|明天|最近|现在|目前|如今|\d{2,4}年"
    r"|[一二三四五六七八九十\d]{1,2}月[份初底中]?)+(?:起|开始|以来|以后)?[，,]?"
    r"|找|联系|打给|请找)",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|will|runs?|takes?|took|moved?|got|starts?|ends?|expires?|needs?|uses?|goes|went"
    r"|costs?|opens?|closes?|times|stores?|supports?|meets?)\b"
)
_THING = re.compile(r"\s*(?:[Tt]he|[Tt]his)\s+[a-z]")
# after a Chinese name of two characters; another character may be the name's third
_AFTER_NAME = frozenset(
    "的在是住有喜爱最现换会今养搬开对从由和去不用叫改把要已将跟与正新坐订吃喝学做当说想买卖老到离结跳就每"
    "租升抽戒骑常弹留体身暑一二三四五六七八九十两几曾也都没又再才还让请被给向往于为因所以前后上下回走跑读写看听打玩唱画教"
    "考毕辞退加参报选拿找带送借欠付收调转降怕恨讨希决习种戴穿染剪生病受得获拒停放交约赶飞熬醒睡吵分赢输"
)
# whom or what a Chinese statement tells of, where grammar shows where that ends: 赵敏是我的上司，其…, 读书会的…
TOPIC = re.compile(r"^(?:[^，,]+[，,](?=[其它他她])|[^，,的]+的(?=[^\W\d_a-zA-Z的是有]{1,8}(?:是|为|[:：])))")
_NAMELIKE = 3
"""Characters; in fewer, two topics that begin alike may say the same in other words: 小明住的(地方), 小明家的(地址)."""
_BEGINNING = 4


def without_relative(text: str) -> str:
    """A statement without whom of somebody's own people it is about: `Maria's brother lives` → `Maria lives`."""
    return _RELATIVE.sub("", text)


def speaks_cjk(text: str) -> bool:
    """Whether a statement begins in Chinese, Japanese or Korean, where its subject stands: as 我用ThinkPad办公 does."""
    return is_cjk(text.lstrip()[:_BEGINNING])


def subject(text: str) -> str:
    """What a statement is about: its first name, `@self`, else its first word; empty for a text without words."""
    text = _BEFORE.sub("", text)
    other = "".join(f" {relative[0].split()[-1].casefold()}" for relative in _RELATIVE.finditer(text))
    if _SELF.match(text) or _IS_MINE.search(text):
        return SELF + other
    if _THING.match(text) and (thing := _thing(text)):
        return thing
    name = next(_names(text), None)
    return next(iter(index_words(text)), "") if name is None else name + other


def words_of_subject(text: str) -> tuple[str, ...]:
    """The index words that another statement about the same holds; none for what the teller says of himself."""
    about = subject(text)
    if about.startswith(SELF):
        return ()
    return index_words(_BEFORE.sub("", text)[:2] if speaks_cjk(text) else about)


def is_named(text: str) -> bool:
    """Whether the subject is a name or the teller, not any first word."""
    return speaks_cjk(text) or _SELF.match(_BEFORE.sub("", text)) is not None or any(_names(text))


def same_subject(one: str, other: str) -> bool:
    """Whether two statements are about the same; in Chinese, which does not mark names, by how they begin."""
    if speaks_cjk(one) != speaks_cjk(other):
        return False
    one, other = _BEFORE.sub("", one), _BEFORE.sub("", other)
    if _topics_differ(one, other):
        return False
    if not speaks_cjk(one) or _SELF.match(one) or _SELF.match(other):
        return subject(one) == subject(other) != ""
    if _kin(one) != _kin(other):
        return False
    begun = begin_alike(one, other)
    name = one[:begun].find("的", 1)
    length = begun if name < 0 else name
    if length != 2 or name > 0:
        return length >= 2
    return one[2:3] in _AFTER_NAME and other[2:3] in _AFTER_NAME


def begin_alike(one: str, other: str) -> int:
    """Characters that two texts have in common at the beginning."""
    least = min(len(one), len(other))
    return next((i for i in range(least) if one[i] != other[i]), least)


def _thing(text: str) -> str:
    """`atlas` of "the deadline of project Atlas is …", `weekly` of "the weekly sync is …"; empty: it is not told."""
    phrase = _VERB.split(text, maxsplit=1)[0]
    name = next(_names(phrase), None)
    return name or next((word for word in index_words(phrase) if word not in STOP_WORDS), "")


def _names(text: str) -> Iterator[str]:
    """Runs of capitalised words that are no stop words, without possessives."""
    for run in _NAME.finditer(text):
        words = (_POSSESSIVE.sub("", word).strip(".-'’").casefold() for word in run[0].split())
        if name := " ".join(word for word in words if word and word not in STOP_WORDS):
            yield name


def _topics_differ(one: str, other: str) -> bool:
    """Whether two Chinese statements tell of things that begin alike and end otherwise: 读书交流会的, 读书研讨会的."""
    topics = [match[0].rstrip("的，,") for match in map(TOPIC.match, (one, other)) if match]
    if len(topics) < 2:
        return False
    begun = begin_alike(*topics)
    ends = [topic[begun:] for topic in topics]
    return min(map(len, ends)) >= _NAMELIKE and not (ends[0].endswith(ends[1]) or ends[1].endswith(ends[0]))


def _kin(text: str) -> str | None:
    """妹妹 of 方琳的妹妹在成都: whom of a name's own people a Chinese statement is about."""
    relative = _RELATIVE_CJK.match(text)
    return relative and relative["kin"]
