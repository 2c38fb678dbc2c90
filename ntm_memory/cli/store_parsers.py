"""Arguments of the scripts about whole stores → a plain request: status, export, import, reembed."""

from __future__ import annotations

from ntm_memory.cli.command_parser import Arguments, CommandParser, Parsers, add_namespace, command_parser
from ntm_memory.cli.inputs import stdin, told_of

_FORMS = ("json", "jsonl", "markdown")


def _status() -> CommandParser:
    parser = command_parser("status", "Counts, size, embedder, integrity.", "--history m_8k2f7q1x")
    parser.add_argument("--history", metavar="ID", help="all versions of one memory")
    add_namespace(parser)
    parser.add_argument("--repair", action="store_true", help="mend indexes and derived files")
    return parser


def _export() -> CommandParser:
    parser = command_parser("export", "Write all memories to a file.", "memory/ntm_memory.json")
    parser.add_argument("path", metavar="PATH|-")
    parser.add_argument("--as", dest="form", choices=_FORMS, help="default: by the file's ending, else json")
    parser.add_argument("--namespace", help="only this one")
    return parser


def _import() -> CommandParser:
    parser = command_parser(
        "import", "Read memories from a file; what is there already stays.", "memory/ntm_memory.json"
    )
    parser.add_argument("path", metavar="PATH|-")
    parser.add_argument("--as", dest="form", choices=_FORMS, help="default: by the file's ending, else json")
    parser.add_argument(
        "--trust", metavar="LEVEL", help="trust it so far at most: person, agent, import (default), tool"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
    return parser


def _export_request(arguments: Arguments) -> Arguments:
    return told_of({**arguments, "path": None} if arguments["path"] == "-" else arguments)


def _import_request(arguments: Arguments) -> Arguments:
    if arguments["path"] != "-":
        return told_of(arguments)
    del arguments["path"]
    return {"text": stdin(), **told_of(arguments)}


def _reembed() -> CommandParser:
    parser = command_parser("reembed", "Write all keys anew with the configured embedder.", "--dry-run")
    parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
    return parser


PARSERS_OF_STORES: Parsers = {
    "status": (_status, told_of),
    "export": (_export, _export_request),
    "import": (_import, _import_request),
    "reembed": (_reembed, told_of),
}
