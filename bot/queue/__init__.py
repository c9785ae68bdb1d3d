"""From an accepted message to the worker that has it: the durable way, and what keeps it alive."""
