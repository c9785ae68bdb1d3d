"""A chat in the terminal, for trying Citewell without a platform."""
