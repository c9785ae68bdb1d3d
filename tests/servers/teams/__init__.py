"""A strict stand-in for Teams: the Bot Connector, Microsoft's token and key endpoints, people."""

from tests.servers.teams.people import ANN, BEN, CHANNEL, GROUP, PERSONAL, Delivered, TeamsPeople
from tests.servers.teams.server import TeamsServer
from tests.servers.teams.workspace import Message

__all__ = [
    "ANN",
    "BEN",
    "CHANNEL",
    "GROUP",
    "PERSONAL",
    "Delivered",
    "Message",
    "TeamsPeople",
    "TeamsServer",
]
