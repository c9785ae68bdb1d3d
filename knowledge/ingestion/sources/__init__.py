"""Where documents come from, one connector a file."""
