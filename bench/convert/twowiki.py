"""2WikiMultihopQA (Alab-NII/2wikimultihop, dev.json): questions that need two to four of ten paragraphs.

Written from the publisher's description, which is HotpotQA's format; not checked against a real file.
"""

from __future__ import annotations

from pathlib import Path

from bench.convert.form import ConvertedSet
from bench.convert.hotpot import supported_pool


def convert(upstream: Path) -> ConvertedSet:
    """dev.json."""
    return supported_pool(upstream, "dev.json", "2wiki")
