"""Buttons and forms: handlers by name, each press once, and what a press puts on the queue."""
