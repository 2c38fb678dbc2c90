"""`install.py --demo`: a dozen memories in two languages, five questions, printed for people."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from _setup.scripts import Scripts

MEMORIES = (
    "Mia prefers green tea to coffee, without sugar",
    "The staging database was moved to port 5433 on Tuesday",
    "Our weekly planning meeting is on Monday at half past nine",
    "Grandma's dumpling recipe: pork, chives, a spoonful of sesame oil",
    "Tom is allergic to peanuts, so no satay sauce at the party",
    "The Lisbon flight leaves at 6:40, terminal 2",
    "今天和老大讨论了认知天性",
    "小美的生日是六月三日，她喜欢向日葵",
    "服务器的备份每天凌晨两点开始",
    "爸爸的膝盖不好，爬山要选缓坡",
    "新办公室的无线网络叫晨星",
    "孩子们下周三去自然博物馆春游",
)
QUESTIONS = (
    "Which port does the staging database use?",
    "What must we not serve to Tom?",
    "小美喜欢什么花？",
    "认知天性",
    "几点开始备份服务器？",
)
SHOWN = 3


def demonstrate(skill: Path, environment: Path) -> Iterator[str]:
    """Lines for people, as the answers come in.

    Args:
        skill: folder of the skill to show.
        environment: folder of the Python environment.
    """
    with tempfile.TemporaryDirectory(prefix="ntm-memory-demo-") as home:
        scripts = Scripts(skill, environment, home)
        lines = "\n".join(json.dumps({"content": content}, ensure_ascii=False) for content in MEMORIES)
        stored, seconds = scripts.call("memorize", ["--jsonl", "-"], lines)
        yield f"memorized {stored['created']} memories in {seconds:.1f} s"
        for question in QUESTIONS:
            answer, seconds = scripts.call("recall", ["-", "--top-k", str(SHOWN)], question)
            yield f"\n? {question}   ({seconds:.2f} s, a whole process)"
            for memory in answer["memories"]:
                yield f"  {memory['weight']:6.1%}  {memory['content']}"
            if not answer["memories"]:
                yield f"  {answer['reason']}"
