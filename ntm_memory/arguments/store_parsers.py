"""Arguments of the scripts about whole stores → a plain request: list, status, export, import, reembed, sync."""

from __future__ import annotations

from ntm_memory.arguments import everyday, reasoning
from ntm_memory.arguments.command_parser import (
    Arguments,
    CommandParser,
    Parsers,
    UsageError,
    add_namespace,
    add_on_secret,
    command_parser,
)
from ntm_memory.arguments.everyday import one_of, plain_name
from ntm_memory.arguments.inputs import stdin, told_of
from ntm_memory.errors import BadValueError

_FORMS = ("json", "jsonl", "markdown")
_READ = (*_FORMS, "csv")
_ENCRYPTION = {
    "encrypt": "encrypt the memory; its key: $NTM_MEMORY_KEY, else a new one in the system's keyring",
    "decrypt": "make it plain again",
    "rekey": "give it another key: $NTM_MEMORY_NEW_KEY, else a new one in the keyring",
    "forget-key": "remove its key from the keyring: it cannot be read again",
}


def _list() -> CommandParser:
    parser = command_parser("list", "What is in memory, page by page: the newest first, or what fits.", "--about Anna")
    parser.add_everyday("--about", metavar="NAME", help="what names it, or has it in its key or a tag")
    parser.add_everyday("--tag", action="append", default=[], dest="tags", metavar="TAG", help="only with this tag")
    parser.add_everyday("--kind", "--type", dest="kind", help="only of this kind, e.g. fact, episode")
    reasoning.add_when(parser, "only")
    parser.add_everyday("--namespace", help="of which (default: default)", fits=plain_name)
    parser.add_everyday("--session", help="only what was told in this conversation")
    reasoning.add_around(parser)
    sorts = ("newest", "oldest", "importance", "happened")
    parser.add_everyday("--sort", choices=sorts, help="default newest: the last written first")
    parser.add_everyday("--limit", type=int, metavar="N", help="at most so many, 1 to 100 (default 20)")
    parser.add_everyday("--cursor", help="go on: what the last line of the page before names; say the rest again")
    return parser


def _list_request(arguments: Arguments) -> Arguments:
    around = arguments.pop("around")
    if around is None:
        return told_of(arguments)
    return {"around": (around[0], reasoning.whole("around", around[1])), **told_of(arguments)}


def _status() -> CommandParser:
    parser = command_parser("status", "Counts, size, embedder, integrity.", "--history m_caqmgjxs4z")
    parser.add_everyday("--history", metavar="ID", help="all versions of one memory")
    add_namespace(parser)
    parser.add_everyday("--namespaces", action="store_true", help="all there are: how many memories, the last day")
    parser.add_everyday("--check", action="store_true", help="look at all files of the data folder")
    parser.add_asked("--repair", action="store_true", help="mend the memory; what is damaged goes to damaged/")
    for action, about in _ENCRYPTION.items():
        parser.add_asked(f"--{action}", dest="encryption", action="append_const", const=action, help=about)
    parser.add_everyday("--dry-run", action="store_true", help="with these four: only say what would happen")
    parser.add_everyday(
        "--audit", type=int, nargs="?", const=20, metavar="N", help="who did what last, newest first (default 20 lines)"
    )
    parser.add_everyday("--id", metavar="ID", help="with --audit: what was done to this memory, which may be gone")
    parser.add_asked("--secrets", action="store_true", help="which memories hold secrets, or may, in their history too")
    parser.add_asked("--redact", action="store_true", help="with --secrets: leave them out of what is stored")
    return parser


def _status_request(arguments: Arguments) -> Arguments:
    if arguments["id"] is not None and arguments["audit"] is None:
        raise BadValueError("--id needs --audit", "give --audit, or --history ID")
    if arguments["redact"] and not arguments["secrets"]:
        raise BadValueError("--redact needs --secrets", "look first: status.py --secrets")
    actions = arguments.pop("encryption") or []
    given = told_of(arguments)
    if not actions:
        if given.pop("dry_run", False):
            raise BadValueError("--dry-run goes with --encrypt and the like", "leave it out")
        return given
    if len(actions) > 1 or set(given) & {"history", "repair", "audit", "secrets", "namespaces"}:
        raise BadValueError(f"--{actions[0]} stands alone", "give one of them at a time")
    return {"encryption": actions[0], **given}


def _export() -> CommandParser:
    parser = command_parser("export", "Write all memories to a file.", "memories.json")
    parser.add_everyday(
        "path", metavar="PATH|-", nargs="?", help="in a folder that is there; -: standard output", fits=everyday.stdin
    )
    parser.add_everyday("--as", dest="form", choices=_FORMS, help="default: by the file's ending, else json")
    parser.add_everyday("--namespace", help="only this one", fits=plain_name)
    parser.add_asked(
        "--host", choices=("openclaw",), help="one line a memory into memory/ntm-memory.md of its workspace"
    )
    parser.add_asked("--project", metavar="DIR", help="with --host: the workspace (default: ~/.openclaw/workspace)")
    parser.add_asked("--salvage", action="store_true", help="all that is undamaged, whatever the memory's state")
    return parser


def _import() -> CommandParser:
    parser = command_parser("import", "Read memories from a file; what is there already stays.", "memories.json")
    parser.add_asked(
        "path", metavar="PATH|-", nargs="?", help="a file of ours or of other tools, or a folder of .md and .txt files"
    )
    parser.add_everyday(
        "--host",
        choices=("claude", "openclaw"),
        help="what that host itself remembers, where it changed",
        fits=one_of("claude"),
    )
    parser.add_asked(
        "--project", metavar="DIR", help="with --host: whose (default: the working folder; OpenClaw: its workspace)"
    )
    parser.add_asked("--backup", metavar="NAME|latest", help="put a backup in the memory's place; status lists them")
    parser.add_everyday("--as", dest="form", choices=_READ, help="default: by the file's ending, else by what is in it")
    parser.add_asked(
        "--force-retracted", action="store_true", help="take in also what was retracted (with --backup: or purged) here"
    )
    parser.add_everyday(
        "--trust",
        metavar="LEVEL",
        help="trust it so far at most: person, agent, import (default), tool",
        fits=one_of("import", "tool"),
    )
    add_on_secret(parser)
    parser.add_everyday("--dry-run", action="store_true", help="only say what would happen")
    return parser


def _export_request(arguments: Arguments) -> Arguments:
    _refuse_host_and_more(arguments, ("path", "form", "namespace", "salvage"))
    if arguments["host"] is not None:
        return told_of(arguments)
    _refuse_empty(arguments["path"])
    if arguments["path"] is None:
        raise UsageError("give a PATH, or --host", "export.py --help")
    return told_of({**arguments, "path": None} if arguments["path"] == "-" else arguments)


def _import_request(arguments: Arguments) -> Arguments:
    _refuse_host_and_more(arguments, ("path", "backup", "form"))
    if arguments["host"] is not None:
        return told_of(arguments)
    _refuse_empty(arguments["path"])
    if (arguments["path"] is None) == (arguments["backup"] is None):
        raise BadValueError("give a PATH, or --backup NAME", "import.py --help")
    if arguments["backup"] is not None and (arguments["dry_run"] or arguments["form"]):
        raise BadValueError("--backup goes alone", "import.py --help")
    if arguments["path"] != "-":
        return told_of(arguments)
    del arguments["path"]
    return {"text": stdin(), **told_of(arguments)}


def _refuse_empty(path: str | None) -> None:
    """An empty path is a shell's variable that nobody set, not the folder one happens to stand in."""
    if path is not None and not path.strip():
        raise BadValueError("the path is empty", "give a file or a folder; . is the one you are in")


def _refuse_host_and_more(arguments: Arguments, others: tuple[str, ...]) -> None:
    if arguments["host"] is None and arguments["project"] is not None:
        raise BadValueError("--project goes with --host", "--help says what it is")
    for name in others if arguments["host"] is not None else ():
        if arguments[name]:
            raise BadValueError("--host says what, and where: leave the rest out", "--help says what goes with it")


def _reembed() -> CommandParser:
    parser = command_parser(
        "reembed", "Write all keys anew with the configured embedder.", "--dry-run", is_everyday=False
    )
    parser.add_everyday("--dry-run", action="store_true", help="only say what would happen")
    return parser


def _sync() -> CommandParser:
    parser = command_parser(
        "sync", "Exchange what changed with your other machines, by a folder.", "--dry-run", is_everyday=False
    )
    parser.add_everyday("--dry-run", action="store_true", help="only say what would happen")
    parser.add_asked(
        "--settle",
        action="append",
        default=[],
        metavar="ID",
        help="what this memory says now is right, whatever another machine told; its text stays in the history",
    )
    parser.add_asked(
        "--forget",
        action="append",
        default=[],
        metavar="MACHINE",
        help="a machine that is gone for good: what its log tells goes into this one's, and its log is removed",
    )
    parser.add_asked("--yes", action="store_true", help="forget it also where not all of its log can be read")
    add_namespace(parser)
    return parser


PARSERS_OF_STORES: Parsers = {
    "list": (_list, _list_request),
    "status": (_status, _status_request),
    "export": (_export, _export_request),
    "import": (_import, _import_request),
    "reembed": (_reembed, told_of),
    "sync": (_sync, told_of),
}
