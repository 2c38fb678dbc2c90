"""Command lines as plain requests: every option of every command is declared here, and what of it is everyday work."""
