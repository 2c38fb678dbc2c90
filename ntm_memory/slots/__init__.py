"""The memory matrix in a process: columns that grow as memories are written, and snapshots of them that stay as is."""
