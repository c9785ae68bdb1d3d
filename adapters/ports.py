"""What adapters call (`MessageHandlers`), and what the bot calls on an adapter (`ChatAdapter`)."""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from adapters.files import Attachment
from adapters.types import (
    Audience,
    Capabilities,
    Form,
    Greeting,
    Home,
    IncomingAction,
    IncomingCommand,
    IncomingDeletion,
    IncomingMessage,
    IncomingStop,
    IncomingSubmission,
    Person,
    Reply,
    SentReply,
    ThreadId,
    Transcript,
)

OnVisible = Callable[[SentReply], Awaitable[None]]
Windows = tuple[tuple[int, float], ...]


class Need(StrEnum):
    """What a setting needs that an installation of our app may lack."""

    READ_ALONG = "read_along"  # messages of channels without a mention
    GROUPS = "groups"  # who is in a group of the platform's, and to call one


class MessageHandlers(Protocol):
    """The bot, as an adapter sees it."""

    async def may_want(self, message: IncomingMessage) -> bool:
        """Return within milliseconds whether `message` could be for us, whoever wrote it.

        Asked before anything is looked up about the person; what is not wanted may be
        acknowledged and forgotten.

        Raises:
            NotAcceptedError: It can't be told now; the platform must deliver again.
        """

    async def on_message(self, message: IncomingMessage) -> None:
        """Take `message` over; when this returns it is durable and may be acknowledged.

        Duplicates, and what is not for us, are taken and dropped.

        Raises:
            NotAcceptedError: It could not be made durable; the platform must deliver again.
            OverloadedError: The same, since too much waits; tell the person.
        """

    async def on_edit(self, message: IncomingMessage) -> None:
        """Let `message` take the place of its earlier wording, if that still waits.

        Raises:
            NotAcceptedError: As for `on_message`.
        """

    async def on_deletion(self, deletion: IncomingDeletion) -> None:
        """Forget a message that still waits; one that is being answered is answered.

        Raises:
            NotAcceptedError: As for `on_message`.
        """

    async def on_stop(self, stop: IncomingStop) -> None:
        """Stop the answer that is being written in a thread, if there is one."""

    async def on_opened(self, platform: str, audience: Audience) -> Greeting:
        """Return what to show to someone who opened a conversation with us, or to a channel.

        A channel is greeted when we were added to it; everyone in `audience` will see it all.
        """

    async def on_home(self, platform: str, workspace: str, person: Person) -> Home:
        """Return what `person` sees on their home in `workspace`; never raises."""

    async def on_command(self, command: IncomingCommand) -> Reply:
        """Return the private reply to a slash command."""

    async def on_action(self, action: IncomingAction) -> None:
        """Take a pressed button over; a press that comes again does nothing.

        Raises:
            NotAcceptedError: It could not be taken; the person should press again.
        """

    async def on_submission(self, submission: IncomingSubmission) -> Mapping[str, str]:
        """Take a form over; returns what is wrong by field, where it must be filled in anew.

        Raises:
            NotAcceptedError: It could not be taken; the person should send it again.
        """


class CallLimiter(Protocol):
    """Counts our calls against a platform's limits, together with all other processes."""

    async def reserve(self, key: str, windows: Windows, *, share: float = 1.0) -> float:
        """Count one call of `key` and return 0, or count none and return the seconds to wait.

        `windows` are (calls, seconds) that all hold at once; only `share` of each may be used,
        so that what may be left out does not take the place of what may not.
        """

    async def block(self, key: str, seconds: float) -> None:
        """Let nobody call `key` for `seconds`: the platform said so."""


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

        What is sent this way is a notice: `find_reply` takes it for no answer.

        Raises:
            RateLimitedError: The platform asks to wait longer than the adapter does by itself.
            AdapterError: The platform refused.
        """

    async def update(self, sent: SentReply, reply: Reply) -> SentReply:
        """Replace the notice that stands at `sent` with `reply`; errors as for `send`.

        It stays a notice: `find_reply` takes it for no answer.
        """

    async def send_privately(self, thread: ThreadId, person: Person, reply: Reply) -> None:
        """Show `reply` in `thread` to `person` alone; it can't be changed later.

        Raises:
            RateLimitedError: As for `send`.
            AdapterError: The platform refused, or can't show anything to one person there.
        """

    async def tell(self, action: IncomingAction, reply: Reply) -> None:
        """Show `reply` to who pressed, at once: as the answer where the platform waits for one.

        Raises:
            AdapterError: As for `send_privately`.
        """

    async def read_thread(self, thread: ThreadId, *, limit: int) -> Transcript:
        """Return at most `limit` messages of `thread`, as the platform shows them now.

        Raises:
            ThreadUnreadableError: We may not read it, or the platform has no way to.
            AdapterError: The platform did not tell.
        """

    async def write_to(self, person: Person, reply: Reply) -> None:
        """Write a notice to `person` alone, in the conversation that they have with us.

        Raises:
            RateLimitedError: As for `send`.
            AdapterError: The platform refused, or there is no such conversation.
        """

    async def open_form(self, trigger: str, form: Form) -> None:
        """Show `form` to whoever caused `trigger`, within seconds of it.

        Raises:
            AdapterError: The platform refused, the trigger is too old, or there are no forms.
        """

    async def ping(self) -> None:
        """Return when the platform accepts our credentials; errors as for `send`."""

    def stream(
        self,
        message: IncomingMessage,
        *,
        stands: SentReply | None = None,
        known: frozenset[str] = frozenset(),
        on_visible: OnVisible | None = None,
    ) -> ReplyStream:
        """Begin the reply to `message`, in its thread, streamed as far as the platform can.

        `stands` is a reply that somebody began before, in one message or several: it is replaced
        instead of a second one being posted. `on_visible` is awaited as soon as, and each time
        that, a new message of ours became visible, with all that stand then. `known` are messages
        of ours that belong to other answers in the thread.
        """

    async def audience_of(self, message: IncomingMessage) -> Audience:
        """Return who will be able to see a reply to `message`, as the platform tells it now.

        Never raises: what is not known counts as read by outsiders.
        """

    async def known(self, person: Person) -> Person | None:
        """Return `person` with what the platform tells; None where it tells of no one by an id.

        Never raises: whom it does not know counts as a guest.
        """

    async def fetch(self, file: Attachment, path: Path, *, max_bytes: int) -> None:
        """Write the content of a file that stood beside a message to `path`.

        Raises:
            FileTooLargeError: It has more than `max_bytes`; perhaps some are written.
            AdapterError: The platform does not hand it over (`not_handed_over` where it never
                does, `elsewhere` where it has none, `not_permitted`, `gone`), or can't be reached.
        """

    async def places(self, workspace: str) -> tuple[str, ...]:
        """Return the ids of the channels in `workspace` that we are in, at most 1,000.

        Raises:
            AdapterError: The platform did not tell.
        """

    async def lacks(self, need: Need) -> str:
        """Return how to mend what our app may not do here; nothing where it may, or nobody knows.

        Never raises.
        """

    async def acknowledge(self, message: IncomingMessage, note: str) -> None:
        """Show beside `message` that it was taken (at most 50 characters); never raises.

        An empty `note` takes away what was shown.
        """

    async def find_reply(
        self, message: IncomingMessage, *, known: frozenset[str]
    ) -> SentReply | None:
        """Look for a reply of ours that stands behind `message` and is not among `known`.

        For when it isn't clear whether a call arrived; None where there is none, or where the
        platform has no way to ask.

        Raises:
            AdapterError: The platform did not tell.
        """
