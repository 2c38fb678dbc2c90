"""What is installed where, and whether it works: Claude Code's settings, a data folder's files, doctor, verify.

All but `inside` and `verify` runs with the standard library alone: it has to work where nothing is set up.
"""
