"""Reads the links to messages that people copy in a chat platform, and writes links to threads."""

import re
from urllib.parse import quote, unquote, urlsplit

from adapters.types import ThreadId

_SLACK = re.compile(r"/archives/([A-Z0-9]+)/p(\d{6,})(\d{6})")
_TEAMS = re.compile(r"/l/message/([^/]+)/(\d+)")


def link_to(thread: ThreadId) -> str:
    """Return where a browser opens `thread`; empty for a platform without such addresses."""
    channel, message = quote(thread.channel, safe=""), quote(thread.thread, safe="")
    if thread.platform == "slack":
        team = quote(thread.workspace, safe="")
        return f"https://app.slack.com/client/{team}/{channel}/thread/{channel}-{message}"
    if thread.platform == "teams":
        return f"https://teams.microsoft.com/l/message/{channel}/{message}"
    return ""


def parse_message_link(link: str) -> tuple[str, str]:
    """Return channel and message id of a Slack or Teams link, or of `channel/id`.

    Raises:
        ValueError: It names no message.
    """
    address = urlsplit(link.strip().strip("<>").partition("|")[0])
    if found := _SLACK.fullmatch(address.path.rstrip("/")):
        return found[1], f"{found[2]}.{found[3]}"
    if found := _TEAMS.fullmatch(address.path.rstrip("/")):
        return unquote(found[1]), found[2]
    channel, _, message = link.strip().rpartition("/")
    if address.scheme in {"http", "https"} or not channel or not message:
        raise ValueError(
            f"{link} names no message; copy its link in the chat (Copy link), or write channel/id"
        )
    return channel, message
