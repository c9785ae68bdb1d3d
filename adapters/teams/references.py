"""Where a conversation in Teams is reached, and who keeps that."""

from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Kind(StrEnum):
    """What kind of conversation it is, in Teams' own words."""

    PERSONAL = "personal"
    GROUP = "groupChat"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What it takes to write in a conversation, as a validated activity said it.

    `conversation` is without the part that names a thread; `person` is the Connector's id of who
    wrote (`29:…`), `person_id` ours.
    """

    service_url: str
    tenant: str
    conversation: str
    kind: Kind
    bot: str
    bot_name: str = ""
    person: str = ""
    person_id: str = ""


at_hand: ContextVar[Reference | None] = ContextVar("at_hand", default=None)
"""Where somebody has just pressed something: there they can be told that it was forgotten."""


class References(Protocol):
    """Keeps references, sealed, and what must survive a crash between a call and its note."""

    async def keep(self, reference: Reference) -> None:
        """Keep `reference` as its conversation's.

        Raises:
            NotAcceptedError: It could not be kept.
        """

    async def find(self, tenant: str, conversation: str) -> Reference | None:
        """Return the conversation's reference; None where none is kept."""

    async def find_chat(self, tenant: str, person_id: str) -> str:
        """Return the conversation of somebody's personal chat with us, else nothing."""

    async def channels(self, tenant: str) -> tuple[str, ...]:
        """Return the channels of `tenant` that references are kept of, at most 1,000."""

    async def begin(self, key: str) -> bool:
        """Note that `key` is about to be done; False where it was begun and never settled."""

    async def is_first(self, key: str) -> bool:
        """Return whether `key` was not asked for before, by anybody.

        Raises:
            NotAcceptedError: It could not be noted.
        """

    async def remember(self, key: str, value: str) -> None:
        """Keep a word of ours about a message of ours; best effort."""

    async def recall(self, key: str) -> str:
        """Return what was kept, else nothing.

        Raises:
            NotAcceptedError: Redis does not answer; the platform must deliver again.
        """

    async def settle(self, key: str) -> None:
        """Note that it is known how what was begun has ended."""
