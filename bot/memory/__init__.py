"""What a thread remembers, in Redis."""
