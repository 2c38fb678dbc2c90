"""The controller's outputs that are its own: what a question tells the read heads beside its key, what a write adds.

session  how far a question leans on what was asked before it in its session, and where it then looks
asking   how many steps the focus is to move and from what; whether a time, what was before, or all there is is wanted
write_head  how strongly each memory was written, and how much of it was erased by what came after
"""
