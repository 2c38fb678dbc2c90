"""Whole stores: what is in them, in and out of them, forgetting.

exporting, importing         out of a store and into it
sources                      what is imported: a file, a folder, a text, of whatever form
exchange                     our own files' formats
reembedding                  all keys by another embedder
status                       what status says
listing, overview            what is there: all that fits, page by page; what stands out
encryption, encrypted_files  encrypting a memory and back; which of its files are
forgetting, backup_purge     the verbs of forgetting, which reach the backups too
mirror                       memories as Markdown for hosts; what is erased leaves it
retractions                  what was retracted stays so in a file that comes back
"""
