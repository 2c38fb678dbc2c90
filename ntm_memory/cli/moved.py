"""`move`: where the memory is from now on, and what was left behind."""

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
