"""Where a key comes from, and that nothing shows it."""

from __future__ import annotations

import pytest

from ntm_memory.errors import StoreKeyError
from ntm_memory.privacy import keys
from ntm_memory.privacy.keys import ENVIRONMENT, KEYRING, NEXT_VARIABLE, VARIABLE, find_key, forget_key, new_key

SALT = bytes(range(16))


def test_the_environment_comes_before_the_keyring(secret, keyring):
    kept = new_key()
    found = find_key(kept.salt)
    assert (found.source, found.secret.hex()) == (ENVIRONMENT, secret) and found.secret != kept.secret


def test_a_new_key_is_found_in_the_keyring_by_its_salt(keyring):
    one, other = new_key(), new_key()
    assert find_key(one.salt) == one and find_key(other.salt) == other and one.secret != other.secret
    assert one.source == KEYRING and len(one.secret) == 32 and len(keyring.entries) == 2
    forget_key(one)
    forget_key(one)
    with pytest.raises(StoreKeyError):
        find_key(one.salt)
    assert find_key(other.salt) == other


def test_without_a_keyring_there_is_no_place_for_a_new_key():
    with pytest.raises(StoreKeyError, match="no keyring") as caught:
        new_key()
    assert VARIABLE in caught.value.hint
    with pytest.raises(StoreKeyError, match="neither"):
        find_key(SALT)


def test_a_keyring_that_keeps_nothing_is_not_trusted(keyring, monkeypatch):
    monkeypatch.setattr(type(keyring), "set_password", lambda *told: None)
    with pytest.raises(StoreKeyError, match="did not keep"):
        new_key()


def test_a_keyring_in_a_plain_file_is_refused(keyring, monkeypatch):
    monkeypatch.setattr(type(keyring), "priority", 0.5)
    with pytest.raises(StoreKeyError, match="no keyring"):
        new_key()
    assert keyring.entries == {}


def test_a_locked_keyring_is_said(keyring, monkeypatch):
    from keyring.errors import KeyringLocked

    def locked(*told):
        raise KeyringLocked("hunter2")

    monkeypatch.setattr(type(keyring), "get_password", locked)
    with pytest.raises(StoreKeyError, match="KeyringLocked") as caught:
        find_key(SALT)
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize("told", ["hunter2", "5a" * 31, "5a" * 33, "zz" * 32])
def test_what_is_no_key_is_refused_and_not_shown(monkeypatch, told):
    monkeypatch.setenv(NEXT_VARIABLE, told)
    with pytest.raises(StoreKeyError) as caught:
        keys.secret_in(NEXT_VARIABLE)
    assert told not in f"{caught.value.message} {caught.value.hint}" and NEXT_VARIABLE in caught.value.message


def test_a_key_does_not_show_itself(secret):
    key = find_key(SALT)
    assert secret not in repr(key) and repr(key.secret) not in repr(key)


def test_derived_keys_differ_by_purpose_and_salt(secret):
    key, other = find_key(SALT), find_key(SALT[::-1])
    assert len({key.secret, key.derived("a"), key.derived("b"), other.derived("a")}) == 4
    assert key.derived("a") == find_key(SALT).derived("a") and len(key.derived("a")) == 32
