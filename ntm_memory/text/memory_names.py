"""What a memory is about, by name: its title, its speaker, or the subject its text begins with.

Facts hang together by names: one memory says who wrote the script, another, whose subject that person is, says more. A
name is found again letter by letter, so that names which are common words, or Chinese, which marks no words, are found.
"""

from __future__ import annotations

import re

from ntm_memory.text.words import STOP_WORDS, WORD, split_speaker
from ntm_memory.text.writing_systems import is_cjk

LONGEST_TITLE = 80
_ASIDE = re.compile(r"[(（][^()（）]*[)）]\s*$")
# the subject of a Chinese sentence ends where one of these begins
_VERBS = re.compile(
    r"[\s，。、；：！？,.;:!?()（）\"“”「」《》]|的|是|在|有|和|与|跟|及|属于|为|由|被|把|对|给|向|从|将|会|能|要|想|喜欢|负责|包括|包含|使用|基于|叫|也|都|了|说"
)
_PAUSES = "，。、；！？,.;:!?…"
_MOST_CHARACTERS, _MOST_WORDS = 20, 5


def name_of(text: str) -> str:
    """The name a memory can be spoken of by, in lower case; empty where its text begins with none.

    That is a short first line with more below it (without an aside in brackets at its end), else who speaks, else the
    subject: in Chinese what stands before the first verb or particle, in spaced scripts the capitalised words the text
    begins with, or its first words up to a stop word.
    """
    head, _, rest = text[: 10 * LONGEST_TITLE].strip().partition("\n")
    if rest.strip() and len(head) <= LONGEST_TITLE:
        return (_ASIDE.sub("", head).strip() or head.strip()).casefold()
    speaker, _ = split_speaker(text[: 10 * LONGEST_TITLE])
    return (speaker or _subject(head)).casefold()


def occurs(name: str, text: str) -> bool:
    """Whether a text speaks of a name; both in lower case. In spaced scripts the name stands for itself, as words.

    Args:
        name: of at least two characters, else it occurs nowhere.
        text: where to look.
    """
    if len(name) < 2:
        return False
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        if not (_joined(text, at - 1, at) or _joined(text, end - 1, end)):
            return True
        at = text.find(name, at + 1)
    return False


def _joined(text: str, left: int, right: int) -> bool:
    """Whether two neighbouring characters belong to one word of a spaced script."""
    if left < 0 or right >= len(text):
        return False
    pair = text[left], text[right]
    return all(each.isalnum() for each in pair) and not any(map(is_cjk, pair))


def _subject(line: str) -> str:
    """What a text begins with, unless it is only exclaimed ("Wow, …", "好吧，…")."""
    beginning = line[:_MOST_CHARACTERS]
    if any(map(is_cjk, beginning)):
        verb = _VERBS.search(beginning, 1)  # a verb's character at the very beginning belongs to a name
        if verb is None:
            return beginning
        return "" if verb[0] in _PAUSES else beginning[: verb.start()]
    found = _first_words(line)
    if not found or line[found[-1].end() :].lstrip()[:1] in tuple(_PAUSES):
        return ""
    return re.sub(r"['’]s$", "", line[found[0].start() : found[-1].end()])


def _first_words(line: str) -> list[re.Match[str]]:
    """The first words that are no stop words: as many as are capitalised, or up to the next stop word."""
    found: list[re.Match[str]] = []
    for word in WORD.finditer(line):
        plain = word[0].removesuffix("'s").removesuffix("’s").casefold()
        if plain in STOP_WORDS:
            if found:
                break
            continue
        capital = word[0][0].isupper() or word[0][0].isdigit()
        apart = found and line[found[-1].end() : word.start()].strip()
        if found and (apart or (found[0][0][0].isupper() and not capital)):
            break
        found.append(word)
        if len(found) == _MOST_WORDS or word[0].casefold() != plain:
            break
    return found
