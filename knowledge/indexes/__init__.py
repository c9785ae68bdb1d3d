"""The vector index, embedded or on a server."""
