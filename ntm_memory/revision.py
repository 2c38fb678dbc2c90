"""Whether a statement plainly revises an older one: the same subject, the same thing told of it, told anew.

"Anna moved to Berlin" revises "Anna lives in Paris"; "Anna plays the cello" does not. Read from the two texts and the
likeness of their keys; the weights are learned by `bench/fit_revision.py`.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Iterator

from ntm_memory.likeness import likeness
from ntm_memory.recall.words import ASKS, SPOKEN, STOP_WORDS, index_words, is_cjk, marks

LONGEST, LONGEST_CJK = 240, 60
"""Characters; a longer text tells more than one thing."""
SURE, LIKELY = 0.4, 0.2
"""A memory is revised by a chance of SURE, and the likeliest one by LIKELY: a new statement revises one thing first."""

# bias, centred cosine, shared words, likeness, values of one shape, a word of change, Chinese/Japanese/Korean,
# a relation in common, two different relations, the attribute named alike, two different names of an attribute
WEIGHTS = (-4.56, 2.63, 2.64, 0.62, 1.9, 2.32, -0.56, 4.45, -2.03, -0.39, -1.62)

# which of them say, without a name, that both tell of one thing: a word of change, an attribute
_TELLING = operator.itemgetter(5, 9)
# which of them say that both tell of one thing: a relation, an attribute
_OF_ONE_THING = operator.itemgetter(7, 9)

_SENTENCES = re.compile(r"[a-z\d]{3}[.!?]\s+[A-Z]|[。！？；]\s*\w|\n\s*\S")

SELF = "@self"
_SELF = re.compile(r"\s*(?:i|i['’](?:m|ve|d|ll)|we|my|our)\b|\s*(?:我|咱)", re.IGNORECASE)
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
    rf"['’]s?\s+{_KIN}|^\s*(?:my|our)\s+(?:[\w-]+\s+)?{_KIN}|^\s*(?:我|咱)们?的?{_KIN_CJK}", re.IGNORECASE
)
_RELATIVE_CJK = re.compile(rf"^[^\W\d_a-zA-Z的]{{2,4}}的新?(?P<kin>{_KIN_CJK})")
_NAME = re.compile(r"[^\W\d_a-z][\w'’.-]*(?:\s+[^\W\d_a-z][\w'’.-]*)*")
_POSSESSIVE = re.compile(r"['’]s?$")
_ADDRESSED = re.compile(r"^\s*(?:找|联系|打给|请找)")
# after a Chinese name of two characters; another character may be the name's third
_AFTER_NAME = frozenset(
    "的在是住有喜爱最现换会今养搬开对从由和去不用叫改把要已将跟与正新坐订吃喝学做当说想买卖老到离结跳就每"
)
_CHANGE = re.compile(
    r"\b(?:now|no longer|any ?more|these days|moved?|chang(?:ed?|es|ing)|switch(?:ed|es)?|became|renamed|rescheduled"
    r"|instead|replac(?:ed?|es|ing)|migrated|upgraded|new|turned|sold|quit|stopped)\b"
    r"|现在|不再|改|换|搬|变|新|跳槽|推迟|提前|迁移|升级|了",
    re.IGNORECASE,
)
# what people tell of themselves and others, in words that share no stem: "lives in" is revised by "moved to"
_RELATIONS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:li(?:ves?|ved|ving) (?:in|at|on|with)|moved? (?:to|into|in|out|back)|relocated|resides?|based in|home is"
        r"|address|apartment)\b|住|搬到|搬去|搬家|定居|地址",
        r"\b(?:works? (?:for|at|as)|working (?:for|at|as)|jobs?|employ\w+|joined|hired|career|profession|occupation)\b"
        r"|上班|就职|跳槽|入职|任职|工作|职业|辞职",
        r"\b(?:phone|mobile|call\w*\b.*\d{3}|number is|reached? (?:on|at))\b|电话|手机|号码|[打拨]\d{3}",
        r"\b(?:e-?mail|inbox)\b|邮箱|邮件",
        r"\b(?:read(?:s|ing)?|novel|book)\b|读|看完|小说|[《]",
        r"\b(?:eat(?:s|ing)?|dish(?:es)?|meals?|food|cuisine|vegetarian|vegan|diet)\b|吃|菜|饮食|口味",
        r"\b(?:drinks?|drinking|coffee|tea)\b|喝|咖啡|茶",
        r"\b(?:married|engaged|single|divorced|dating|separated)\b|结婚|订婚|单身|离婚|恋爱|对象",
        r"\b(?:reports? to|manage[rs]?|boss|supervis\w+|led by|leads?|owner|in charge)\b|上司|老板|领导|负责|主管",
        r"\b(?:stud(?:y|ies|ied|ying)|major|degree|university|school)\b|学校|专业|大学|就读|上学",
        r"\b(?:flight|rebooked|boarding)\b|航班|改签|机票",
        r"\b(?:deadline|due|scheduled?|rescheduled|postponed|takes place)\b|截止|期限|推迟|改到",
        r"\b(?:codename|renamed|called|named|name is)\b|名字|叫|改名",
        r"\b(?:years old|turned \d|age)\b|岁",
        r"\b(?:drives?|car|bike|vehicle)\b|开车|辆|轿车",
        r"\b(?:locker|drawer|desk|seat)\b|柜|座位|工位",
        r"\b(?:password|passcode|pin)\b|密码|口令",
        r"\b(?:prefers?|preference|mode|theme)\b|模式|偏好",
    )
]
# "the deadline of … is", "Anna's phone number is", 星河项目的截止日期是
_ATTRIBUTE = re.compile(
    r"(?:['’]s?|\b(?:the|my|our|her|his|their))\s+(?P<en>[a-z][a-z -]{1,30}?)\s+"
    r"(?:of|is|are|was|has|have|will|expires?|ends?|starts?|needs?|got)\b"
    r"|(?:的|^我|^咱们?)(?P<zh>[^\W\d_a-zA-Z的是有]{1,8}?)(?:现在|已经?)?(?:是|为|有|叫|在|改|换|变|推迟|提前|[:：])",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_VALUE = re.compile(r"[A-Za-z0-9]*\d[\w-]*")
_QUOTE = re.compile(r"[《“\"「]")


def is_statement(text: str) -> bool:
    """Whether a text may tell one thing of one subject: one short sentence, no turn of a talk, no question."""
    longest = LONGEST_CJK if is_cjk(text[: LONGEST + 1]) else LONGEST
    return len(text) <= longest and not _SENTENCES.search(text) and not {SPOKEN, ASKS} & set(marks(text))


def subject(text: str) -> str:
    """What a statement is about: its first name, `@self`, else its first word; empty for a text without words."""
    relative = _RELATIVE.search(text)
    other = " " + relative[0].split()[-1].casefold() if relative else ""
    if _SELF.match(text):
        return SELF + other
    name = next(_names(text), None)
    return next(iter(index_words(text)), "") if name is None else name + other


def _names(text: str) -> Iterator[str]:
    """Runs of capitalised words that are no stop words, without possessives."""
    for run in _NAME.finditer(text):
        words = (_POSSESSIVE.sub("", word).strip(".-'’").casefold() for word in run[0].split())
        if name := " ".join(word for word in words if word and word not in STOP_WORDS):
            yield name


def same_subject(one: str, other: str) -> bool:
    """Whether two statements are about the same; in Chinese, which does not mark names, by how they begin."""
    if is_cjk(one) != is_cjk(other):
        return False
    one, other = _ADDRESSED.sub("", one), _ADDRESSED.sub("", other)
    if not is_cjk(one) or _SELF.match(one) or _SELF.match(other):
        return subject(one) == subject(other) != ""
    if _kin(one) != _kin(other):
        return False
    begun = _begins_alike(one, other)
    name = one[:begun].find("的", 1)
    length = begun if name < 0 else name
    if length != 2 or name > 0:
        return length >= 2
    return one[2:3] in _AFTER_NAME and other[2:3] in _AFTER_NAME


def _kin(text: str) -> str | None:
    """妹妹 of 方琳的妹妹在成都: whom of a name's own people a Chinese statement is about."""
    relative = _RELATIVE_CJK.match(text)
    return relative and relative["kin"]


def chance(old: str, new: str, cosine: float) -> float:
    """How likely `new` revises `old`, 0–1, given that both are about the same subject.

    Args:
        old: the older statement.
        new: the newer one.
        cosine: of their centred keys.
    """
    years = [set(_YEAR.findall(text)) for text in (old, new)]
    seen = signals(old, new, cosine)
    if all(years) and not years[0] & years[1] and not (_CHANGE.search(new) and any(_OF_ONE_THING(seen))):
        return 0.0  # what happened in another year is another event
    if not (_is_named(old) or any(_TELLING(seen))):
        return 0.0  # "note one", "note two": alike, but nothing says that they tell of one thing
    return 1 / (1 + math.exp(-sum(weight * value for weight, value in zip(WEIGHTS, seen, strict=True))))


def _is_named(text: str) -> bool:
    """Whether the subject is a name or the teller, not any first word."""
    return is_cjk(text) or _SELF.match(text) is not None or any(_names(text))


def signals(old: str, new: str, cosine: float) -> tuple[float, ...]:
    """What the chance is drawn from, in the order of `WEIGHTS`; arguments as for `chance`."""
    said, told = _about(old, new), _about(new, old)
    shared = len(said & told) / max(1, min(len(said), len(told)))
    shaped = bool(_shapes(old) & _shapes(new))
    changes = len(_CHANGE.findall(new)) > len(_CHANGE.findall(old))
    relations = [_relations(_RELATIVE.sub("", text)) for text in (old, new)]
    related = bool(relations[0] & relations[1])
    unrelated = all(relations) and not related
    attributes = [_attributes(text) for text in (old, new)]
    alike = bool(attributes[0] & attributes[1])
    unlike = all(attributes) and not alike
    return (
        1.0,
        cosine,
        shared,
        likeness(old, new),
        float(shaped),
        float(changes),
        float(is_cjk(old)),
        float(related),
        float(unrelated),
        float(alike),
        float(unlike),
    )


def _relations(text: str) -> set[int]:
    """Which of the relations that people tell of a text speaks of."""
    return {number for number, relation in enumerate(_RELATIONS) if relation.search(text)}


def _attributes(text: str) -> set[str]:
    """The words by which a statement names what it tells: `phone number`, 截止日期."""
    named = (match["en"] or match["zh"] for match in _ATTRIBUTE.finditer(text))
    return {word for name in named for word in index_words(name)}


def _about(text: str, other: str) -> set[str]:
    """The index words of a statement without those of its subject."""
    if is_cjk(text):
        return set(index_words(text[max(_begins_alike(text, other) - 1, 0) :]))
    return set(index_words(text)) - set(index_words(subject(text)))


def _begins_alike(one: str, other: str) -> int:
    """Characters that two texts have in common at the beginning."""
    least = min(len(one), len(other))
    return next((i for i in range(least) if one[i] != other[i]), least)


def _shapes(text: str) -> set[str]:
    """What kinds of values a text holds: `999-9999`, `AA9999`, a title in quotes."""
    values = (re.sub(r"[A-Za-z]", "A", re.sub(r"\d", "9", value)) for value in _VALUE.findall(text))
    return set(values) | set(_QUOTE.findall(text))
