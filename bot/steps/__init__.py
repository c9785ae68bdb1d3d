"""The steps of the straight line, one file each, and what they share."""
