"""What waits, read from the facts of each domain: a file a matter; the wiring table says for whom."""
