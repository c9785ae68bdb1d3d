"""A strict stand-in for Slack: Web API, signed events and Socket Mode."""

from tests.servers.slack.people import ANN, BEN, CHANNEL, DIRECT, Delivered, SlackPeople
from tests.servers.slack.server import SlackServer
from tests.servers.slack.workspace import Message

__all__ = [
    "ANN",
    "BEN",
    "CHANNEL",
    "DIRECT",
    "Delivered",
    "Message",
    "SlackPeople",
    "SlackServer",
]
