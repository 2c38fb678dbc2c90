"""Makes `ntm_memory/privacy/look_alikes.json` from Unicode's table of confusable characters.

The table comes as `confusable_homoglyphs/confusables.json` of the package confusable-homoglyphs, which is made from
https://www.unicode.org/Public/security/latest/confusables.txt. Again: `python -m bench.look_alikes PATH_OF_THAT_FILE`.
"""

from __future__ import annotations

import argparse
import json
import string
import unicodedata
from pathlib import Path

TARGET = Path(__file__).parents[1] / "ntm_memory" / "privacy" / "look_alikes.json"
SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "COPTIC", "CHEROKEE")
"""Scripts whose letters are taken for Latin ones; in others a letter that looks like `o` tells words apart."""
ABOUT = {
    "command": "python -m bench.look_alikes confusable_homoglyphs/confusables.json",
    "source": "confusables.txt of Unicode Technical Standard 39, as confusable-homoglyphs 3.3.1 has it",
    "licence": "Unicode License V3, https://www.unicode.org/license.txt, copyright Unicode, Inc.",
    "what": "lower-case letters of other scripts, by the Latin letter that they, or their capitals, look like",
}


def folded(text: str) -> str:
    """As texts are before look-alikes are folded."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def look_alikes(table: dict[str, list[dict[str, str]]]) -> dict[str, dict[str, str]]:
    """`letters`: Latin letter → the small letters that look like it, or whose capitals do.

    `capitals`: the same of the capitals whose small letter looks like another one, e.g. the Greek N.
    """
    small: dict[str, str] = {}
    capital: dict[str, str] = {}
    pairs = [(each["c"], letter) for letter in string.ascii_letters for each in table.get(letter, [])]
    for char, letter in sorted(pairs, key=lambda pair: (folded(pair[0]) != pair[0], pair[1].isupper(), pair)):
        own, latin = folded(char), letter.casefold()
        if len(own) != 1 or own.isascii() or not unicodedata.name(own, "").startswith(SCRIPTS):
            continue
        if small.setdefault(own, latin) != latin and unicodedata.normalize("NFKC", char) == char and letter.isupper():
            capital.setdefault(char, latin)
    return {"letters": by_latin(small), "capitals": by_latin(capital)}


def by_latin(like: dict[str, str]) -> dict[str, str]:
    """The letters of each Latin one."""
    latins = sorted(set(like.values()))
    return {latin: "".join(sorted(own for own, target in like.items() if target == latin)) for latin in latins}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path, help="confusables.json of the package confusable-homoglyphs")
    made = look_alikes(json.loads(parser.parse_args().table.read_text(encoding="utf-8")))
    TARGET.write_text(json.dumps({"about": ABOUT, **made}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
