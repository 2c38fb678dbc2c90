"""`ntm-memory mcp`: the MCP server's command line."""

from __future__ import annotations

import argparse

from ntm_memory.arguments.command_parser import EXIT_CODES, CommandParser

EXAMPLE = (
    """example, in a client's configuration: {"mcpServers": {"memory": {"command": "python3", "args": ["…/mcp.py"]}}}"""
)


def parser() -> CommandParser:
    """The arguments of the command."""
    parser = CommandParser(
        prog="mcp.py",
        description="Serve memory as tools of an MCP client, over stdin and stdout.",
        epilog=f"{EXAMPLE}\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--home", metavar="DIR", help="data folder (default: $NTM_MEMORY_HOME, else the platform's)")
    return parser


def serve(home: str | None) -> int:
    """Serve until the client is gone."""
    from ntm_memory.mcp import process

    return process.serve(home)
