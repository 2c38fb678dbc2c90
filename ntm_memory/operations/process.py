"""What holds for a whole process: streams that speak UTF-8, how it says that it failed, linear algebra in one thread.

Our matrices are small: a second BLAS thread has little to do but spin, which costs more than the work itself (measured:
references/threads.md). A process of ours says so before NumPy comes; somebody else's lends us the setting call by call.

Parses and runs on Python 3.7 or newer, as the doors do.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

Class = TypeVar("Class", bound=type)
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
UNWRITTEN = 5
"""Exit code where an answer cannot be written: a full disk, most often."""
_DONE_ALREADY = "free some space, or write it elsewhere; what was asked for is done"
_settled = threading.Event()
_taken = threading.Lock()


def speak_utf8() -> None:
    """Whatever the locale says: agents write and read UTF-8."""
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, "replace"), (sys.stderr, "backslashreplace")):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors=errors)


def carried_out(act: Callable[[], int]) -> int:
    """Run what prints, and see to it that what was printed goes out; the exit code.

    Whoever reads may have seen enough: that is told nobody. What cannot be written otherwise is one clear error.

    Args:
        act: returns its exit code, or leaves by `SystemExit`, as parsers do.
    """
    stand_in()
    try:
        code = act()
    except SystemExit as end:
        if not isinstance(end.code, (int, type(None))):
            raise
        code = end.code or 0
    return print_out("") or code


def print_out(text: str) -> int:
    """Write to the standard output, all of it; 0, or the exit code where that fails."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        # nothing is left to be flushed when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return 0
        print_error(error_text("output", f"the answer cannot be written: {error.strerror}", _DONE_ALREADY))
        return UNWRITTEN
    return 0


def print_error(text: str) -> None:
    """A line for the standard error; where nobody reads it there is nobody to tell."""
    with suppress(OSError):
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def stand_in() -> None:
    """Something to read and write where a standard stream was closed: the next file opened would take its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - as long as the process


def asked_form(argv: Sequence[str]) -> str:
    """`json` where a command line asks for it, else `text`; for errors, also where it cannot be parsed.

    Args:
        argv: arguments of a command; those after `--` are none of its options.
    """
    options = list(argv[: list(argv).index("--")] if "--" in argv else argv)
    given = [after for option, after in zip(options, options[1:]) if option == "--format"]  # noqa: B905, RUF007 - 3.7
    given += [option[len("--format=") :] for option in options if option.startswith("--format=")]
    return "json" if given[-1:] == ["json"] else "text"


def error_text(code: str, message: str, hint: str) -> str:
    """An error as text: what is wrong, and in a second line what to do."""
    return f"error {code}: {message}" + (f"\nhint: {hint}" if hint else "")


def settle_threads() -> None:
    """One BLAS thread for a process that is ours, unless its environment says otherwise; before NumPy is imported."""
    for name in THREADS:
        os.environ.setdefault(name, "1")
    if "numpy" not in sys.modules:
        _settled.set()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Run what is inside with one BLAS thread; afterwards the process's own setting is back, also after an error.

    The setting is the whole process's. So one call at a time takes it and gives it back; calls inside it, and those of
    other threads meanwhile, leave it alone.
    """
    if _settled.is_set() or not _taken.acquire(blocking=False):
        yield
        return
    try:
        libraries = _libraries()
        try:
            with libraries.limit(limits=1, user_api="blas"):
                yield
        finally:
            _let_other_threads_set_it(libraries)
    finally:
        _taken.release()


def verbs_in_one_blas_thread(cls: Class) -> Class:
    """Class decorator: every public method, inherited ones included, runs in `one_blas_thread`."""
    for name in dir(cls):
        verb = getattr(cls, name)
        if isinstance(verb, FunctionType) and not name.startswith("_"):
            setattr(cls, name, _in_one_blas_thread(verb))
    return cls


def _in_one_blas_thread(verb: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(verb)
    def within(*args: Any, **options: Any) -> Any:
        with one_blas_thread():
            return verb(*args, **options)

    return within


@functools.lru_cache(maxsize=None)  # noqa: UP033 - Python 3.7 reads this file
def _libraries() -> ThreadpoolController:
    """Finds the libraries once, which takes milliseconds; what is loaded after NumPy is not what we use."""
    import numpy  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _let_other_threads_set_it(libraries: ThreadpoolController) -> None:
    """From threadpoolctl 3.8 on, the thread that set it once would be the only one that can."""
    for library in libraries.lib_controllers:
        getattr(library, "clear_controlling_thread", lambda: None)()
