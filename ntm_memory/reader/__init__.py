"""Second look: a question and a memory, or two memories, read together."""
