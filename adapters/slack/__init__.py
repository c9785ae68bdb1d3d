"""Slack, over HTTP and Socket Mode."""
