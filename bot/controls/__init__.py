"""What administrators set in the chat, and where it holds."""
