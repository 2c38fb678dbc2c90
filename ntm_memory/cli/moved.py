"""`move` and `grant`: where the memory is from now on, and who may read it there."""

from __future__ import annotations

from typing import Any

from ntm_memory.arguments.command_parser import Arguments


def answer(arguments: Arguments) -> dict[str, Any]:
    """Move it."""
    from ntm_memory.moving import move

    return move(arguments["home"], arguments["to"], dry_run=arguments["dry_run"])


def text(told: dict[str, Any]) -> str:
    """From where to where, how much, and what is left to do."""
    rows, verb = told["rows"], "would move" if told["dry_run"] else "moved"
    held = ", ".join(f"{rows[name]:,} {name}" for name in ("memories", "versions", "links", "feedback", "tombstones"))
    lines = [f"{verb} {held}: {told['from']} → {told['to']}"]
    if not told["dry_run"]:
        lines.append(f"compared: {sum(rows.values()):,} rows, SHA-256 {told['digest'][:16]}… on both sides")
        lines.append(f"kept: {told['kept']}")
    return "\n".join([*lines, *([told["others"]] if "others" in told else [])])


def statements(arguments: Arguments) -> dict[str, Any]:
    """What the owner of the store has to run."""
    from ntm_memory.moving import grant

    return {"statements": grant(arguments["home"], arguments["role"], arguments["namespaces"])}


def as_sql(told: dict[str, Any]) -> str:
    """The same as a script for psql."""
    return "\n".join(f"{statement};" for statement in told["statements"])
