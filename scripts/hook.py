"""Answer one event of a host; for the plugin's hooks."""

import sys
from contextlib import suppress

if __name__ == "__main__":
    sys.dont_write_bytecode = True  # _door sends bytecode out of the skill's folder
    from _door import run

    def refuse(error):  # noqa: ANN001, ANN201, ARG001 - any Python reads this file
        """Say nothing: what is missing is told when a tool is called."""
        print("{}")
        return 0

    with suppress(Exception):
        run("hook", refuse)
    sys.exit(0)  # whatever happened: another exit code could block the host
