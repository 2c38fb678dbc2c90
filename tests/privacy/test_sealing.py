"""What is sealed is opened by its own key, for its own purpose, as it was, or not at all."""

from __future__ import annotations

import os

import pytest

from ntm_memory.privacy.keys import ENVIRONMENT, Key

pytest.importorskip("cryptography", reason="needs the extra `encrypt`")
from ntm_memory.privacy.sealing import HEAD, seal, unseal  # noqa: E402

KEY = Key(b"k" * 32, b"s" * 16, ENVIRONMENT)
CONTENT = b"a matrix " * 100


def test_what_is_sealed_is_opened():
    sealed = seal(CONTENT, KEY, "matrix")
    assert unseal(sealed, KEY, "matrix") == CONTENT and CONTENT[:9] not in sealed
    assert seal(CONTENT, KEY, "matrix") != sealed


@pytest.mark.parametrize("at", [0, len(HEAD), len(HEAD) + 12, 200, -1])
def test_a_changed_byte_is_noticed(at):
    sealed = bytearray(seal(CONTENT, KEY, "matrix"))
    sealed[at] ^= 1
    with pytest.raises(ValueError):
        unseal(bytes(sealed), KEY, "matrix")


def test_another_key_or_purpose_opens_nothing():
    sealed = seal(CONTENT, KEY, "matrix")
    for key, purpose in ((Key(b"w" * 32, KEY.salt, ENVIRONMENT), "matrix"), (KEY, "other")):
        with pytest.raises(ValueError):
            unseal(sealed, key, purpose)
    for garbage in (b"", HEAD, os.urandom(100), CONTENT, sealed[:-1]):
        with pytest.raises(ValueError):
            unseal(garbage, KEY, "matrix")
