"""`ntm-memory COMMAND …`: the console command of the installed package, the same commands as the scripts."""

from __future__ import annotations

import sys

from ntm_memory import __version__
from ntm_memory.arguments import entered
from ntm_memory.arguments.parsers import PARSERS
from ntm_memory.cli import _fail, main
from ntm_memory.operations.process import asked_form, carried_out, settle_threads, speak_utf8

TRAIN = "Train the Neural Turing Machine or a Memory Network, show one at work, or measure it."
COMMANDS = (*entered.SCRIPTS, "setup")
EXAMPLE = """examples:
  ntm-memory memorize 'Mia prefers green tea to coffee' --key mia-drink
  ntm-memory recall 'What does Mia drink?'

ntm-memory COMMAND --help has an example, the options and the exit codes of one command."""


def run(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        argv: the command and its arguments; None: those of the process.
    """
    return carried_out(lambda: _run(argv))


def _run(argv: list[str] | None) -> int:
    speak_utf8()
    settle_threads()
    command, *arguments = (sys.argv[1:] if argv is None else argv) or ["--help"]
    with entered.by_console():
        if command in ("-h", "--help"):
            sys.stdout.write(help_text())
            return 0
        if command == "--version":
            sys.stdout.write(f"{entered.CONSOLE} {__version__}\n")
            return 0
        if command not in COMMANDS:
            import difflib  # a mistake has time for it

            near = difflib.get_close_matches(command, COMMANDS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"{entered.CONSOLE} --help lists the commands"
            return _fail("usage", f"there is no command {command!r}", hint, asked_form(arguments), 2)
        return main(command, arguments)


def help_text() -> str:
    """The commands, a line each."""
    from ntm_memory.arguments.self_parsers import doctor_parser, grant_parser, move_parser, verify_parser
    from ntm_memory.cli import hook, mcp, setup

    told = {name: parser().description for name, (parser, _) in PARSERS.items()}
    told |= {
        "train": TRAIN,
        "mcp": mcp.parser().description,
        "hook": hook.parser().description,
        "setup": setup.parser().description,
        "doctor": doctor_parser().description,
        "verify": verify_parser().description,
        "move": move_parser().description,
        "grant": grant_parser().description,
    }
    lines = [f"  {name:9} {told[name]}" for name in COMMANDS]
    about = "Long-term memory for AI agents, addressed by a Neural Turing Machine."
    usage = f"usage: {entered.CONSOLE} [--version] [--help] COMMAND …"
    return entered.spoken("\n".join([usage, "", about, "", "commands:", *lines, "", EXAMPLE, ""]))
