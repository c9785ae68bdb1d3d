"""What adapters call (`MessageHandlers`), and what the bot calls on an adapter (`ChatAdapter`)."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from adapters.types import (
    Capabilities,
    IncomingCommand,
    IncomingMessage,
    IncomingStop,
    Person,
    Reply,
    SentReply,
    SuggestedPrompt,
    ThreadId,
)

OnVisible = Callable[[SentReply], Awaitable[None]]


class MessageHandlers(Protocol):
    """The bot, as an adapter sees it."""

    async def on_message(self, message: IncomingMessage) -> None:
        """Take `message` over; when this returns it is durable and may be acknowledged.

        Duplicates, and follow-ups in threads that are not ours, are taken and dropped.

        Raises:
            NotAcceptedError: It could not be made durable; the platform must deliver again.
        """

    async def on_stop(self, stop: IncomingStop) -> None:
        """Stop the answer that is being written in a thread, if there is one."""

    async def on_opened(self, person: Person) -> tuple[SuggestedPrompt, ...]:
        """Return at most four prompts to offer to someone who opened the agent pane."""

    async def on_command(self, command: IncomingCommand) -> Reply:
        """Return the private reply to a slash command."""


class ReplyStream(Protocol):
    """One reply while it is being written; nothing is visible before the first call."""

    async def progress(self, note: str) -> None:
        """Show what is being done (at most 50 characters); best effort, never raises."""

    async def append(self, text: str) -> None:
        """Show `text` (whole sentences or lines of Markdown) after what stands already.

        Raises:
            ReplyStoppedError: The person pressed Stop; call `finish` with what stands.
            AdapterError: The platform refused and no fallback is left.
        """

    async def finish(self, reply: Reply) -> SentReply:
        """End the reply: what then stands is exactly `reply`, whatever was appended before.

        Raises:
            AdapterError: The platform refused and no fallback is left.
        """


class ChatAdapter(Protocol):
    """One chat platform."""

    @property
    def capabilities(self) -> Capabilities:
        """What this platform can do."""

    async def send(self, thread: ThreadId, reply: Reply) -> SentReply:
        """Post `reply` as one message, or several where it is longer than the platform takes.

        Raises:
            RateLimitedError: The platform asks to wait longer than the adapter does by itself.
            AdapterError: The platform refused.
        """

    async def update(self, sent: SentReply, reply: Reply) -> SentReply:
        """Replace what stands at `sent` with `reply`; errors as for `send`."""

    async def ping(self) -> None:
        """Return when the platform accepts our credentials; errors as for `send`."""

    def stream(
        self,
        message: IncomingMessage,
        *,
        stands: SentReply | None = None,
        on_visible: OnVisible | None = None,
    ) -> ReplyStream:
        """Begin the reply to `message`, in its thread, streamed as far as the platform can.

        `stands` is a reply that somebody began before: it is replaced instead of a second one
        being posted. `on_visible` is awaited as soon as, and each time that, a new message of
        ours became visible.
        """

    async def find_reply(
        self, message: IncomingMessage, *, known: frozenset[str]
    ) -> SentReply | None:
        """Look for a reply of ours that stands behind `message` and is not among `known`.

        For when it isn't clear whether a call arrived; None where the platform can't be asked.
        """
