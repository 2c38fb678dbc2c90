"""Secrets by their public forms: what commands, files of keys and addresses hold, and documents of a person.

A document's number is one where its check digit says so, or where words beside it name the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ntm_memory.privacy.secret_rules import Found, is_placeholder
from ntm_memory.privacy.told_secrets import looks_secret

KINDS = frozenset(
    ["login", "private-key", "signed-address", "wallet-seed", "password-hash", "social-security-number", "id-number"]
    + ["password", "pin", "key"]
)
"""What is found here."""
_ARGUMENT = r"""(?:"([^"\n]{3,200})"|'([^'\n]{3,200})'|([^\s"']{3,200}))"""
_BY_WORD = (
    (
        "login",
        "curl",
        re.compile(r"\bcurl\b[^\n|;&]{0,300}?\s(?:-u|--user)[ =]?[\"']?[^\s:\"']{1,100}:([^\s\"']{3,200})"),
    ),
    ("login", "sshpass", re.compile(rf"\bsshpass\s+-p\s?{_ARGUMENT}")),
    (
        "login",
        ":",
        re.compile(r"^[\w.*-]{1,100}:(?:\d{2,5}|\*):[^\s:]{1,60}:[^\s:/]{1,60}:([^\s/]{3,100})$", re.MULTILINE),
    ),
    (
        "private-key",
        "private key",
        re.compile(
            r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----\s{0,4}((?:[A-Za-z0-9+/=]{16,80}\s{0,2}){1,200})",
            re.IGNORECASE,
        ),
    ),
    ("private-key", "priv", re.compile(r"(?i)\bpriv(?:ate)?[ _-]{0,2}key[^\n]{0,30}?\b((?:0x)?[0-9a-f]{64})\b")),
    (
        "signed-address",
        "signature=",
        re.compile(r"(?i)[?&](?:X-(?:Amz|Goog)-)?Signature=([A-Za-z0-9%+/_~=-]{20,1000})"),
    ),
    ("signed-address", "sig=", re.compile(r"[?&]sig=([A-Za-z0-9%+/_=-]{30,200})")),
    (
        "wallet-seed",
        " ",
        re.compile(
            r"(?i)\b(?:seed|mnemonic|metamask|ledger|wallet|recovery)(?:'s)?(?: seed| recovery| secret| backup)?"
            r" (?:phrase|words)(?: is| are)?\s{0,3}:?\s{0,3}((?:[a-z]{3,8}[ ,]{1,3}){11,23}[a-z]{3,8})\b"
        ),
    ),
    (
        "password-hash",
        "$",
        re.compile(
            r"(\$(?:2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}|(?:[156]|apr1|y)\$[./A-Za-z0-9$=,]{1,40}\$[./A-Za-z0-9]{22,120}))"
        ),
    ),
    ("social-security-number", "-", re.compile(r"(?<![\w-])((?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4})(?![\w-])")),
    (
        "social-security-number",
        "s",
        re.compile(
            r"(?i)\b(?:ssn|social security (?:number|no\.?|#))\W{1,3}(?:is |was )?"
            r"((?!000|666|9)\d{3}(?!00)\d\d(?!0000)\d{4})\b"
        ),
    ),
    (
        "social-security-number",
        "n",
        re.compile(
            r"(?i)\b(?:national insurance|nino|n\.?i\.? number)\b\W{0,3}(?:number|no\.?)?\W{0,3}(?:is |was )?"
            r"([a-z]{2} ?\d\d ?\d\d ?\d\d ?[a-d])\b"
        ),
    ),
    (
        "id-number",
        "passport",
        re.compile(r"(?i)\bpassport (?:number|no\.?|nr\.?|#)\W{0,3}(?:is |was )?((?=[a-z0-9]{0,8}\d)[a-z0-9]{7,9})\b"),
    ),
    (
        "id-number",
        "licen",
        re.compile(
            r"(?i)\bdriv(?:er'?s?|ing) licen[cs]e (?:number|no\.?|#)\W{0,3}(?:is |was )?"
            r"((?=[a-z0-9-]{0,17}\d{4})[a-z0-9-]{6,18})\b"
        ),
    ),
    (
        "id-number",
        "护照",
        re.compile(r"护照(?:号码?|编号)?[^\w\n]{0,3}[是为]?[^\w\n]{0,3}([A-Za-z]{1,2}\d{7,8})(?![0-9A-Za-z])"),
    ),
)
"""(kind, a word without which the pattern need not be tried, the pattern)."""
_COLUMNS = {
    "password": r"pass ?(?:words?|phrases?|codes?)|passwort|passwd|pwd|contraseña|mot de passe"
    r"|密码|密碼|口令|パスワード|비밀번호",
    "pin": r"pins?(?: codes?)?|pin码",
    "key": r"(?:api|access|secret|licen[cs]e)[ _-]?keys?|secrets?|tokens?|密钥|令牌|api ?key",
}
_HEADS = {kind: re.compile(rf"(?i)(?:[^\W\d]{{1,12}}[ _-]?)?(?:{names})") for kind, names in _COLUMNS.items()}
_TOLD_IN_HEADS = re.compile("(?i)" + "|".join(_COLUMNS.values()))
_BETWEEN_CELLS = "|\t;,"
_HONG_KONG = re.compile(r"(?<![A-Za-z0-9])([A-Z]{1,2})(\d{6})\(([0-9A])\)")


def by_form(text: str, lowered: str) -> Iterator[Found]:
    """Every secret of a public form; some may overlap.

    Args:
        text: it.
        lowered: its ASCII letters made small.
    """
    for kind, word, pattern in _BY_WORD:
        for match in pattern.finditer(text) if word in lowered else ():
            group = match.lastindex or 0
            if not is_placeholder(match[group]):
                yield (kind, *match.span(group))
    yield from in_tables(text)
    for match in _HONG_KONG.finditer(text) if "(" in text else ():
        if is_hong_kong_id(match[1], match[2], match[3]):
            yield ("id-number", *match.span())


def in_tables(text: str) -> Iterator[Found]:
    """What stands in a column whose head tells that secrets are in it, in tables of Markdown, CSV and TSV."""
    if "\n" not in text or not _TOLD_IN_HEADS.search(text):
        return
    columns: list[tuple[str, int]] = []
    sign, width = "", 0
    for line in re.finditer(r"[^\n]+", text):
        if columns and len(line[0].split(sign)) == width:
            cells = _cells(line[0], sign, line.start())
            yield from ((kind, *cells[at]) for kind, at in columns if _is_told(text[slice(*cells[at])], kind))
        else:
            sign, width, columns = _head(line[0])


def _head(line: str) -> tuple[str, int, list[tuple[str, int]]]:
    """Of a table's first line: what parts its cells, how many there are, the kinds and places of those with secrets."""
    for sign in _BETWEEN_CELLS if _TOLD_IN_HEADS.search(line) else ():
        cells = [each.strip() for each in line.split(sign)]
        found = [(kind, at) for at, cell in enumerate(cells) for kind, head in _HEADS.items() if head.fullmatch(cell)]
        if len(cells) > 1 and found:
            return sign, len(cells), found
    return "", 0, []


def _cells(line: str, sign: str, start: int) -> list[tuple[int, int]]:
    """Where the cells of a line stand, without the white space and quotation marks around them."""
    spans = []
    for cell in line.split(sign):
        inner = cell.strip(" \t\r\"'`")
        low = start + cell.find(inner)
        spans.append((low, low + len(inner)))
        start += len(cell) + 1
    return spans


def _is_told(value: str, kind: str) -> bool:
    """Whether the cell of such a column holds a secret, not a word about it."""
    if kind == "pin":
        return value.isdecimal() and 4 <= len(value) <= 8
    least = 12 if kind == "key" else 4
    fits = len(value) >= least and " " not in value and not is_placeholder(value)
    return fits and looks_secret(value, quoted=False, kind=kind)


def is_hong_kong_id(letters: str, digits: str, check: str) -> bool:
    """Whether the check digit of a Hong Kong identity card fits: the weighted sum is a multiple of 11."""
    values = [36] * (2 - len(letters)) + [ord(each) - 55 for each in letters] + [int(each) for each in digits]
    total = sum(weight * value for weight, value in zip(range(9, 1, -1), values, strict=True))
    return (total + int(check, 11)) % 11 == 0
