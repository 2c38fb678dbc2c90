"""When something broke, and before: copies, what can be read of a damaged file, mending it.

backups, daily               copies of the file, and when they are made
check                        all files of the data folder
pages, encrypted_pages       records and pages from the bytes of a file
salvage, salvaged, losses    what can be read of a file in whatever state, and what is missing
keyed                        which key a file has, and bringing it under another
repair, damaged, files       mending it; what cannot be vouched for; files as wholes
rescue, by_hand              what works also where the memory cannot be opened
"""
