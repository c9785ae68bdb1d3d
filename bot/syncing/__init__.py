"""The index kept as the sources are, by durable tasks, and what is known of each source."""
