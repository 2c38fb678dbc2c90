"""What the state machine draws: few enough texts, keys and namespaces that they meet each other."""

from __future__ import annotations

import hypothesis.strategies as st

SPACES = ("default", "другое", "team a")
KEYS = ("k1", "K1", "мой ключ", "a:b", "m_2222")
SESSIONS = (None, None, "s1")
PARTS = (
    "tea",
    "Tea",
    "Tom drinks tea",
    "茶水很好",
    "naïve",
    "e\u0301te",
    "@by=bob",
    "4711",
    "---",
    "\\",
    "a\nb",
    "x" * 300,
)


def several(parts: list[int]) -> str:
    """Some of `PARTS` as one text, with a word that only this text has: what is all in memory already is an echo."""
    name = "w" + "".join(chr(ord("a") + part) for part in parts)
    return " ".join([name, *(PARTS[part] for part in parts)]) if len(parts) > 1 else "".join(PARTS[i] for i in parts)


texts = st.one_of(st.sampled_from(PARTS[:4]), st.lists(st.integers(0, len(PARTS) - 1), max_size=3).map(several))
spaces, keys, choices = st.sampled_from(SPACES), st.sampled_from(KEYS), st.integers(0, 10**6)
few = st.fixed_dictionaries(
    {"content": st.sampled_from(PARTS[:3]), "namespace": st.just("default")},
    optional={"key": st.sampled_from(KEYS[:2])},
)
many = st.fixed_dictionaries(
    {"content": texts, "namespace": spaces},
    optional={
        "key": keys,
        "session": st.sampled_from(SESSIONS),
        "importance": st.sampled_from([0, 0.25, 1]),
        "tags": st.lists(st.sampled_from(["t1", "t2", "т"]), max_size=2),
    },
)
told_fields = st.one_of(few, many)  # the few meet each other often
