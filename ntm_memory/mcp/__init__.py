"""The MCP server: memory as tools of a client that speaks the Model Context Protocol over stdin and stdout.

The protocol's few messages are written here with the standard library: the official SDK takes 780 ms of CPU to import,
twice what a recall needs. It is the client in our tests.
"""
