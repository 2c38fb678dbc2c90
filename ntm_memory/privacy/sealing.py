"""Bytes that only the key's owner can read, and that nobody can change unnoticed: AES-256-GCM (NIST SP 800-38D)."""

from __future__ import annotations

import os
from typing import Any

from ntm_memory.errors import NotSetUpError
from ntm_memory.paths import setup_hint
from ntm_memory.privacy.cipher import EXTRA
from ntm_memory.privacy.keys import Key

HEAD = b"ntm-sealed-1\n"
_NONCE_BYTES = 12


def seal(content: bytes, key: Key, purpose: str) -> bytes:
    """The content, encrypted.

    Args:
        content: what to hide, less than 2 GiB.
        key: of the store.
        purpose: what it is for; what was sealed for something else is not opened.

    Raises:
        NotSetUpError: the library is not installed.
        OverflowError: it is too long.
    """
    nonce = os.urandom(_NONCE_BYTES)
    sealed: bytes = _cipher(key, purpose).encrypt(nonce, content, HEAD)
    return HEAD + nonce + sealed


def unseal(sealed: bytes, key: Key, purpose: str) -> bytes:
    """The content as it was.

    Raises:
        ValueError: it was not sealed with this key for this purpose, or is not what was written.
    """
    cipher = _cipher(key, purpose)
    from cryptography.exceptions import InvalidTag

    end = len(HEAD) + _NONCE_BYTES
    if not sealed.startswith(HEAD):
        raise ValueError("this was not sealed")
    try:
        content: bytes = cipher.decrypt(sealed[len(HEAD) : end], memoryview(sealed)[end:], HEAD)
    except InvalidTag as error:
        raise ValueError("this was sealed with another key, or was changed") from error
    return content


def _cipher(key: Key, purpose: str) -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as error:
        raise NotSetUpError("encrypted memories need the library cryptography", setup_hint(EXTRA)) from error
    return AESGCM(key.derived(purpose))
