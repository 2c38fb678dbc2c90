"""Secrets as people tell them: "the wifi password is …", 密码是…, cards, IBANs, wallet seeds, settings of programs.

A word names what follows, and what follows must look like a secret: it has digits or signs, or stands in quotation
marks. Cards and IBANs are known by their check digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ntm_memory.privacy.secret_rules import Found, is_placeholder
from ntm_memory.text.writing_systems import CJK

_NAMES = {
    "password": r"pass ?words?|passwort|passwd|pwd|pass ?phrase|pass ?code|log-?in code|pw|mot de passe|contraseña",
    "pin": r"pins?(?: codes?| numbers?)?|cvv2?|cvc|security codes?|combinations?"
    r"|(?:door|gate|entry|alarm|safe|lock|key ?pad|unlock) codes?",
    "one-time-code": r"otp|one[- ]time (?:code|password|passcode)"
    r"|(?:verification|confirmation|2fa|mfa|auth(?:entication)?|recovery|backup|sms) codes?",
    "key": r"(?:api|access|secret|private|licen[cs]e|product|activation|serial|encryption|signing|account|recovery)"
    r"[-_ ]?(?:key|secret|code)s?|client[-_ ]?(?:key|secret)s?|secret|credentials?|api ?token"
    r"|(?:access|auth|bearer|refresh|session|personal|bot)[-_ ]?tokens?|tokens?",
}
_CHINESE = {
    "password": "密码|口令|暗号|密碼|通行码|锁屏码|解锁码",
    "pin": "pin码|安全码|门禁码|开门码|门锁码|门锁|保险柜|支付码|cvv码?",
    "one-time-code": "验证码|驗證碼|动态码|校验码|恢复码|备用码|动态口令",
    "key": "密钥|密鑰|秘钥|私钥|令牌|授权码|激活码|序列号|api ?key|token|secret",
}
KINDS = frozenset(
    [*_NAMES, "setting", "wallet-seed", "login-in-address", "authorization", "license-key", "card-number", "iban"]
)
"""What is found here."""
_TO = r"\s*(?:is now|are now|used to be|was|is|are|will be|became|=>|->|:=|=|：|:|＝)\s*"
_FOR = r"(?:\s+(?:for|of|to|on|at|in|from)\s+[^\n.:;=?!]{1,50}?|\s+\([^()\n]{1,40}\))?"
_QUOTED = r"""["'`“‘「『]([^"'`”’」』\n]{3,120})["'`”’」』]"""
_BARE = r"""([^\s"'`“”‘’「」『』，。；、！？）】<>]{3,300})"""
_VALUE = f"(?:{_QUOTED}|{_BARE})"


def _told(names: str) -> re.Pattern[str]:
    return re.compile(rf"(?i)(?<![A-Za-z])(?:{names})(?![A-Za-z])[\"']?{_FOR}{_TO}{_VALUE}")


def _told_in_chinese(names: str) -> re.Pattern[str]:
    link = r"(?:[^，。；！？\n:：=]{0,15}?(?:是|为|為|成|叫|用|换了|設|设|＝|=|：|:))?\s*"
    ascii_only = r"([!-~]{4,100})"
    return re.compile(rf"(?i)(?:{names}){link}(?:{_QUOTED}|{ascii_only})(?![!-~]|\s*[位个個次天条年月分块元])")


_PATTERNS = [
    *((kind, _told(names)) for kind, names in _NAMES.items()),
    *((kind, _told_in_chinese(names)) for kind, names in _CHINESE.items()),
]
_WORDS = (
    "pass", "pwd", "pw", "pin", "cv", "code", "combination", "otp", "key", "secret", "credential", "token", "mot de",
    "contrase", "密", "口令", "暗号", "码", "碼", "钥", "鑰", "令牌", "序列号", "门锁", "保险柜",
)  # fmt: skip
_SETTING = re.compile(
    r"""(?i)(?<![A-Za-z0-9])[A-Z0-9_.-]{0,60}(?:secret|token|passw(?:or)?d|pwd|api_?key|access_?key|private_?key|auth_?key)"""
    r"""[A-Z0-9_.-]{0,40}["']?[ \t]{0,4}(?:=|:)[ \t]{0,4}(?:"([^"\n]{4,300})"|'([^'\n]{4,300})'|([^\s"',;#]{4,300}))"""
)
_HEADER = re.compile(r"(?i)\b(?:bearer|basic|token|apikey)[ \t]{1,4}([A-Za-z0-9._~+/-]{16,2000}={0,2})")
_LOGIN = re.compile(r"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{0,100}:([^\s/@]{3,200})@")
_GROUP = re.compile(r"\d+")
_BEFORE_CARD = re.compile(rf"[^\W{CJK}]|[.-]")
_AFTER_CARD = re.compile(rf"[^\W{CJK}]|-|\.\d")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Za-z0-9])")
_LICENSE = re.compile(r"(?<![A-Z0-9-])[A-Z0-9]{4,6}(?:-[A-Z0-9]{4,6}){3,7}(?![A-Z0-9-])")
_SEED = re.compile(
    r"(?i)(?:seed|mnemonic|recovery|backup|wallet|secret) (?:phrase|words)[^a-z\n]{0,5}(?:[^\n:]{0,30}(?:is|are|:))?\s*"
    r"((?:[a-z]{3,8}[ ,]{1,3}){11,23}[a-z]{3,8})"
    r"|(?:助记词|助記詞)[^a-z\n]{0,12}((?:[a-z]{3,8}[ ,]{1,3}){11,23}[a-z]{3,8})"
)
_CARDS = (
    (4, 4, (13, 16, 19)),  # Visa
    (51, 55, (16,)), (2221, 2720, (16,)),  # Mastercard
    (34, 34, (15,)), (37, 37, (15,)),  # American Express
    (62, 62, (16, 17, 18, 19)), (81, 81, (16, 17, 18, 19)),  # UnionPay
    (6011, 6011, (16, 19)), (644, 659, (16, 19)),  # Discover
    (3528, 3589, (16, 17, 18, 19)),  # JCB
    (300, 305, (14, 16, 19)), (36, 36, (14, 16, 19)), (38, 39, (14, 16, 19)),  # Diners Club
    (2200, 2204, (16, 17, 18, 19)),  # Mir
    (50, 50, (16, 19)), (56, 58, (16, 19)), (60, 60, (16,)), (63, 63, (16, 19)), (67, 67, (16, 19)),  # Maestro, RuPay
)  # fmt: skip
"""(first, last beginning, lengths) of the numbers of payment cards, by issuer (ISO/IEC 7812-1, issuers' own lists)."""
_CARD_GROUPS = re.compile(
    r"\d+|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}(?:\1\d{3})?|\d{4}([ -])\d{6}\2\d{4,5}|\d{6}([ -])\d{10,13}"
)
_CARD_DIGITS = range(13, 20)
_MOST_GROUPS = 5
_TRAILING = ".,;:!?)]}>，。；：！？）】"


def by_check_digits(text: str) -> Iterator[Found]:
    """Payment cards and bank accounts."""
    yield from (("card-number", *span) for span in _cards(text))
    yield from (("iban", *match.span()) for match in _IBAN.finditer(text) if is_iban(match[0]))


def _cards(text: str) -> Iterator[tuple[int, int]]:
    """Cards, also where other numbers stand before or behind them: a day of expiry, a number of control."""
    groups = [match.span() for match in _GROUP.finditer(text)]
    end = 0
    for first, (start, _) in enumerate(groups):
        if start < end or (start > 0 and _BEFORE_CARD.match(text[start - 1])):
            continue
        for stop in reversed(list(_ends_of_cards(text, groups[first : first + _MOST_GROUPS]))):
            if not _AFTER_CARD.match(text, stop) and is_card(text[start:stop]):
                yield start, stop
                end = stop
                break


def _ends_of_cards(text: str, groups: Sequence[tuple[int, int]]) -> Iterator[int]:
    """Where a card may end that begins with the first of these groups of digits."""
    digits, last = 0, groups[0][0]
    for start, end in groups:
        if start > last and digits and text[last:start] not in (" ", "-"):
            return
        digits, last = digits + end - start, end
        if digits in _CARD_DIGITS:
            yield end


def by_patterns(text: str, lowered: str, *, whatever: bool = False) -> Iterator[Found]:
    """Every value that seems to be told as a secret; some may overlap.

    Args:
        text: it.
        lowered: its ASCII letters made small.
        whatever: also what stands where a secret is told and does not look like one.
    """
    if any(word in lowered for word in _WORDS):
        for kind, pattern in _PATTERNS:
            yield from _values(kind, pattern, text, strict=not whatever)
        yield from _values("setting", _SETTING, text, strict=not whatever)
        yield from (("wallet-seed", *match.span(match.lastindex or 0)) for match in _SEED.finditer(text))
    if "://" in text:
        yield from _values("login-in-address", _LOGIN, text, strict=False)
    if any(word in lowered for word in ("bearer", "basic", "token", "apikey")):
        yield from _values("authorization", _HEADER, text)
    yield from (("license-key", *match.span()) for match in _LICENSE.finditer(text) if _is_mixed(match[0]))


def _values(kind: str, pattern: re.Pattern[str], text: str, *, strict: bool = True) -> Iterator[Found]:
    for match in pattern.finditer(text):
        group = match.lastindex or 0
        start, end = match.span(group)
        quoted = start > 0 and text[start - 1] in "\"'`“‘「『"
        while not quoted and end > start and text[end - 1] in _TRAILING:
            end -= 1
        value = text[start:end]
        if not is_placeholder(value) and (not strict or looks_secret(value, quoted=quoted, kind=kind)):
            yield kind, start, end


def looks_secret(value: str, *, quoted: bool, kind: str) -> bool:
    """Whether a value that stands where a secret is told looks like one."""
    if len(value) < 3 or "://" in value or value.startswith(("/", "./", "~/", "[secret:")):
        return False
    digits = sum(each.isdigit() for each in value)
    if kind in ("pin", "one-time-code"):
        return digits >= 3 or (digits > 0 and len(value) >= 6)
    letters = sum(each.isalpha() for each in value)
    signs = len(value) - digits - letters - value.count(" ")
    inner_case = any(each.isupper() for each in value[1:]) and any(each.islower() for each in value)
    if quoted:
        return len(value) >= 4
    if digits and (letters or signs):
        return len(value) >= 5
    if digits:
        return len(value) >= 4
    return (signs > 0 and len(value.strip("-'_.")) >= 6 and bool(re.search(r"[!@#$%^&*+=~|]", value))) or (
        inner_case and not value.isupper() and len(value) >= 8
    )


def is_card(text: str) -> bool:
    """Whether digits are a payment card's, by beginning, length, groups and check digit (Luhn, ISO/IEC 7812-1)."""
    digits = [int(each) for each in text if each.isdigit()]
    number = "".join(map(str, digits))
    issued = any(
        first <= int(number[: len(str(first))]) <= last and len(number) in sizes for first, last, sizes in _CARDS
    )
    if not issued or len(set(digits)) < 2 or not _CARD_GROUPS.fullmatch(text):
        return False
    doubled = [sum(divmod(2 * each, 10)) for each in digits[-2::-2]]
    return (sum(digits[::-2]) + sum(doubled)) % 10 == 0


def is_iban(text: str) -> bool:
    """Whether this is an international bank account number (ISO 13616), by its check digits."""
    plain = text.replace(" ", "")
    if not 15 <= len(plain) <= 34:
        return False
    number = "".join(str(int(each, 36)) for each in plain[4:] + plain[:4])
    return int(number) % 97 == 1


def _is_mixed(text: str) -> bool:
    parts = text.split("-")
    return any(each.isdigit() for each in text) and sum(any(c.isalpha() for c in part) for part in parts) >= 2
