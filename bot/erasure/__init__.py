"""What of a person is kept where, and how it is erased."""
