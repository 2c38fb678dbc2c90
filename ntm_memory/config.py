"""Typed settings: the shipped config.json, overridden key by key by the one in the data folder.

A setting is a field of one of the dataclasses below; its type, range and default stand there and nowhere else. Reading
refuses what it does not know: a wrong key is answered with the nearest right one, a wrong value with the allowed range.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Any, get_origin, get_type_hints

from ntm_memory.errors import ConfigError, shown, why_unread
from ntm_memory.paths import PACKAGE, content_of, skill_dir

ROOT = "ntm_memory"
_SEE = "see references/configuration.md"
ZONES = "an IANA name, e.g. Europe/Berlin"
FORMER_NAMES = {"recall.strength": "recall.beta", "recall.sharpen": "recall.gamma"}
"""Keys that older data folders may still use."""


def shipped_file(package: Path = PACKAGE) -> Path:
    """The settings that come with the code: the skill's own config.json, else the package's.

    A package that was installed among others has somebody else's files beside it: none of them is read.

    Args:
        package: the folder of this package.
    """
    skill = skill_dir(package)
    beside = None if skill is None else skill / "config.json"
    return beside if beside is not None and beside.is_file() else package / "config.json"


SHIPPED = shipped_file()


def _setting(
    default: Any, low: float | None = None, high: float | None = None, choices: tuple[str, ...] = (), allowed: str = ""
) -> Any:
    return field(default=default, metadata={"low": low, "high": high, "choices": choices, "allowed": allowed})


@dataclass(frozen=True)
class AddressingSettings:
    """Which steps of addressing are taken (paper, section 3.3)."""

    content: bool = True
    location: bool = True
    hybrid: bool = True


@dataclass(frozen=True)
class EmbedderSettings:
    """Which model turns words into key vectors."""

    backend: str = _setting("e5", choices=("e5", "sentence-transformers", "tiny"))
    model: str | None = None
    device: str = "cpu"
    query_prompt: str | None = None
    memory_prompt: str | None = None
    batch_size: int = _setting(32, 1, 4096)
    max_passages: int = _setting(32, 1, 64)


@dataclass(frozen=True)
class RecallSettings:
    """How much recall answers, and where its read heads depart from the learned parameters."""

    top_k: int = _setting(6, 1, 1000)
    max_chars: int = _setting(1500, 1, 1_000_000)
    min_weight: float = _setting(0.0, 0.0, 1.0)
    min_trust: str = _setting("tool", choices=("tool", "import", "agent", "person"))
    confidence_floor: float = _setting(0.2, 0.0, 1.0)
    least_chance: float = _setting(0.05, 0.0, 1.0)
    words: bool = True
    priors: bool = True
    tuned: bool = True
    reader: str = _setting("auto", choices=("auto", "off"))
    beta: float | None = _setting(None, 0.0, 1000.0)
    gate: float | None = _setting(None, 0.0, 1.0)
    gamma: float | None = _setting(None, 1.0, 1000.0)


@dataclass(frozen=True)
class StoreSettings:
    """How the store behaves."""

    lock_seconds: float = _setting(10.0, 0.0, 3600.0)
    backups: int = _setting(7, 0, 1000)
    url: str | None = None


@dataclass(frozen=True)
class PrivacySettings:
    """What must not be kept, or not be readable."""

    on_secret: str = _setting("redact", choices=("redact", "refuse", "allow"))
    least_chance: float | None = _setting(None, 0.0, 1.0)
    encrypt: str = _setting("off", choices=("off", "sqlcipher"))


@dataclass(frozen=True)
class CapacitySettings:
    """What happens when all `memory_size` slots are taken."""

    when_full: str = _setting("grow", choices=("grow", "evict", "refuse"))


@dataclass(frozen=True)
class HostSettings:
    """What hosts (Claude Code, OpenClaw) are given by their hooks, and what is kept of their sessions."""

    inject: bool = True
    capture: str = _setting("episodes", choices=("off", "told", "episodes"))
    episodes: int = _setting(1000, 0, 1_000_000)
    max_chars: int = _setting(1500, 100, 10_000)
    patience: float = _setting(0.3, 0.05, 10.0)
    projects: dict[str, str] | None = None


@dataclass(frozen=True)
class SyncSettings:
    """The folder by which several machines have the same memory."""

    folder: str | None = None
    git: bool | None = None
    encrypt: bool = False


@dataclass(frozen=True)
class Settings:
    """All settings of the memory system."""

    memory_size: int = _setting(10_000, 1, 100_000_000)
    memory_dim: int | None = _setting(None, 2, 65_536)
    time_zone: str | None = _setting(None, allowed=ZONES)
    num_read_heads: int = _setting(6, 1, 16)
    num_write_heads: int = _setting(1, 1, 64)
    addressing: AddressingSettings = AddressingSettings()
    initialization: str = _setting("constant", choices=("constant", "small_random", "learned"))
    learning_rate: float = _setting(0.003, 1e-8, 1.0)
    embedder: EmbedderSettings = EmbedderSettings()
    recall: RecallSettings = RecallSettings()
    store: StoreSettings = StoreSettings()
    privacy: PrivacySettings = PrivacySettings()
    capacity: CapacitySettings = CapacitySettings()
    hosts: HostSettings = HostSettings()
    sync: SyncSettings = SyncSettings()


def load_settings(*files: Path, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read settings from files that exist, later ones winning key by key, then from a mapping.

    Args:
        files: JSON files with one top object `ntm_memory`; missing ones are skipped.
        overrides: the same nested keys without the top object.

    Raises:
        ConfigError: unreadable file, unknown key (the nearest known one is named), wrong type or range.
    """
    settings = Settings()
    for file in files:
        found = _read(file)
        if found is not None:
            settings = _override(settings, found, source=str(file))
    if overrides:
        settings = _override(settings, overrides, source="the given config")
    return settings


def without_root(told: Mapping[str, Any] | None) -> dict[str, Any]:
    """Settings as they were told, with or without the top object `ntm_memory`, without it."""
    return dict((told or {}).get(ROOT, told or {}))


def zone_named(name: str | None) -> tzinfo | None:
    """The time zone of the setting `time_zone`; None: the system's."""
    return None if name is None else _zone(name)


def _zone(name: str) -> tzinfo | None:
    from zoneinfo import ZoneInfo  # most settings name none

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def settings_table() -> list[tuple[str, str, Any, str]]:
    """(dotted key, type, default, allowed values) of every setting, in order, as references/configuration.md has it."""
    return [(key, hint, default, _allowed(meta)) for key, hint, default, meta in _leaves(Settings, "")]


def _read(file: Path) -> Mapping[str, Any] | None:
    try:
        loaded = json.loads(content_of(file).decode("utf-8-sig"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{file} cannot be read as JSON: {why_unread(error)}", "mend or remove the file") from error
    if not isinstance(loaded, dict) or set(loaded) != {ROOT} or not isinstance(loaded[ROOT], dict):
        raise ConfigError(f'{file} must hold one object {{"{ROOT}": {{…}}}}', _SEE)
    section: Mapping[str, Any] = loaded[ROOT]
    return section


def _nearest(name: str, prefix: str, known: Iterable[str]) -> str:
    """The known key that an unknown one was meant to be: of the same section, unless another one has just this name."""
    for key, *_ in settings_table():
        if key.rpartition(".")[2] == name:
            return key
    import difflib  # a mistake has time for it

    return prefix + difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]


def range_of(section: type, name: str) -> tuple[float, float]:
    """(smallest, largest) value of a setting that has a range."""
    field_of = next(f for f in dataclasses.fields(section) if f.name == name)
    return field_of.metadata["low"], field_of.metadata["high"]


@functools.cache
def _hints(section: type) -> Mapping[str, Any]:
    """The types of a section's settings; hooks read the settings at each prompt."""
    return get_type_hints(section)


def _override(current: Any, values: Mapping[str, Any], *, source: str, prefix: str = "") -> Any:
    hints = _hints(current.__class__)
    known = {f.name: f for f in dataclasses.fields(current)}
    changes: dict[str, Any] = {}
    for told, value in values.items():
        key = FORMER_NAMES.get(f"{prefix}{told}", f"{prefix}{told}")
        name = key.removeprefix(prefix)
        if name not in known:
            near = _nearest(str(name), prefix, known)
            raise ConfigError(f"{source}: unknown key {key!r}, the nearest known one is {near!r}", f"write {near!r}")
        name = known[name].name  # the class's own: Python's cache of attributes keeps each name it is asked for
        old = getattr(current, name)
        if dataclasses.is_dataclass(old):
            if not isinstance(value, Mapping):
                raise ConfigError(f"{source}: {key} must be an object, not {shown(value)}", _SEE)
            changes[name] = _override(old, value, source=source, prefix=key + ".")
        else:
            changes[name] = _checked(key, value, hints[name], known[name].metadata, source)
    return dataclasses.replace(current, **changes)


def _checked(key: str, value: Any, hint: Any, meta: Mapping[str, Any], source: str) -> Any:
    types = getattr(hint, "__args__", (hint,))
    if value is None and type(None) in types:
        return None
    wanted = next(get_origin(t) or t for t in types if t is not type(None))
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if wanted is float and number:
        value = float(value) if abs(value) < 1e300 else math.inf  # of 400 digits there is no float
    if type(value) is not wanted or (wanted is float and not math.isfinite(value)):
        raise ConfigError(f"{source}: {key} is {shown(value)}, expected {_type_name(hint)}", _hint(meta))
    if isinstance(value, dict) and not all(isinstance(each, str) and each for each in value.values()):
        raise ConfigError(f"{source}: {key} is {shown(value)}, expected names as values", _hint(meta))
    if meta.get("allowed") == ZONES and _zone(value) is None:
        raise ConfigError(f"{source}: {key} is {shown(value)}, expected {ZONES}", _hint(meta))
    low, high, choices = meta.get("low"), meta.get("high"), meta.get("choices")
    outside = (low is not None and value < low) or (high is not None and value > high)
    if outside or (choices and value not in choices):
        raise ConfigError(f"{source}: {key} is {shown(value)}, expected {_allowed(meta)}", _hint(meta))
    return value


def _leaves(cls: Any, prefix: str) -> Iterator[tuple[str, str, Any, Mapping[str, Any]]]:
    hints = _hints(cls)
    for f in dataclasses.fields(cls):
        if dataclasses.is_dataclass(f.default):
            yield from _leaves(type(f.default), f"{prefix}{f.name}.")
        else:
            yield prefix + f.name, _type_name(hints[f.name]), f.default, f.metadata


def _type_name(hint: Any) -> str:
    return " or ".join("null" if t is type(None) else t.__name__ for t in getattr(hint, "__args__", (hint,)))


def _allowed(meta: Mapping[str, Any]) -> str:
    told = ", ".join(meta.get("choices", ())) or str(meta.get("allowed", ""))
    return told if told or meta.get("low") is None else f"{meta['low']:g} to {meta['high']:g}"


def _hint(meta: Mapping[str, Any]) -> str:
    allowed = _allowed(meta)
    return f"allowed: {allowed}" if allowed else _SEE
