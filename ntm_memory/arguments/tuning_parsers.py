"""Arguments of the scripts that learn from use → a plain request: feedback, tune."""

from __future__ import annotations

from ntm_memory.arguments.command_parser import Arguments, CommandParser, Parsers, command_parser
from ntm_memory.arguments.everyday import plain_name, stdin
from ntm_memory.arguments.inputs import lines, text, told_of
from ntm_memory.errors import BadValueError


def _feedback() -> CommandParser:
    example = "--query 'What does Mia drink?' --used m_caqmgjxs4z"
    parser = command_parser(
        "feedback", "Say which recalled memories answered a question; tune.py learns from it.", example
    )
    parser.add_everyday("--query", metavar="Q|-", help="the question as it was asked; - reads it from stdin")
    parser.add_everyday("--used", nargs="+", action="extend", default=[], metavar="ID", help="what answered it")
    parser.add_everyday("--unused", nargs="+", action="extend", default=[], metavar="ID", help="what did not")
    before = "what the session had recalled before it was asked"
    parser.add_everyday("--previous", nargs="+", action="extend", default=[], metavar="ID", help=before)
    parser.add_everyday("--namespace", help="where it was asked (default: default)", fits=plain_name)
    return parser


def _feedback_request(arguments: Arguments) -> Arguments:
    if not arguments["used"]:
        raise BadValueError("--used is missing", "give the ids of the memories that answered the question")
    return told_of({**arguments, "query": text("query", arguments["query"])})


def _tune() -> CommandParser:
    about = "Learn how to look from feedback, or from pairs of question and memory; kept only if it proves better."
    parser = command_parser("tune", about, "--dry-run")
    parser.add_everyday(
        "--jsonl",
        metavar="FILE|-",
        help='instead of feedback: {"query", "gold": [IDs or keys], "namespace", "previous": [IDs or keys]} a line',
        fits=stdin,
    )
    parser.add_asked("--heads", action="store_true", help="learn the read heads too, not only what mixes them")
    parser.add_everyday("--dry-run", action="store_true", help="only say what would happen")
    parser.add_asked("--revert", action="store_true", help="undo the last tuning; in the end the shipped ones hold")
    return parser


def _tune_request(arguments: Arguments) -> Arguments:
    jsonl = arguments.pop("jsonl")
    given = told_of(arguments)
    extra = sorted(set(given) & {"heads", "dry_run"}) + ["jsonl"] * (jsonl is not None)
    if arguments["revert"] and extra:
        raise BadValueError(f"--revert and --{extra[0].replace('_', '-')} exclude each other", "give one of them")
    return given if jsonl is None else {"lines": lines(jsonl), **given}


PARSERS_OF_TUNING: Parsers = {"feedback": (_feedback, _feedback_request), "tune": (_tune, _tune_request)}
