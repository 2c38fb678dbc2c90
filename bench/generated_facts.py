"""Generated everyday facts that build on each other, and questions that need one to three of them.

    python -m bench.generated_facts OUT_DIR [--seed N] [--worlds N]

Encyclopedias name what they speak of at the beginning, and nobody links them. People and agents also tell facts the
other way round ("Priya is the mentor of Jonas"), in few words, in Chinese, and sometimes with the memory a fact builds
on. Each world is a namespace of its own with some facts that nobody asks about; `builds_on` of a memory names others.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LINKED = 0.3  # share of the facts that say what they build on
REASONS = 0.12  # share of the questions whose answer is found by a link alone


@dataclass(frozen=True)
class Language:
    """What a world is made of: names by kind, and for each relation the ways to tell it (a: from, b: to)."""

    names: dict[str, Sequence[str]]
    tell: dict[str, Sequence[str]]
    ask: Sequence[tuple[str, tuple[str, ...]]]  # question about {a}, and the relations that lead to the answer
    rest: Sequence[str]
    why: Sequence[tuple[str, str, str]]  # a decision, the reason it builds on in quite other words, a question
    kinds: dict[str, tuple[str, str]] = field(default_factory=lambda: KINDS)


KINDS = {
    "wrote": ("thing", "person"),
    "mentor": ("person", "person"),
    "team": ("person", "team"),
    "boss": ("team", "person"),
    "lives": ("person", "city"),
    "host": ("city", "firm"),
    "born": ("person", "date"),
    "is a": ("topic", "topic"),
}
ENGLISH = Language(
    names={
        "person": (
            "Jonas Priya Mia Tom Anna Victor Leila Oskar Nadia Felix Carmen Igor Hana Pablo Ruth Emil Sofia Dmitri "
            "Yuki Omar Clara Bruno Ingrid Kofi Marta Sven"
        ).split(),
        "thing": (
            "deploy script,login page,billing report,backup job,search index,release checklist,onboarding guide,"
            "price calculator,mail template,test plan,data pipeline,travel policy"
        ).split(","),
        "team": "platform,payments,design,support,mobile,security,research,logistics".split(","),
        "city": "Lisbon Hamburg Osaka Turin Bergen Ghent Quito Malmö Leeds Porto".split(),
        "firm": "Novatek,Blue Heron Labs,Kestrel,Oakridge Foods,Sundial,Ferro Works".split(","),
        "date": "3 June,12 March,28 October,7 January,19 August,1 May".split(","),
        "topic": "Transformer,neural networks,deep learning,machine learning,statistics,mathematics".split(","),
    },
    tell={
        "wrote": (
            "{b} wrote the {a}",
            "The {a} was written by {b}",
            "{b} is the author of the {a}",
            "We got the {a} from {b} last spring",
        ),
        "mentor": ("{a}'s mentor is {b}", "{b} is the mentor of {a}", "{b} mentors {a} every Thursday"),
        "team": ("{a} works in the {b} team", "{a} joined the {b} team in April", "The {b} team hired {a}"),
        "boss": ("The {a} team is led by {b}", "{b} leads the {a} team", "{b} is the boss of the {a} team"),
        "lives": ("{a} lives in {b}", "{a} moved to {b} last year", "The flat of {a} is in {b}"),
        "host": ("{b} has its head office in {a}", "{a} is where {b} has its head office"),
        "born": ("{a}'s birthday is on {b}", "{a} was born on {b}", "On {b} we celebrate the birthday of {a}"),
        "is a": ("The {a} is a kind of {b}", "{a} is a part of {b}", "{b} includes {a}"),
    },
    ask=(
        ("Who wrote the {a}?", ("wrote",)),
        ("Where does {a} live?", ("lives",)),
        ("When is {a}'s birthday?", ("born",)),
        ("Who is the mentor of whoever wrote the {a}?", ("wrote", "mentor")),
        ("Who mentors the author of the {a}?", ("wrote", "mentor")),
        ("Who should review the {a}?", ("wrote", "mentor")),
        ("Who should review the {a}? Ask the mentor of its author.", ("wrote", "mentor")),
        ("In which city does the author of the {a} live?", ("wrote", "lives")),
        ("Who is {a}'s boss?", ("team", "boss")),
        ("Who leads the team that {a} works in?", ("team", "boss")),
        ("When is the birthday of {a}'s mentor?", ("mentor", "born")),
        ("Which company has its head office where {a} lives?", ("lives", "host")),
        ("When was the mentor of the person who wrote the {a} born?", ("wrote", "mentor", "born")),
        ("Where does the boss of {a} live?", ("team", "boss", "lives")),
        ("Who leads the team of whoever wrote the {a}?", ("wrote", "team", "boss")),
        ("How are {a} and {z} related?", ("is a", "is a", "is a")),
        ("What has {a} to do with {z}?", ("is a", "is a")),
    ),
    rest=(
        "The office plants are watered on Mondays", "The coffee machine on the second floor is broken",
        "The quarterly budget is reviewed by the board", "Parking is free after six", "The old printer was sold",
        "Lunch on Friday was lentil soup", "The train was forty minutes late again", "The meeting moved to Tuesday",
        "The new chairs arrive in two weeks", "Someone left an umbrella in the lobby", "The review took all afternoon",
        "The window in the kitchen does not close", "The printer paper is in the blue cupboard",
    ),
    why=(
        ("The standup moved to ten", "Half of us take the early train", "Why did the standup move?"),
        ("We chose PostgreSQL for orders", "Two writers broke the old file last winter", "Why PostgreSQL for orders?"),
        ("The beta closes on Sunday", "Support cannot answer more than fifty people", "Why is the beta closed?"),
        ("No releases on Fridays", "The outage in May lasted a whole weekend", "Why are there no releases on Fridays?"),
        ("Guests sign in at the gate", "A stranger was found in the server room", "Why do guests sign in?"),
        ("Invoices go out on the first", "The bank needs three days", "Why do invoices go out on the first?"),
        ("The logo became green", "Red looked like an error to many", "What made the logo green?"),
        ("Interviews are recorded", "Notes contradicted each other", "Why are interviews recorded?"),
    ),
)  # fmt: skip
CHINESE = Language(
    names={
        "person": "小钳 王强 李娜 老周 小美 阿杰 陈晨 刘洋 赵敏 小林 大鹏 孙悦 老吴 小雪 马超 何静 郭涛 小七".split(),
        "thing": "部署脚本 登录页面 账单报表 备份任务 搜索索引 发布清单 入职手册 报价工具 测试计划".split(),
        "team": "运维组 支付组 设计组 客服组 安全组 算法组 物流组 前端组".split(),
        "city": "杭州 成都 青岛 厦门 西安 昆明 苏州 长沙".split(),
        "firm": "星河科技 蓝鲸物流 远山食品 北斗机械 朝阳软件".split(),
        "date": "六月三日 三月十二日 十月二十八日 一月七日 八月十九日".split(),
        "topic": "Transformer 注意力机制 神经网络 深度学习 机器学习 人工智能 计算机科学".split(),
    },
    tell={
        "wrote": ("{b}写了{a}", "{a}是{b}写的", "{a}的作者是{b}", "去年春天{b}做了{a}"),
        "mentor": ("{a}的导师是{b}", "{b}是{a}的导师", "{b}每周四带{a}"),
        "team": ("{a}在{b}工作", "{a}四月加入了{b}", "{b}新来的同事是{a}"),
        "boss": ("{a}的老板是{b}", "{b}负责{a}", "{b}是{a}的负责人"),
        "lives": ("{a}住在{b}", "{a}去年搬到了{b}", "{a}的房子在{b}"),
        "host": ("{b}的总部在{a}", "{a}有{b}的总部"),
        "born": ("{a}的生日是{b}", "{a}出生于{b}", "{b}我们给{a}过生日"),
        "is a": ("{a}是一种{b}", "{a}属于{b}", "{b}包括{a}", "{a}是{b}的一个分支"),
    },
    ask=(
        ("{a}是谁写的？", ("wrote",)),
        ("{a}住在哪里？", ("lives",)),
        ("{a}的生日是哪天？", ("born",)),
        ("写{a}的人的导师是谁？", ("wrote", "mentor")),
        ("谁应该审查{a}？", ("wrote", "mentor")),
        ("谁应该审查{a}？问作者的导师。", ("wrote", "mentor")),
        ("{a}的作者住在哪个城市？", ("wrote", "lives")),
        ("{a}的老板是谁？", ("team", "boss")),
        ("{a}所在的组由谁负责？", ("team", "boss")),
        ("{a}的导师生日是哪天？", ("mentor", "born")),
        ("{a}住的城市有哪家公司的总部？", ("lives", "host")),
        ("写{a}的人的导师是哪天出生的？", ("wrote", "mentor", "born")),
        ("{a}的老板住在哪里？", ("team", "boss", "lives")),
        ("写{a}的人在的组由谁负责？", ("wrote", "team", "boss")),
        ("{a}和{z}是什么关系？", ("is a", "is a", "is a")),
        ("{a}跟{z}有什么关系？", ("is a", "is a")),
    ),
    rest=(
        "周末去公园跑步", "会议室的投影仪坏了，下周才能修好", "我们决定用 PostgreSQL 存储订单数据", "二楼的咖啡机坏了",
        "星期五午饭吃了红烧肉", "火车又晚点了四十分钟", "会议改到星期二", "新椅子两周后到", "打印纸在蓝色柜子里",
        "有人把雨伞忘在大厅了", "季度预算由董事会审查", "停车场六点以后免费",
    ),
    why=(
        ("晨会改到十点", "一半的人要赶早班火车", "晨会为什么改时间？"),
        ("周五不发布新版本", "五月那次故障持续了整个周末", "为什么周五不发布？"),
        ("访客要在门口登记", "有陌生人进过机房", "访客为什么要登记？"),
        ("发票每月一号寄出", "银行需要三天时间", "发票为什么一号寄？"),
        ("图标换成了绿色", "很多人觉得红的像出错", "图标怎么换成绿色了？"),
        ("面试都要录音", "大家的笔记互相矛盾", "面试为什么录音？"),
    ),
)  # fmt: skip


class World:
    """Facts of one namespace, told as they are needed, and questions about them."""

    def __init__(self, language: Language, name: str, chance: random.Random) -> None:
        self.name = name
        self._language = language
        self._chance = chance
        self._left = {kind: chance.sample(names, len(names)) for kind, names in language.names.items()}
        self._topics = list(language.names["topic"])
        self._why = chance.sample(language.why, len(language.why))
        self._to: dict[tuple[str, str], tuple[str, int]] = {}
        self.facts: list[dict] = []
        self.questions: list[dict] = []

    def ask(self) -> None:
        """One more question, with the facts that answer it."""
        if self._why and self._chance.random() < REASONS:
            decision, reason, question = self._why.pop()
            basis = self._tell(reason, [])
            self._put(question, [basis, self._tell(decision, [basis], linked=1.0)], "link")
            return
        text, relations = self._chance.choice(self._language.ask)
        kind = self._language.kinds[relations[0]][0]
        start = self._start(kind, len(relations))
        if start is None:
            return
        here, gold = start, []
        for relation in relations:
            step = self._follow(here, relation, gold[-1:])
            if step is None:
                return
            here, number = step
            gold.append(number)
        self._put(text.format(a=start, z=here), gold, f"{len(relations)} hop")

    def close(self) -> None:
        """Facts nobody asks about, in both languages; then everything in some order."""
        for language in (ENGLISH, CHINESE):
            least = 4 if language is self._language else 0
            for text in self._chance.sample(language.rest, self._chance.randint(least, len(language.rest))):
                self._tell(text, [])
        self._chance.shuffle(self.facts)

    def _put(self, query: str, gold: Sequence[int], category: str) -> None:
        ids = [f"{self.name}-{number}" for number in gold]
        if all(query != question["query"] for question in self.questions):
            qid = f"{self.name}-q{len(self.questions)}"
            self.questions.append({"qid": qid, "conv": self.name, "query": query, "gold": ids, "category": category})

    def _start(self, kind: str, length: int) -> str | None:
        if kind == "topic":
            return self._topics[self._chance.randrange(len(self._topics) - length)]
        known = [here for (here, relation), _ in self._to.items() if self._language.kinds[relation][0] == kind]
        return self._chance.choice(known) if known and self._chance.random() < 0.3 else self._new(kind)

    def _new(self, kind: str) -> str | None:
        return self._left[kind].pop() if self._left[kind] else None

    def _follow(self, here: str, relation: str, before: list[int]) -> tuple[str, int] | None:
        if (here, relation) not in self._to:
            kind = self._language.kinds[relation][1]
            topic = kind == "topic"
            there = self._topics[self._topics.index(here) + 1] if topic else self._new(kind)
            if there is None:
                return None
            telling = self._chance.choice(self._language.tell[relation]).format(a=here, b=there)
            self._to[here, relation] = there, self._tell(telling, before)
        return self._to[here, relation]

    def _tell(self, text: str, before: list[int], linked: float = LINKED) -> int:
        basis = [f"{self.name}-{number}" for number in before if self._chance.random() < linked]
        number = len(self.facts)
        fact = {"id": f"{self.name}-{number}", "conv": self.name, "session": None, "time": None, "speaker": text}
        self.facts.append(fact | {"text": text, "builds_on": basis})
        return number


def make(seed: int, worlds: int, write: Callable[[str, list[dict]], None]) -> None:
    """`worlds` small worlds, half of them Chinese."""
    chance = random.Random(seed)
    memories: list[dict] = []
    questions: list[dict] = []
    for number in range(worlds):
        language = CHINESE if number % 2 else ENGLISH
        world = World(language, f"{'zh' if number % 2 else 'en'}{seed}-{number}", chance)
        for _ in range(chance.randint(3, 12)):
            world.ask()
        world.close()
        memories += world.facts
        questions += world.questions
    write("memories.jsonl", memories)
    write("queries.jsonl", questions)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--worlds", type=int, default=40)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)

    def write(name: str, rows: list[dict]) -> None:
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (args.out / name).write_text(text, encoding="utf-8")

    make(args.seed, args.worlds, write)


if __name__ == "__main__":
    main()
