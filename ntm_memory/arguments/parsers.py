"""Arguments of every script → a plain request. Standard library only: `--help` must not wait for numpy.

Here are the verbs of memories; `store_parsers` has those of whole stores, `tuning_parsers` those of learning from use.
"""

from __future__ import annotations

from ntm_memory.arguments import reasoning
from ntm_memory.arguments.command_parser import (
    Arguments,
    CommandParser,
    Parsers,
    add_namespace,
    add_on_secret,
    command_parser,
)
from ntm_memory.arguments.everyday import one_of, plain_name, stdin, trusted_as_agents
from ntm_memory.arguments.inputs import lines, text, told_of
from ntm_memory.arguments.store_parsers import PARSERS_OF_STORES
from ntm_memory.arguments.tuning_parsers import PARSERS_OF_TUNING
from ntm_memory.errors import BadValueError


def _memorize() -> CommandParser:
    parser = command_parser(
        "memorize", "Store one memory, or many from JSON lines.", "'Mia likes green tea' --key mia-tea"
    )
    parser.add_everyday("content", nargs="?", metavar="CONTENT|-", help="the text; - reads it from stdin")
    parser.add_everyday("--content", dest="content_option", metavar="CONTENT|-", help="the same, as an option")
    parser.add_everyday("--key", help="short name; the same key with other content makes a new version")
    parser.add_everyday("--importance", type=float, metavar="0..1", help="default 0.5")
    parser.add_everyday("--tag", action="append", default=[], dest="tags", metavar="TAG", help="may be repeated")
    parser.add_everyday("--source", help="where it comes from, e.g. a message id")
    parser.add_everyday(
        "--trust", metavar="LEVEL", help="who says it: person, agent (default), import, tool", fits=trusted_as_agents
    )
    parser.add_everyday("--session", help="the conversation it belongs to")
    parser.add_everyday("--namespace", help="default: default", fits=plain_name)
    parser.add_everyday(
        "--when", dest="occurred_at", metavar="TIME", help="when it happened: yesterday, 2026-05-08, 2026-05"
    )
    parser.add_everyday("--type", dest="kind", help="e.g. fact, episode, association")
    parser.add_everyday(
        "--replaces", metavar="ID", help="this memory says it from now on; its old text becomes history"
    )
    parser.add_everyday("--same-as", metavar="ID", help="this memory says it already: nothing new is stored")
    parser.add_everyday("--beside", action="append", default=[], metavar="ID", help="it holds beside this memory")
    parser.add_asked("--force-retracted", action="store_true", help="store it also where it was retracted")
    add_on_secret(parser)
    parser.add_everyday(
        "--jsonl",
        metavar="FILE|-",
        help="many memories, one JSON object with these fields a line; - reads stdin",
        fits=stdin,
    )
    return parser


def _memorize_request(arguments: Arguments) -> Arguments:
    jsonl, option = arguments.pop("jsonl"), arguments.pop("content_option")
    content = arguments.pop("content") if option is None else option
    given = told_of(arguments)
    if jsonl is None:
        return {"content": text("content", content), **given}
    if content is not None:
        raise BadValueError("CONTENT and --jsonl exclude each other", "give one of them")
    decided = sorted({"replaces", "same_as", "beside"} & set(given))
    if decided:
        raise BadValueError(
            f"--{decided[0].replace('_', '-')} is said of one memory", "put it into the line of that one"
        )
    return {"lines": lines(jsonl), **given}


def _recall() -> CommandParser:
    parser = command_parser(
        "recall", "Find memories by what they say and where they stand.", "'What does Mia drink?'", _CONTEXT
    )
    parser.add_everyday("query", nargs="?", metavar="QUERY|-", help="the question; - reads it from stdin")
    parser.add_everyday("--top-k", type=int, metavar="N", help="at most so many memories (default 6)")
    parser.add_everyday(
        "--max-chars", type=int, metavar="N", help="at most so many characters of content (default 1500)"
    )
    add_namespace(parser)
    parser.add_everyday("--session", help="go on from what this session recalled last, and note what is recalled")
    parser.add_everyday(
        "--tag", action="append", default=[], dest="tags", metavar="TAG", help="only memories with this tag"
    )
    reasoning.add_times(parser, "only")
    _add_addressing(parser)
    parser.add_everyday("--min-weight", type=float, metavar="0..1", help="leave out memories with less weight")
    parser.add_everyday(
        "--min-trust", metavar="LEVEL", help="only what such or better trusted ones told (default tool: all)"
    )
    parser.add_everyday(
        "--explain", action="store_true", help="show the share of attention after every step of addressing"
    )
    parser.add_everyday("--all", action="store_true", help="show up to --top-k memories, also what hardly answers")
    return parser


def _add_addressing(parser: CommandParser) -> None:
    """Where to look, told by hand."""
    parser.add_everyday(
        "--from",
        dest="anchor",
        metavar="ID",
        help="read by position, whatever it says: this memory, or --shift from it",
    )
    parser.add_everyday(
        "--shift", type=int, metavar="±N", help="so many positions on: +1 is the memory written right after"
    )
    reasoning.add_around(parser)
    parser.add_everyday(
        "--order",
        choices=("happened", "told"),
        help="before and after in a question: by when things happened, where that was told (default), or by writing",
    )
    parser.add_everyday(
        "--gate", type=float, metavar="0..1", help="1: by content alone; 0: stay at what was recalled last"
    )
    parser.add_everyday(
        "--beta", "--strength", type=float, dest="beta", metavar="BETA", help="how sharply content decides"
    )
    parser.add_everyday(
        "--gamma",
        "--sharpen",
        type=float,
        dest="gamma",
        metavar="GAMMA",
        help="1 or more: how far the best one wins over the others",
    )


def _recall_request(arguments: Arguments) -> Arguments:
    query, around = arguments.pop("query"), arguments.pop("around")
    if around is not None:
        if arguments["anchor"] is not None or arguments["shift"] is not None:
            raise BadValueError("--around excludes --from and --shift", "give one of them")
        arguments |= {"anchor": around[0], "around": reasoning.whole("around", around[1])}
    anchor = arguments.get("anchor")
    if anchor is None:
        given = {"query": text("query", query), **told_of(arguments)}
        if given.pop("any_namespace", False):
            raise BadValueError("--any-namespace goes with --from", "a question is put to one namespace")
        return given
    if query is not None:
        raise BadValueError("QUERY and --from exclude each other", "give one of them")
    given = told_of(arguments)
    extra = sorted(
        set(given) - {"anchor", "shift", "around", "session", "max_chars", "home", "namespace", "any_namespace"}
    )
    if extra:
        raise BadValueError(f"--from reads by location alone: {extra[0]} has no effect", "leave it out")
    return given


def _update() -> CommandParser:
    parser = command_parser(
        "update", "Change a memory; its old text becomes history.", "--key mia-tea --content 'Mia likes coffee now'"
    )
    parser.add_everyday("id", nargs="?", metavar="ID", help="as recall.py prints it")
    parser.add_everyday("--key", help="instead of ID")
    add_namespace(parser)
    parser.add_everyday("--content", metavar="TEXT|-", help="new text; - reads it from stdin")
    parser.add_everyday("--importance", type=float, metavar="0..1")
    parser.add_everyday("--tag", action="append", dest="tags", metavar="TAG", help="replaces all tags")
    parser.add_everyday("--new-key", help="another short name for it")
    when = "when it happened; a new text without it happened at no other time than now"
    parser.add_everyday("--when", dest="occurred_at", metavar="TIME", help=when)
    add_on_secret(parser)
    parser.add_everyday(
        "--trust", metavar="LEVEL", help="who says it: person, agent, import, tool", fits=one_of("tool")
    )
    return parser


def _update_request(arguments: Arguments) -> Arguments:
    name, key = arguments.pop("id"), arguments.pop("key")
    if (name is None) == (key is None):
        raise BadValueError("give either ID or --key", "recall.py prints ids and keys")
    if arguments["content"] is not None:
        arguments["content"] = text("content", arguments["content"])
    by_key = {} if key is None else {"by_key": True}
    return {"id_or_key": name or key, **by_key, **told_of(arguments)}


def _erase() -> CommandParser:
    parser = command_parser("erase", "Weaken, forget, retract or purge memories.", "m_caqmgjxs4z --dry-run")
    parser.add_everyday("ids", nargs="*", metavar="ID", help="as recall.py prints them")
    parser.add_everyday("--key", help="instead of IDs")
    parser.add_everyday("--query", metavar="Q", help="instead of IDs: what recall finds for this question")
    parser.add_everyday("--top-k", type=int, metavar="N", help="with --query: how many (default 1)")
    add_namespace(parser)
    parser.add_everyday("--strength", type=float, metavar="0..1", help="1 (default) forgets, 0.5 halves its weight")
    parser.add_asked("--purge", action="store_true", help="remove for good: text, history, words, vectors, backups")
    parser.add_asked("--version", type=int, metavar="N", help="with --purge: this old version of one memory alone")
    parser.add_asked("--retract", action="store_true", help="erase, and refuse it when it is told again")
    parser.add_asked("--yes", action="store_true", help="with --query: take it also where it is hardly meant")
    parser.add_everyday("--restore", action="store_true", help="bring erased or weakened memories back")
    parser.add_everyday("--dry-run", action="store_true", help="only say what would happen")
    return parser


def _erase_request(arguments: Arguments) -> Arguments:
    ids, key = arguments.pop("ids"), arguments.pop("key")
    if sum((bool(ids), key is not None, arguments["query"] is not None)) != 1:
        raise BadValueError("give either IDs, --key or --query", "recall.py prints ids and keys")
    if arguments["restore"] and (arguments["purge"] or arguments["retract"] or arguments["strength"] is not None):
        raise BadValueError("--restore excludes --purge, --retract and --strength", "it brings back full strength")
    if arguments["retract"] and arguments["strength"] is not None:
        raise BadValueError("--retract excludes --strength", "what is retracted is erased whole")
    if arguments["version"] is not None and (
        not arguments["purge"] or arguments["retract"] or len(ids) + (key is not None) != 1
    ):
        raise BadValueError("--version goes with --purge and one ID or --key", "it removes one old version alone")
    if arguments["query"] is None and arguments["yes"]:
        raise BadValueError("--yes needs --query", "what is named is meant")
    if arguments["purge"] and arguments["strength"] is not None:
        raise BadValueError("--purge excludes --strength", "purging leaves nothing to weaken")
    if arguments["query"] is None and arguments["top_k"] is not None:
        raise BadValueError("--top-k needs --query", "give --query, or leave --top-k out")
    by_key = {} if key is None else {"by_key": True}
    return {"ids_or_key": [key] if key is not None else ids, **by_key, **told_of(arguments)}


def _reason() -> CommandParser:
    about = "Answer from several memories that lead to each other, and show the path; or store one with its basis."
    parser = command_parser("reason", about, "'Who should review the deploy script?'", _CONTEXT)
    reasoning.add_arguments(parser)
    return parser


def _reason_request(arguments: Arguments) -> Arguments:
    query, content = arguments.pop("query"), arguments.pop("store")
    given = told_of(arguments)
    reasoning.refuse_mixed(query, content, given)
    told = {"query": text("query", query)} if content is None else {"content": text("content", content)}
    return {**told, **given}


_CONTEXT = ("text", "json", "context")
PARSERS: Parsers = {
    "memorize": (_memorize, _memorize_request),
    "recall": (_recall, _recall_request),
    "update": (_update, _update_request),
    "erase": (_erase, _erase_request),
    **PARSERS_OF_STORES,
    **PARSERS_OF_TUNING,
    "reason": (_reason, _reason_request),
}
