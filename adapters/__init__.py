"""Chat platforms: each turns its events into incoming messages and renders replies."""
