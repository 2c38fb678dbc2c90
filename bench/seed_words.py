"""Take over the word lists of BIP-39 from the package mnemonic (MIT) into a data file of the package.

    python -m bench.seed_words WHEEL

WHEEL is its PyPI wheel.
"""

from __future__ import annotations

import argparse
import json
import zipfile
from base64 import b85encode
from pathlib import Path
from unicodedata import normalize
from zlib import compress

from bench.data_roles import sha256_of
from bench.secret_rules import licence
from ntm_memory.persistence.atomic import replace_text

TARGET = Path(__file__).parents[1] / "ntm_memory" / "privacy" / "seed_words.json"
FOLDER = "mnemonic/wordlist/"
WORDS = 2048


def word_lists(wheel: Path) -> dict[str, list[str]]:
    """Language → its words in their order, with marks as letters of their own, as BIP-39 has them.

    Raises:
        SystemExit: a list has not as many words as it must.
    """
    with zipfile.ZipFile(wheel) as files:
        names = sorted(name for name in files.namelist() if name.startswith(FOLDER) and name.endswith(".txt"))
        lists = {Path(name).stem: normalize("NFKD", files.read(name).decode()).split() for name in names}
    for language, words in lists.items():
        if len(set(words)) != WORDS or len(words) != WORDS:
            raise SystemExit(f"{language} has {len(words)} words")
    return lists


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    wheel = parser.parse_args().wheel
    lists = {language: " ".join(words) for language, words in word_lists(wheel).items()}
    kept = {
        "about": "the word lists of BIP-39, compressed (zlib, base 85)",
        "source": "github.com/trezor/python-mnemonic",
        "licence": licence(wheel),
        "revision": wheel.name.split("-py3")[0],
        "wheel": {"name": wheel.name, "sha256": sha256_of(wheel)},
        "command": "python -m bench.seed_words WHEEL",
        "languages": sorted(lists),
        "words": b85encode(compress(json.dumps(lists, ensure_ascii=False).encode(), 9)).decode(),
    }
    replace_text(TARGET, json.dumps(kept, ensure_ascii=False, indent=1) + "\n", mode=0o644)
    print(f"{len(lists)} lists, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
