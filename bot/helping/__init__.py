"""What stands around an answer and helps on from it."""
