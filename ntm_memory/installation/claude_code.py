"""What Claude Code's settings say of this skill, and the two rules that let its scripts run unasked."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ntm_memory.errors import BadValueError, ConfigError, StoreError, why_unread
from ntm_memory.paths import APP
from ntm_memory.persistence.atomic import replace_bytes
from ntm_memory.persistence.json_lists import with_entries, without_entries

RULES_AT = ("permissions", "allow")
MANAGED = Path("/etc/claude-code/managed-settings.json")
_BOM = "\ufeff"
_NEEDS_QUOTES = re.compile(r"[\s\"'()*?\[\]{}$&;|<>!\\`#~]")
Change = dict[str, Any]


def settings_file() -> Path:
    """The user's own settings, there or not."""
    return Path.home() / ".claude" / "settings.json"


def rules(skill: Path) -> tuple[str, str]:
    """The two rules for a copy of the skill: it may be loaded, its scripts may run; in each message, in subagents too.

    Raises:
        BadValueError: its path would need quotes, and Claude Code lets no quoted path through.
    """
    if _NEEDS_QUOTES.search(str(skill)):
        message = (
            f"no rule can name {skill}: a command with this path needs quotes, which Claude Code always asks about"
        )
        hint = "load the skill in each message, or use --target claude-plugin, whose hook allows our own commands"
        raise BadValueError(message, hint)
    return f"Skill({APP})", f"Bash(python3 {skill}/scripts/*)"


def allow(skill: Path) -> Change:
    """Write the rules into the user's settings; all else in the file stays byte for byte.

    Returns:
        the file, its rules, whether it was changed, and where its former content is kept.

    Raises:
        ConfigError: the file is not what it should be; it stays as it is.
        StoreError: it cannot be written.
    """
    wanted = rules(skill)
    return {"rules": list(wanted), **_changed(lambda text: with_entries(text, RULES_AT, wanted), wanted, make=True)}


def check_allow(skill: Path) -> None:
    """Refuse early what `allow` would refuse.

    Raises:
        as `allow`.
    """
    wanted = rules(skill)
    text = _read(settings_file())
    _apply(lambda told: with_entries(told, RULES_AT, wanted), "{}\n" if text is None else text, wanted)


def take_back(skills: Sequence[Path], *, dry_run: bool = False) -> Change:
    """Take the rules for these copies out of the user's settings, and nothing else.

    Raises:
        as `allow`.
    """
    theirs = [rule for skill in skills if not _NEEDS_QUOTES.search(str(skill)) for rule in rules(skill)]
    there = [rule for rule in dict.fromkeys(theirs) if rule in allowed(_loaded(settings_file()))]
    told = _changed(lambda text: without_entries(text, RULES_AT, there), (), dry_run=dry_run)
    return {"rules": there, **told}


def allowed(settings: dict[str, Any]) -> list[Any]:
    """The rules of what is allowed in some settings."""
    permissions = settings.get("permissions")
    found = permissions.get("allow") if isinstance(permissions, dict) else None
    return found if isinstance(found, list) else []


def settings_in_force(project: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Each settings file that is there and can be read, the weakest first.

    Args:
        project: the folder in which Claude Code is started.
    """
    local = project / ".claude"
    for file in (settings_file(), local / "settings.json", local / "settings.local.json", MANAGED):
        found = _loaded(file)
        if found:
            yield file, found


def has_plugin(skill: Path) -> bool:
    """Whether a copy of the skill is a plugin, too: Claude Code loads it as one."""
    return (skill / ".claude-plugin" / "plugin.json").is_file()


def may_write(settings: Iterable[dict[str, Any]], folder: Path) -> bool | None:
    """Whether the sandbox lets commands write to a folder; None: there is none.

    Args:
        settings: as they are in force, the weakest first; of `enabled` the strongest counts, folders add up.
        folder: the folder.
    """
    enabled, places = False, list[Any]()
    for each in settings:
        sandbox = each.get("sandbox")
        if isinstance(sandbox, dict):
            enabled = bool(sandbox.get("enabled", enabled))
            files = sandbox.get("filesystem")
            named = files.get("allowWrite") if isinstance(files, dict) else None
            places += named if isinstance(named, list) else []
    if not enabled:
        return None
    return any(place == folder or place in folder.parents for place in map(_place, places))


def _place(told: Any) -> Path:
    """A folder as settings name it: `//` at the beginning is the root of the file system, too."""
    return Path(os.path.expanduser(re.sub(r"^/+", "/", str(told))))


def _loaded(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _read(file: Path) -> str | None:
    """A file's text; None where there is none."""
    try:
        return file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read: {why_unread(error)}", "mend it, then run this again") from error


def _apply(change: Callable[[str], str], text: str, wanted: Sequence[str]) -> str:
    begins = _BOM if text.startswith(_BOM) else ""  # editors of Windows write one; it stays
    try:
        return begins + change(text.removeprefix(_BOM))
    except (ValueError, RecursionError) as error:
        by_hand = f", or add to permissions.allow by hand: {', '.join(wanted)}" if wanted else ""
        message = f"{settings_file()} is not settings as Claude Code has them: {error}; it stays as it is"
        raise ConfigError(message, f"mend it, then run this again{by_hand}") from error


def _changed(
    change: Callable[[str], str], wanted: Sequence[str], *, make: bool = False, dry_run: bool = False
) -> Change:
    """Change the user's settings, a copy of what they were beside them."""
    file = settings_file()
    before = _read(file)
    if before is None and not make:
        return {"file": str(file), "changed": False, "backup": None}
    after = _apply(change, "{}\n" if before is None else before, wanted)
    if after == before or dry_run:
        return {"file": str(file), "changed": after != before, "backup": None}
    try:
        kept = _written(file, before, after)
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}", "mend that, then run this again") from error
    return {"file": str(file), "changed": True, "backup": kept and str(kept)}


def _written(file: Path, before: str | None, after: str) -> Path | None:
    """Where the former content is kept; a link to a file, as people who share their settings have it, stays a link."""
    real = Path(os.path.realpath(file))
    real.parent.mkdir(parents=True, exist_ok=True)
    if before is None:
        replace_bytes(real, after.encode(), mode=0o600)
        return None
    mode = real.stat().st_mode & 0o777
    stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
    kept = real.with_name(f"{real.name}.{stamp}.bak")
    for target, text in ((kept, before), (real, after)):
        replace_bytes(target, text.encode(), mode=mode)
        target.chmod(mode)
    return kept
