"""Serve memory as tools of an MCP client, over stdin and stdout."""

import sys

if __name__ == "__main__":
    sys.dont_write_bytecode = True  # _door sends bytecode out of the skill's folder
    from _door import is_set_up, run

    def refuse(error):  # noqa: ANN001, ANN201 - any Python reads this file
        """Speak the protocol all the same: a client shows nobody why a server did not start."""
        from ntm_memory.mcp.process import serve_unready

        return serve_unready(error, is_set_up)

    sys.exit(run("mcp", refuse))
