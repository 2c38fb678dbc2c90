"""Memory Networks over the store: chained reads, links between memories, and a trainable network for bAbI."""
