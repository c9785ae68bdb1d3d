"""Microsoft Teams, through the Bot Connector."""
