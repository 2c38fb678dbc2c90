"""Whole stores: what is in them, in and out of them, and how they are kept.

transfer, exchange           export, import, re-embedding; the files' formats
status                       what status says
encryption, encrypted_files  encrypting a memory and back; which of its files are
forgetting, backup_purge     the verbs of forgetting, which reach the backups too
retractions                  what was retracted stays so in a file that comes back
"""
