"""Which memory revises which, by relations and subjects of short statements, and the step to what revised it.

subjects, relations   whom or what a statement tells of, and what of it
revision              how likely one statement revises another
reviser               marks what is revised when something is written
succession            attention moves on from a revised memory to its successor
"""
