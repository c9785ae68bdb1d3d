"""One parser a file format, run in a process that can be killed."""
