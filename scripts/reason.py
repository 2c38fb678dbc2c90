"""Answer a question from several memories in a row, and show the path; or store a memory with what it builds on."""

import sys

if __name__ == "__main__":
    sys.dont_write_bytecode = True  # _door sends bytecode out of the skill's folder
    from _door import run

    sys.exit(run("reason"))
