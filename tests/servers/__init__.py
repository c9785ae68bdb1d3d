"""Strict stand-ins for what is beyond the network."""
