"""Running other programs: their chatter is shown on a terminal, its end is kept for the error message."""

from __future__ import annotations

import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence

KEPT_LINES = 60


def run(command: Sequence[str], variables: Mapping[str, str], *, quiet: bool = False) -> tuple[int, str]:
    """Run a program to its end.

    Args:
        command: program and arguments.
        variables: its environment variables.
        quiet: nobody needs to read along.

    Returns:
        its exit code (127 where it does not start) and the last lines it printed.
    """
    try:
        # close_fds=False lets it inherit the installation lock; everything else Python opens is not inheritable
        process = subprocess.Popen(
            command,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            close_fds=False,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        return 127, f"{command[0]}: {error.strerror}"
    lines: deque[str] = deque(maxlen=KEPT_LINES)
    with process:
        for line in process.stdout or ():
            if not quiet and sys.stderr.isatty():
                sys.stderr.write(f"  {line}")
            lines.append(line.rstrip())
    return process.returncode, "\n".join(lines)
