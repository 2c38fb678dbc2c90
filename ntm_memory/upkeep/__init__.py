"""Whole stores: what is in them, in and out of them, and how they are kept.

transfer, exchange           export and import; the files' formats
reembedding                  all keys by another embedder
status, check                what status says; all files of the data folder
backups, daily               copies of the file, and when they are made
pages, salvage               what can be read of a file in whatever state
repair, damaged, files       mending it; what cannot be vouched for; files as wholes
rescue, by_hand              what works also where the memory cannot be opened
encryption, encrypted_files  encrypting a memory and back; which of its files are
forgetting, backup_purge     the verbs of forgetting, which reach the backups too
retractions                  what was retracted stays so in a file that comes back
"""
