"""Move the whole memory to a PostgreSQL server, or back into a file."""

import sys

if __name__ == "__main__":
    sys.dont_write_bytecode = True  # _door sends bytecode out of the skill's folder
    from _door import run

    sys.exit(run("move"))
