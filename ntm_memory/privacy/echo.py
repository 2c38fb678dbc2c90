"""Whether a text is an echo: memories that were printed and come back, with nothing new beside them.

A text is an echo where memories that are there already tell all of it. Each memory that stands in it whole, word for
word, is cut out, then what our own printing adds to a memory (its id, key, tags, dates). What is left is either words
that only present what was recalled ("According to my notes, …") or something new: `privacy.framing` has learned to
tell. A memory with one word changed is not cut out, so that a correction, a number or a "not" is always left over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ntm_memory.privacy.framing import ASKED, ASKED_AFTER, Framing, Leftover
from ntm_memory.privacy.recoded import decoded, joined, without_line_starts
from ntm_memory.text.printable import printable
from ntm_memory.text.writing_systems import CJK

LEAST_WORDS = 4
"""So many words the memories of an echo have together at least; fewer are said by chance."""
LONGEST = 50_000
"""Characters; what is longer is nothing that recall prints for a prompt."""
ID = re.compile(r"(?:\b|(?<=\\[nrt]))m_[2-9a-z]{10}\b")
FIELDS = frozenset(
    """ok query prompt read memories answer_memories memory previous id address key content weight score
    position created_at occurred_at updated_at last_read_at session namespace importance retention strength tags
    source trust kind version superseded_by chance truncated steps confidence reason explanation took_ms related
    relation marked action reads links target state hops chain why by features erased restored restorable
    retention_before retention_after dry_run text count form used unused created updated unchanged failed ids
    line code message hints also warnings similar_keys secrets field at more until holding retracted
    backups_purged backups_holding damaged_purged damaged_holding mirrors_purged mirrors_holding files_holding
    tombstones told last_told omitted further naming name shown namespaces total stored first last next sort
    maybe_secret settings sound taken_back""".split()
)
"""The names in what our commands print as JSON; a test holds them to the answers' own."""
_VALUES_OF_OURS = "query|reason|(?:created|occurred|updated|last_read)_at|relation|why|action|state|superseded_by|until"
_MARKED = re.compile(rf"\[\s*{ID.pattern}\s*\]|{ID.pattern}")  # empty brackets are the box of a task
_STRING = r'"(?:[^"\\]|\\.)*(?:"|$)'
_VALUE = re.compile(rf'"(?:{_VALUES_OF_OURS})"\s*:\s*{_STRING}')
_PLAIN_VALUE = r"-?\d[\d.eE+-]*|true\b|false\b|null\b|\[\s*\]|\{\s*\}"
_FIELD = re.compile(rf'"(?:{"|".join(sorted(FIELDS))})"\s*:\s*(?:{_PLAIN_VALUE})?')
_ID, _DAY = "m_[2-9a-z]{10}", r"\d{4}-\d\d-\d\d"
_NAME = r'"(?:[^"\\\n]|\\.){1,600}"|[^\W\d_][\w.:/@+-]{0,499}'
_REVISED = f"perhaps revised by {_ID}"
_TOLD = rf"told \d+ times, last {_DAY}"
_MARKS = rf"(?: until {_DAY})?(?: {_REVISED})?(?: also {_ID}(?:,{_ID})*)?(?: {_TOLD})?(?: cut)?"
_SURE = r"[01]?\.\d\d|\d{1,3}%"
_LINE = re.compile(
    rf"\[{_ID}, {_DAY}(?:, (?:tool|import|agent|person)(?:, key (?P<key>{_NAME}))?(?:, from [^\]\n]{{0,120}}?)?)?"
    rf"(?:, (?:chance|weight) (?:{_SURE}))?(?:, until {_DAY})?(?:, {_REVISED})?(?:, {_TOLD})?\]"
    rf"|(?<![\w-]){_ID} {_DAY}(?: (?P<named>{_NAME}))?(?: by (?:tool|import|person))?"
    rf"(?:(?: (?:{_SURE}))?{_MARKS}(?=  )| (?:{_SURE}){_MARKS}(?=\s))"
    rf"|^[ \t]*\d+(?:\.\d+)?%(?=\s+{_ID}\b)|\({_REVISED}\)"
    rf"|^path: {_ID}(?: → (?:link|name|words|likeness)\b[^\n]{{0,200}}? → {_ID})*"
    r"|\bconfidence [01]?\.\d+(?:, not sure)?"
    r"(?:, (?:\d+ more|more: \d+ further|(?:all|shown \d+ of) \d+ that name [^\n]{1,400}?))?"
    r"(?:, cut ones whole: --from ID --max-chars \d+)?"
    r"(?:, \d+ ms)?[ \t]*$"
    r"|^[\d,]+(?:-[\d,]+)? of [\d,]+ shown in [^\n]{1,600}$",
    re.MULTILINE,
)
"""What `--format text` and `--format context` print around a memory; a key in it may be news."""
_TORN_HEAD = re.compile(r"\[m_[2-9a-z]{0,10}(?:, [\d-]{0,10}(?:, \w{0,10})?)?\]?\s*(?:…|\.{3})?$")
"""Where a text ends in the midst of what stands before a memory."""
_TORN_END = re.compile(r'[{,]\s*"?[a-z_]{0,20}"?\s*:?\s*"?[\d:.TZ-]*$')
_FENCE = re.compile(r"<\\?\s*/?\s*recalled-memories[^>\n]{0,200}>?", re.IGNORECASE)
_PART_OF_ID = re.compile(r"\bm_[2-9a-z]{2,10}(?![\w])")
_TOKEN = re.compile(
    rf"{ASKED}|\.\.\.+|\d{{4}}-\d\d-\d\d[Tt]\d[\d:.]*\d[Zz]?|\d+(?:[-.,:/]\d+)*%?"
    rf"|[{CJK}]|[^\W\d_{CJK}]+|~~|\[ \]|(?<!\w)-(?=\d)"
    "|[?+#$&=<>@^/×÷€£¥\u2190-\u2bff\U0001f000-\U0001faff]"
)
_QUESTION = re.compile(r"(?:(?<=[.!?。！？\n:：])|^)[^.!?。！？\n:：]{2,200}[?？]", re.MULTILINE)
_INSIDE = re.compile(r"(?<=\w)['’](?=\w)")
_TAG = re.compile(r"</?([\w-]{1,30})>")
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_MONTHS = "January February March April May June July August September October November December".split()
_LINE_END = re.compile(r"\\[nrt]")
_CUT, _GAP, _BOUND = "...", "\x00", "\x1f"
_LEAST_CUT = 3


@dataclass(frozen=True)
class KnownMemory:
    """A memory that may have been printed.

    Args:
        id: of it.
        content: what it says.
        about: what is printed beside it: key, tags, source, session, dates.
    """

    id: str
    content: str
    about: tuple[str, ...] = ()


class Echo(NamedTuple):
    """What an echo tells again.

    Args:
        ids: the memories, in the order in which they stand in the text.
        alone: the text is one memory's own words and nothing else: a fact told again.
        printed: it has ids, tags or field names of our own printing.
    """

    ids: tuple[str, ...]
    alone: bool
    printed: bool


class _Page(NamedTuple):
    """A text without what our printing adds.

    Args:
        text: the rest.
        is_print: whether there was anything of it.
        is_json: whether it was our JSON.
    """

    text: str
    is_print: bool
    is_json: bool


def echo_in(text: str, known: Sequence[KnownMemory], framing: Framing) -> Echo | None:
    """What a text echoes; None where it says something that these memories do not.

    Args:
        text: what is told.
        known: memories that may stand in it.
        framing: tells words that present memories from words that say something.
    """
    if not known or len(text) > LONGEST:
        return None
    found = _echo_in(text, known, framing)
    for whole in joined(text) if found is None else ():
        found = found or _echo_in(whole, known, framing)
    return found


def _echo_in(text: str, known: Sequence[KnownMemory], framing: Framing) -> Echo | None:
    page = _without_print(text, [memory.id for memory in known])
    found = _cut_out(tokens(_without_questions(page.text, known)), known, may_be_cut=page.is_print)
    if found is None:
        return None
    left, whole, words = found
    if words < LEAST_WORDS and not page.is_print:
        return None
    named = set(ID.findall(text))
    spans = _without_about(left, [known[i] for i in whole] + [each for each in known if each.id in named])
    ids = tuple(known[i].id for i in whole)
    if not any(spans):
        return Echo(ids, len(whole) == 1 and not page.is_print, page.is_print)
    told = {token for i in whole for token in tokens(known[i].content)}
    leftover = Leftover(spans, told, len(whole), words, page.is_print)
    return Echo(ids, False, page.is_print) if framing.only_presents(leftover) else None


def tokens(text: str) -> list[str]:
    """Words, numbers, single Chinese characters and signs that mean something, the first letters in small."""
    plain = _INSIDE.sub("", unicodedata.normalize("NFKC", text))
    return [each[:1].lower() + each[1:] for each in _TOKEN.findall(plain)]


def _without_print(text: str, ids: Sequence[str]) -> _Page:
    """A text without our tags, ids and names of JSON fields."""
    text = _LINE_END.sub("\n", text) if ID.search(text) else text  # as a log writes the ends of our lines
    plain, fences = _FENCE.subn(" ", without_line_starts(printable(decoded(text))))
    plain = _TORN_HEAD.sub(" ", plain) if ID.search(plain) else plain
    plain, heads = _LINE.subn(_id_and_key, plain)
    values = _VALUE.subn(" ", plain)
    named = _FIELD.subn(" ", values[0])
    is_json = values[1] + named[1] > 1
    if is_json:
        plain = _TORN_END.sub(" ", named[0]) if not named[0].rstrip().endswith(("}", "]", "`")) else named[0]
        plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), plain)
    plain, marks = _MARKED.subn(" ", plain)
    plain = _LINE_END.sub(" ", plain) if marks or is_json else plain
    plain = _TAG.sub(r" \1 ", plain)

    def part(match: re.Match[str]) -> str:
        return " " if any(id.startswith(match[0]) for id in ids) else match[0]

    return _Page(_PART_OF_ID.sub(part, plain), bool(fences or heads or marks or is_json), is_json)


def _id_and_key(head: re.Match[str]) -> str:
    """What of a head is not only print: which memories it names, and by which key."""
    return " ".join([*ID.findall(head[0]), head["key"] or head["named"] or ""])


def _without_questions(text: str, known: Sequence[KnownMemory]) -> str:
    """A text with `ASKED` for each question that neither holds a memory nor stands in one: such tell nothing."""
    if "?" not in text and "？" not in text:
        return text
    held = [_row(tokens(memory.content)).lower() for memory in known]

    def asked(question: re.Match[str]) -> str:
        row = _row(tokens(question[0])).lower()
        return question[0] if any(row in each or each in row for each in held) else f" {ASKED} "

    return _QUESTION.sub(asked, text)


def _row(words: Sequence[str]) -> str:
    return _BOUND + _BOUND.join(words) + _BOUND


def _cut_out(
    words: list[str], known: Sequence[KnownMemory], *, may_be_cut: bool
) -> tuple[list[list[str]], list[int], int] | None:
    """(what is left between the memories, which memories these are, how many words they have); None: there is none.

    Args:
        words: tokens of a text.
        known: memories.
        may_be_cut: whether the text's end may have cut a memory off.
    """
    row = _BOUND + _BOUND.join(words) + _BOUND
    places: dict[int, int] = {}
    count = 0
    held = [tokens(memory.content) for memory in known]
    for i in sorted(range(len(known)), key=lambda i: -len(held[i])):
        for form in (held[i], *({tuple(map(str.lower, held[i])), tuple(map(_upper, held[i]))} - {tuple(held[i])})):
            whole = _BOUND + _BOUND.join(form) + _BOUND
            while form and (at := row.find(whole)) >= 0:
                gone = _BOUND + _GAP * (len(whole) - 2) + _BOUND
                row = row[:at] + gone + row[at + len(whole) :]
                places.setdefault(i, at)
                count += len(form)
    rest = [words if i not in places else [] for i, words in enumerate(held)]
    row, cut = _without_cut(row, rest, 1 if places else _LEAST_CUT, at_end=may_be_cut)
    places |= {i: at for i, at in cut.items() if i not in places}
    if not places:
        return None
    count += sum(_LEAST_CUT for _ in cut)
    spans = [[word for word in part.split(_BOUND) if word] for part in re.split(f"{_GAP}+", row)]
    spans[-1] = [ASKED_AFTER if word == ASKED else word for word in spans[-1]]
    return [span for span in spans if span], sorted(places, key=places.__getitem__), count


def _upper(word: str) -> str:
    return word[:1] + word[1:].upper()


def _without_cut(row: str, held: Sequence[Sequence[str]], least: int, *, at_end: bool) -> tuple[str, dict[int, int]]:
    """A text without the beginnings of memories that stand before "…", or before its end; and whose these are."""
    places: dict[int, int] = {}
    ends = [match.start() for match in re.finditer(re.escape(_BOUND + _CUT + _BOUND), row)]
    for end in [*reversed(ends), *([len(row) - 1] if at_end else [])]:
        before = row[: end + 1]
        start = before.rfind(_GAP) + 1
        span = [word for word in before[start:].split(_BOUND) if word]
        for i, words in enumerate(held):
            length = _longest_cut(span, words, least)
            if length:
                at = len(before) - 1 - len(_BOUND.join(span[-length:])) - 1
                row = row[:at] + _BOUND + _GAP * (end - at - 1) + row[end:]
                places[i] = at
                break
    return (row.replace(_BOUND + _CUT + _BOUND, _BOUND) if places else row), places


def _longest_cut(span: Sequence[str], words: Sequence[str], least: int) -> int:
    """How many words of a memory's beginning a span ends with, the last one perhaps torn; 0 for fewer than `least`."""
    for length in range(min(len(span), len(words)), least - 1, -1):
        if list(span[-length:-1]) == list(words[: length - 1]) and words[length - 1].startswith(span[-1]):
            return length
    return 0


def _without_about(spans: list[list[str]], memories: Sequence[KnownMemory]) -> list[list[str]]:
    """What is left without what is printed beside these memories."""
    forms = {tuple(tokens(form)) for memory in memories for told in memory.about for form in _forms(told)}
    longest_first = sorted(filter(None, forms), key=len, reverse=True)
    kept = []
    for span in spans:
        row = _BOUND + _BOUND.join(span) + _BOUND
        for form in longest_first:
            row = row.replace(_BOUND + _BOUND.join(form) + _BOUND, _BOUND)
        kept.append([word for word in row.split(_BOUND) if word])
    return [span for span in kept if span]


def _forms(told: str) -> Iterable[str]:
    """How a key, a tag or a date may be written."""
    yield told
    date = _DATE.match(told)
    if date is not None:
        year, month, day = date[1], int(date[2]), int(date[3])
        yield date[0]
        yield f"{year}年{month}月{day}日"
        yield f"{month}月{day}日"
        yield f"{year}/{date[2]}/{date[3]}"
        for name in (_MONTHS[month - 1], _MONTHS[month - 1][:3]) if 1 <= month <= 12 else ():
            yield from (f"{name} {day}, {year}", f"{day} {name} {year}", f"{name} {day}", f"{day} {name}")
