"""Documents in, permitted passages out."""
