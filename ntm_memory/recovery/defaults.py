"""What goes on where config.json cannot be read: what takes memories out, and what mends or puts back their file.

Both need nothing of it but what the file of the memory says itself; no backup is removed meanwhile, since how many are
to be kept is not known. What writes memories stops: it may be to be refused, redacted or put elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from ntm_memory.config import SHIPPED, Settings, load_settings, without_root
from ntm_memory.errors import ConfigError, EmbedderError, StoreError
from ntm_memory.paths import content_of, data_home

_READS = frozenset({"recall", "reason", "list", "overview", "export", "status", "retracted"})
_WRITES = frozenset({"content", "mirror", "redact", "encryption"})
_ALL_BACKUPS = 1000
_PAUSES = (0.05, 0.2)
Answer = TypeVar("Answer")


def only_reads(request: Mapping[str, Any]) -> bool:
    """Whether a request takes out what is stored and changes none of it."""
    return request.get("command") in _READS and not any(request.get(name) for name in _WRITES)


def tried_again(request: Mapping[str, Any], carry_out: Callable[[], Answer]) -> Answer:
    """What a request is answered by; one that only reads is tried again where others were in the way for a moment."""
    for pause in _PAUSES if only_reads(request) else ():
        try:
            return carry_out()
        except StoreError as error:
            if not error.passing:
                raise
            time.sleep(pause)
    return carry_out()


def names_a_server(home: str | None) -> bool:
    """Whether a config.json that cannot be read says that the memory is on a server: then it is in no file here."""
    try:
        return b"postgres" in content_of(data_home(home) / "config.json")
    except OSError:
        return False


def in_its_place(config: Mapping[str, Any] | None) -> dict[str, Any]:
    """Settings as they were told, over those that ship."""
    told = without_root(config)
    return {**told, "store": {"backups": _ALL_BACKUPS, **told.get("store", {})}}


def notice(error: ConfigError | None) -> dict[str, str]:
    """What an answer says that was given without config.json; nothing where that was read."""
    if error is None:
        return {}
    return {"settings": f"{error.message}: the settings that ship hold, and nothing is stored until it is mended"}


@contextmanager
def asked_for(unread: ConfigError | None) -> Iterator[None]:
    """Tell why config.json was not read where the settings that ship name another embedder than wrote the store.

    Raises:
        ConfigError: it was not, and they do.
    """
    try:
        yield
    except EmbedderError as error:
        raise (unread or error) from error


def settings_of(home: Path, config: Mapping[str, Any] | None) -> tuple[Settings, dict[str, str]]:
    """(the settings of a data folder, what to say where they are those that ship).

    Raises:
        ConfigError: what was told is not usable.
    """
    try:
        return load_settings(SHIPPED, home / "config.json", overrides=without_root(config)), {}
    except ConfigError as error:
        return load_settings(SHIPPED, overrides=in_its_place(config)), notice(error)
