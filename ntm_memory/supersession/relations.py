"""What short statements tell: of which relation, of which attribute, whether of one of several or of a change.

"Lives in" and "moved to" tell of one relation in words that share no stem, 住在 and 搬到 likewise. English and Chinese.
"""

from __future__ import annotations

import re

from ntm_memory.text.words import index_words
from ntm_memory.text.writing_systems import is_cjk

CHANGE = re.compile(
    r"\b(?:now|no longer|any ?more|these days|from now on|moved?|chang(?:ed?|es|ing)|switch(?:ed|es)?|became|renamed"
    r"|rescheduled|postponed|pushed|instead|replac(?:ed?|es|ing)|renewed|migrated|upgraded|rewritten|new|turned|sold|quit"
    r"|stopped|gave up|dropped out|broke up|took over|left|closed|raised|lowered"
    r"|increased|retired|relocated|cut|grown|grew|went (?:up|down)|rose|fell|promoted)\b"
    r"|现在|不再|[改换搬变新]|跳槽|推迟|提前|迁移|[升涨降减]|增加|扩|戒|分手|如今|重写|交给|[^过完]了",
    re.IGNORECASE,
)
# what is named or favoured is told apart by the attribute: "her dog is called", "her favourite film"
NAMED, FAVOURITE = "named", "favourite"
_PROFESSIONS = (
    "nurse|teacher|doctor|engineer|developer|programmer|designer|illustrator|artist|writer|journalist|editor|lawyer"
    "|accountant|analyst|consultant|chef|cook|baker|waiter|waitress|driver|pilot|electrician|plumber|carpenter|mechanic"
    "|scientist|researcher|professor|student|librarian|architect|photographer|musician|actor|actress|dentist|therapist"
    "|pharmacist|translator|clerk|farmer|gardener|soldier|judge|freelancer"
)
_PROFESSIONS_CJK = (
    "护士|[老教]师|医生|工程师|程序员|设计师|插画师|会计|律师|记者|编辑|司机|厨师|销售|店长|经理|主管|分析师|建筑师"
    "|警察|公务员|翻译|教授|研究员|学生|导游|柜员|乘务员"
)
# what people tell of themselves and others, in words that share no stem: "lives in" is revised by "moved to"
_TOLD = {
    relation: re.compile(pattern, re.IGNORECASE)
    for relation, pattern in {
        "home": r"\b(?:li(?:ves?|ved|ving) (?:in|at|on|with)|(?<!was )(?<!been )moved? (?:to|into|in|out|back)"
        r"|relocated|resides?|based in|home is|(?<!mail )address|apartment)\b"
        r"|住|^(?!.*把).*搬[到去]|搬家|定居|地址|常驻",
        "workplace": r"\b(?:work(?:s|ing)? (?:\w+ ){0,4}?(?:for|at)|jobs? (?:at|with|in)|employ\w+|hired|workplace"
        r"|joined (?!.*\b(?:class|course|club|gym|choir|group)\b)|left (?=[A-Z])"
        r"|switched jobs)\b|(?<![车铁交步路])上班|就职|跳槽|入职|任职|单位|工作地|[在去到][^，。]+工作",
        "role": r"\b(?:works? as|working as|jobs? (?:is|as)|career|profession|occupation|promoted)\b"
        rf"|\b(?:is|am|[’']m|became) (?:now )?an? (?:[\w-]+ )?(?:{_PROFESSIONS})\b"
        rf"|职业|(?:的|我)工作是|升职|[是当做](?:了|一[名个位])?\w{{0,4}}(?:{_PROFESSIONS_CJK})",
        "phone": r"\b(?:phone|mobile|call\w*\b.*\d{3}|number is|reached? (?:on|at))\b|电话|手机|号码|[打拨]\d{3}",
        "mail": r"\b(?:e-?mail|inbox)\b|邮箱|邮件",
        "reading": r"\b(?:reading|started (?:the )?(?:novel|book)|novel)\b|[在始改]读|[在始改]看[小《]|读完|看完|小说",
        "food": r"\b(?:eat(?:s|ing)?|dish(?:es)?|meals?|cuisine|vegetarian|vegan|diet)\b|吃(?!了)|菜|饮食|口味",
        "drink": r"\b(?:drinks?|drinking|take my (?:coffee|tea)|(?:to|from) (?:\w+ )?(?:coffee|tea))\b|喝",
        "love": r"\b(?:married|engaged|single|divorced|dating|separated|broke up)\b|结婚|订婚|单身|离婚|恋爱|对象|分手",
        "boss": r"\b(?:reports? to|manage[rs]?|boss|supervis\w+|led by|leads?|owner|owned by|in charge|took over)\b"
        r"|上司|老板|领导|负责|主管|交给",
        "school": r"\b(?:stud(?:y|ies|ied|ying)|major|degree|university|school)\b"
        r"|学校|专业|大学|就读|上学|读书|[小中]学",
        "flight": r"\b(?:flight|rebooked|boarding)\b|航班|改签|机票",
        "date": r"\b(?:deadline|due|scheduled?|rescheduled|postponed|expires?)\b|截止|期限|推迟|改到|定在|到期",
        NAMED: r"\b(?:codename|renamed|called|named|name is)\b|名字|叫|改名",
        FAVOURITE: r"\bfavou?rite|\bmost of all\b|最爱|最喜欢",
        "age": r"\b(?:years old|turned \d|age)\b|岁",
        "car": r"\b(?:drives? an?|car|vehicle)\b|[开换]了?一?辆|轿车",
        "place": r"\b(?:locker|seat|office)\b|储物柜|柜号|座位|工位|办公室",
        "password": r"\b(?:password|passcode|pin)\b|密码|口令",
        "preference": r"\b(?:prefers?|preference|mode|theme)\b|模式|偏好",
        "price": r"\b(?:rent|pays?|salary|fee|costs?|price)\b|房租|租金|工资|薪水|价格|[涨降]到",
        "commute": r"\b(?:cycles?|drives?|walks?|tram|bus|train|subway|commutes?)\b.*\bwork\b|[车铁交步路]上班|通勤",
        "version": r"\b(?:version|upgraded)\b|版|升级",
        "language": r"\b(?:written in|rewritten)\b|写的|重写",
    }.items()
}
# a change that nobody tells by the way, as "bought a new coat" or 买了 do
TURN = re.compile(
    r"\b(?:now|no longer|any ?more|these days|instead|chang\w+|switch\w+|replac\w+|stopped|quit|gave up)\b"
    r"|现在|不再|[改换]|戒|不\w{1,4}了",
    re.IGNORECASE,
)
# what may hold of several at once: who likes tea may like coffee too
SEVERAL = re.compile(
    r"\b(?:likes?|loves?|enjoys?|hates?|dislikes?|allergic|speaks?|plays|knows|collects?|has been|have been|visited|met"
    r"|bought|read|flew|went to|going to|took|sings|learning)\b(?!.*\bmost of all\b)"
    r"|(?<!最)喜欢|(?<![最恋可])爱[^人情]|讨厌|过敏|会[说弹拉做唱跳打画写开吹]|去过|要去|看过|[^过完]读了|买了|认识|收集|参加|在学",
    re.IGNORECASE,
)
_HAS = r"(?:is|are|was|has|have|had|will|expires?|ends?|starts?|needs?|got|went|rose|fell|costs?|changed|moved|runs)\b"
# "the deadline of …", "the conference fee is", "Anna's phone number is", 星河项目的截止日期是
_ATTRIBUTE = re.compile(
    rf"(?:['’]s?|\b(?:my|our|her|his|their)|\bthe(?!\s+[a-z-]+\s+{_HAS}))\s+(?:new |current |old )?"
    rf"(?P<en>[a-z][a-z -]{{1,30}}?)\s+(?:of\b|for\b|{_HAS})"
    r"|\ban?\s+(?P<held>[a-z-]+)\s+(?:called|named)\b|[个只条匹位](?P<zh_held>\w{1,3})叫"
    r"|(?:的|其|们|^我|^咱们?)新?(?P<zh>(?!现在|最爱)[^\W\d_a-zA-Z的是有]{1,8}?)"
    r"(?:现在|已经?)?(?:[是为有叫在改换变涨降减:：]|推迟|提前|增加)",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"(?P<code>[A-Za-z]+\d[\w-]*|\d\w*-[\w-]+)"
    r"|(?P<number>\d[\d.,:]*|[零一二两三四五六七八九十百千万半]+)\s*(?![点月日号年])(?P<unit>[^\W\d_]?[a-z]*|%|€|\$)"
)
_QUOTE = re.compile(r"[《“\"「]")


def relations_of(text: str) -> set[str]:
    """Which of the relations that people tell of a text speaks of."""
    return {relation for relation, told in _TOLD.items() if told.search(text)}


def attributes_of(text: str) -> set[tuple[str, ...]]:
    """What a statement names of its subject: (`phone`, `number`), 截止日期 by character."""
    found = set()
    for match in _ATTRIBUTE.finditer(text):
        english = match["en"] or match["held"]
        found.add(index_words(english) if english else tuple(match["zh"] or match["zh_held"]))
    return found - {()}


def are_one_attribute(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two attributes may be one: `number` and `phone number`, 项目 and 项目代号; not 时间 and 持续时间."""
    short, long = sorted((one, other), key=len)
    return long[: len(short)] == short if is_cjk("".join(short)) else long[-len(short) :] == short


def shapes(text: str) -> set[str]:
    """What kinds of values a text holds: `9-9`, `A9`, `9 kilos`, a title in quotes."""
    return {_shape(value) for value in _VALUE.finditer(text)} | set(_QUOTE.findall(text))


def _shape(value: re.Match[str]) -> str:
    said = value["code"] or value["number"].rstrip(".,:")
    kind = re.sub(r"[A-Za-z]+", "A", re.sub(r"\d+|[^\W\d_a-zA-Z]+", "9", said))
    return f"{kind} {value['unit'] or ''}"
