"""Other tools' files: a file's text → what it tells, as records that could be told. Its structure decides its form.

decoding          bytes of a file as text; archives, databases and pages are no text
containers        JSON, JSON lines, a table, Markdown or plain text
documents         JSON of any known form
knowledge_graph   the memory server of MCP: entities, observations, relations
mem0              mem0
memory_service    mcp-memory-service, and other lists of objects with a text
claude_memories   memories.json of Claude's data export
agent_file        Letta's agents, their memory blocks
conversations     what is no memory but talk, and what to do with it
tables            CSV and TSV
markdown          Markdown and plain text
front_matter      YAML before a note's text
outline           Markdown as notes: list items, rows of tables and paragraphs below their headings
list_items        how a line begins an item of a list
pipe_tables       tables in Markdown
folders           a folder of notes
items             one thing that a file tells; fields of others as ours
omissions         what a file says that becomes no memory

Nothing here knows the store: what is told goes the way of whatever is told, and is checked there.
"""
