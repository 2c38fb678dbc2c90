"""What a memory on a PostgreSQL server bears and costs; the server is one of our own, started and stopped here."""
