"""The application: the straight line from a message to its answer, and the composition root."""
