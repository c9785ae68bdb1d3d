"""Whether a message in a channel is for the bot: the decision, and what it needs to know."""
