"""The key of an encrypted memory: in the environment or in the system's keyring, never in a file or a command line.

An entry of the keyring is named by the salt, which is the first 16 bytes of the encrypted file. So a key is found
wherever its file is moved to, and a file under a new key has an entry of its own: both are there until one file has
taken the other's place.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from ntm_memory.errors import StoreKeyError
from ntm_memory.privacy import SALT_BYTES

VARIABLE = "NTM_MEMORY_KEY"
NEXT_VARIABLE = "NTM_MEMORY_NEW_KEY"
SERVICE = "ntm-memory-system"
_KEY_BYTES = 32
_MAKE_ONE = "make one that only you can read: openssl rand -hex 32"
ENVIRONMENT, KEYRING = "environment", "keyring"


@dataclass(frozen=True)
class Key:
    """What opens one encrypted file.

    Args:
        secret: 32 bytes; never shown.
        salt: the first 16 bytes of the file.
        source: where the secret is kept, `environment` or `keyring`.
    """

    secret: bytes = field(repr=False)
    salt: bytes
    source: str

    @property
    def raw(self) -> str:
        """Secret and salt in SQLCipher's own spelling; a raw key takes no time to be derived."""
        return f"x'{self.secret.hex()}{self.salt.hex()}'"

    def derived(self, purpose: str) -> bytes:
        """A key of 32 bytes for something else than the database; it says nothing about the secret."""
        import hmac  # with it comes hashlib, slow to import

        return hmac.digest(self.secret, purpose.encode() + b"\0" + self.salt, "sha256")


def find_key(salt: bytes) -> Key:
    """The key of the file that begins with this salt; the environment comes first.

    Raises:
        StoreKeyError: there is none, or the environment's is not one.
    """
    secret = secret_in(VARIABLE)
    if secret is not None:
        return Key(secret, salt, ENVIRONMENT)
    secret = _secret_in_keyring(salt)
    if secret is not None:
        return Key(secret, salt, KEYRING)
    raise StoreKeyError(
        f"the memory is encrypted, and neither {VARIABLE} nor the system's keyring has its key", "give the key"
    )


def new_key(secret: bytes | None = None, source: str = KEYRING) -> Key:
    """A key for a new file; one that is to be in the keyring is there, and was read back, when this returns.

    Args:
        secret: None: 32 random bytes.
        source: where it is kept.

    Raises:
        StoreKeyError: there is no keyring that keeps it.
    """
    key = Key(secret or os.urandom(_KEY_BYTES), os.urandom(SALT_BYTES), source)
    if source == KEYRING:
        _put_in_keyring(key)
    return key


def secret_in(variable: str) -> bytes | None:
    """The secret in an environment variable; None where it is not set.

    Raises:
        StoreKeyError: it is no key. What it is instead is not shown.
    """
    told = os.environ.get(variable)
    if not told:
        return None
    secret = _secret(told.strip())
    if secret is None:
        raise StoreKeyError(f"{variable} must be 64 hexadecimal digits (32 bytes)", _MAKE_ONE)
    return secret


def _secret(digits: str) -> bytes | None:
    """The bytes of 64 hexadecimal digits; None of anything else."""
    try:
        return bytes.fromhex(digits) if len(digits) == 2 * _KEY_BYTES and digits.isalnum() else None
    except ValueError:
        return None


def forget_key(key: Key) -> None:
    """Remove a key from the keyring; one that is not there is no error."""
    keyring = _keyring()
    if keyring is None or _secret_in_keyring(key.salt) is None:
        return
    try:
        keyring.delete_password(SERVICE, key.salt.hex())
    except keyring.errors.KeyringError as error:
        raise _unusable(error) from error


def _put_in_keyring(key: Key) -> None:
    keyring = _keyring()
    hint = f"put a key into {VARIABLE}; {_MAKE_ONE}"
    # one that keeps passwords in a plain file says so by a priority below 1
    if keyring is None or keyring.get_keyring().priority < 1:
        raise StoreKeyError("this system has no keyring to keep the key in", hint)
    try:
        keyring.set_password(SERVICE, key.salt.hex(), key.secret.hex())
    except keyring.errors.KeyringError as error:
        raise _unusable(error) from error
    if _secret_in_keyring(key.salt) != key.secret:
        raise StoreKeyError("the system's keyring did not keep the key", hint)


def _secret_in_keyring(salt: bytes) -> bytes | None:
    keyring = _keyring()
    if keyring is None:
        return None
    try:
        told = keyring.get_password(SERVICE, salt.hex())
    except keyring.errors.NoKeyringError:
        return None
    except keyring.errors.KeyringError as error:
        raise _unusable(error) from error
    return _secret(told) if told else None


def _keyring() -> Any:
    """The library, if it is installed; it takes a tenth of a second to import."""
    try:
        import keyring
        import keyring.errors
    except ImportError:
        return None
    return keyring


def _unusable(error: Exception) -> StoreKeyError:
    return StoreKeyError(
        f"the system's keyring cannot be used: {type(error).__name__}", f"unlock it, or put the key into {VARIABLE}"
    )
