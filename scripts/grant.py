"""Print the SQL by which a role of the PostgreSQL server may read some namespaces."""

import sys

if __name__ == "__main__":
    sys.dont_write_bytecode = True  # _door sends bytecode out of the skill's folder
    from _door import run

    sys.exit(run("grant"))
