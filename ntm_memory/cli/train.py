"""train.py: the paper's tasks, a table of all of them, or a Memory Network on bAbI."""

from __future__ import annotations

from collections.abc import Sequence

from ntm_memory.arguments.command_parser import UsageError
from ntm_memory.cli import _fail, _print, train_babi, train_table, train_task
from ntm_memory.cli.interrupt import Interrupted
from ntm_memory.errors import NTMMemoryError
from ntm_memory.operations.process import asked_form

_KINDS = {"babi": train_babi, "table": train_table}


def main(argv: list[str]) -> int:
    """Run train.py; prints the answer, returns the exit code.

    Args:
        argv: its arguments.
    """
    chosen = asked_form(argv)
    try:
        kind = _KINDS.get(_last_word(argv), train_task)
        arguments = kind.parser().parse_args(argv)
        chosen = arguments.format
        answer = kind.answer(arguments)
    except UsageError as usage:
        return _fail("usage", str(usage), usage.hint, chosen, 2)
    except NTMMemoryError as error:
        return _fail(error.code, error.message, error.hint, chosen, error.exit_code)
    except Interrupted as stopped:
        return _fail("interrupted", str(stopped), stopped.hint, chosen, 130)
    except KeyboardInterrupt:
        return _fail("interrupted", "stopped by the user", "", chosen, 130)
    except OSError as error:
        return _fail("store_error", f"a file cannot be read or written: {error}", "--out FOLDER", chosen, 5)
    except MemoryError as error:
        return _fail("bad_value", f"sizes that need more memory than there is: {error}", "smaller ones", chosen, 2)
    except Exception as error:
        return _fail("bug", f"{type(error).__name__}: {error}", "please report this", chosen, 1)
    if chosen == "json":
        from ntm_memory.rendering import as_json

        return _print(as_json({"ok": True, **answer}))
    return _print(kind.text(answer))


def _last_word(argv: Sequence[str]) -> str:
    """The last before the first option: what is trained, which may have options of its own."""
    options = (place for place, word in enumerate(argv) if word.startswith("-"))
    return next(iter(argv[: next(options, len(argv))][-1:]), "")
