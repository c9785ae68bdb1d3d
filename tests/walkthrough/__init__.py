"""A new administrator's first hour, played through the strict Slack; it writes a page."""
