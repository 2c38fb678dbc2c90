"""Set the skill up: its Python environment, the embedder, a copy for each host, a proof that it works.

Needs Python 3.10 or newer and nothing else; this file itself is read by any Python, to say so.
"""

import json
import sys

if __name__ == "__main__":
    if sys.version_info < (3, 10):  # noqa: UP036 - the machine's own Python may be older
        message = "Python 3.10 or newer is needed, this is " + sys.version.split()[0]
        hint = "run it with a newer one, e.g. python3.12 " + sys.argv[0]
        if "json" in sys.argv or "--format=json" in sys.argv:
            print(json.dumps({"ok": False, "error": {"code": "not_set_up", "message": message, "hint": hint}}))
        else:
            sys.stderr.write("error not_set_up: " + message + "\nhint: " + hint + "\n")
        sys.exit(3)
    sys.dont_write_bytecode = True  # the skill's folder stays clean
    from _door import SKILL

    sys.path.insert(1, str(SKILL))
    from _setup.main import main

    from ntm_memory.operations.process import carried_out, speak_utf8

    speak_utf8()
    sys.exit(carried_out(lambda: main(sys.argv[1:])))
