"""What administrators and others do by commands in the chat."""
