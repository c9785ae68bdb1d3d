"""Teams as a `ChatAdapter`."""

from dataclasses import replace
from pathlib import Path

from adapters.errors import AdapterError, ThreadUnreadableError, UndeliverableError
from adapters.files import Attachment
from adapters.ports import Need, OnVisible, ReplyStream
from adapters.teams.audience import TeamsAudiences
from adapters.teams.calls import TeamsCalls
from adapters.teams.connector import TEAMS, AppTokens
from adapters.teams.controls import form_card
from adapters.teams.dialogs import Dialogs, is_dialog
from adapters.teams.events import CHAT, root_of
from adapters.teams.files import TeamsFiles
from adapters.teams.people import TeamsPeople
from adapters.teams.references import Kind, Reference, References, at_hand
from adapters.teams.rendering import (
    TeamsMessage,
    activity_of,
    calling,
    messages_of,
    typing_activity,
)
from adapters.teams.stream import TeamsReplyStream
from adapters.types import (
    Audience,
    Capabilities,
    Form,
    IncomingAction,
    IncomingMessage,
    Person,
    Reply,
    SentReply,
    ThreadId,
    Transcript,
    Visibility,
)

_NO_GROUPS = "Teams lets no app call a group, or ask who is in one: name people, as @name."


class TeamsAdapter:
    """Posts replies where a conversation's reference says, long after the request that brought it.

    A reference comes from a validated activity alone: no call goes anywhere else.
    """

    def __init__(
        self,
        calls: TeamsCalls,
        references: References,
        tokens: AppTokens,
        audiences: TeamsAudiences,
        *,
        people: TeamsPeople,
        dialogs: Dialogs,
        files: TeamsFiles,
    ) -> None:
        self._people = people
        self._dialogs = dialogs
        self._files = files
        self._audiences = audiences
        self._calls = calls
        self._references = references
        self._tokens = tokens

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            max_chars=20_000,
            can_edit=True,
            can_stream=True,
            can_answer_privately=True,
            has_buttons=True,
            has_forms=True,
        )

    async def send(self, thread: ThreadId, reply: Reply) -> SentReply:
        reference = await self._reference(thread)
        root = root_of(thread)
        first, *rest = messages_of(reply)
        people = [each.removeprefix("user:") for each in reply.notify if each.startswith("user:")]
        first = calling(first, await self._people.mentioned(people, reference))
        sent = [
            await self._calls.post(reference, root, activity_of(message, reference))
            for message in (first, *rest)
        ]
        return SentReply(thread=thread, messages=tuple(sent))

    async def update(self, sent: SentReply, reply: Reply) -> SentReply:
        stream = self._stream(sent.thread, "", stands=sent, may_stream=False)
        return await stream.finish(reply)

    async def send_privately(self, thread: ThreadId, person: Person, reply: Reply) -> None:
        """Write to `person` in the personal chat: Teams shows nothing to one person elsewhere."""
        await self.write_to(replace(person, workspace=thread.workspace), reply)

    async def write_to(self, person: Person, reply: Reply) -> None:
        chat = await self._references.find_chat(person.workspace, person.id)
        if not chat and (here := at_hand.get()) and here.kind is Kind.PERSONAL:
            chat = here.conversation if here.person_id == person.id else ""
        if not chat:
            raise AdapterError(TEAMS, "no_personal_chat")
        place = ThreadId(platform=TEAMS, workspace=person.workspace, channel=chat, thread=CHAT)
        await self.send(place, reply)

    async def tell(self, action: IncomingAction, reply: Reply) -> None:
        if self._dialogs.show(action.trigger, reply) or action.thread is None:
            return
        await self.send_privately(action.thread, action.person, reply)

    async def read_thread(self, thread: ThreadId, *, limit: int) -> Transcript:  # noqa: ARG002
        raise ThreadUnreadableError(TEAMS, "no_history")

    async def open_form(self, trigger: str, form: Form) -> None:
        """Show `form` in the dialog that Teams waits for, else as a card where it was asked for."""
        if self._dialogs.show(trigger, form):
            return
        if is_dialog(trigger):
            raise AdapterError(TEAMS, "dialog_closed")
        thread = ThreadId.parse(trigger)
        reference = await self._reference(thread)
        root = root_of(thread)
        message = TeamsMessage(text="", cards=(form_card(form),))
        await self._calls.post(reference, root, activity_of(message, reference))

    async def ping(self) -> None:
        await self._tokens.token()

    async def audience_of(self, message: IncomingMessage) -> Audience:
        return await self._audiences.of(message.thread, message.audience)

    async def audience_in(self, thread: ThreadId, given: Audience) -> Audience:
        """Return who reads along in `thread`, as `audience_of` does for a message there."""
        return await self._audiences.of(thread, given)

    async def known(self, person: Person) -> Person | None:
        """Return who somebody is who has a personal chat with us: of others Teams tells nothing."""
        chat = await self._references.find_chat(person.workspace, person.id)
        reference = await self._references.find(person.workspace, chat) if chat else None
        return await self._people.known(person, reference) if reference else None

    async def places(self, workspace: str) -> tuple[str, ...]:
        return await self._references.channels(workspace)

    async def lacks(self, need: Need) -> str:
        return _NO_GROUPS if need is Need.GROUPS else ""  # of consents the Connector tells nothing

    async def fetch(self, file: Attachment, path: Path, *, max_bytes: int) -> None:
        await self._files.fetch(file, path, max_bytes=max_bytes)

    async def acknowledge(self, message: IncomingMessage, note: str) -> None:
        if not note:  # a sign of typing ends by itself
            return
        try:
            reference = await self._reference(message.thread)
        except UndeliverableError:
            return
        if reference.kind is not Kind.CHANNEL:  # where nobody sees it
            await self._calls.attempted(reference, "", typing_activity(reference))

    async def find_reply(
        self,
        message: IncomingMessage,  # noqa: ARG002
        *,
        known: frozenset[str],  # noqa: ARG002
    ) -> SentReply | None:
        return None  # the Connector can't be asked; see `TeamsReplyStream`

    def stream(
        self,
        message: IncomingMessage,
        *,
        stands: SentReply | None = None,
        known: frozenset[str] = frozenset(),  # noqa: ARG002
        on_visible: OnVisible | None = None,
    ) -> ReplyStream:
        return self._stream(
            message.thread,
            message.message_id,
            stands=stands,
            may_stream=message.audience.visibility is Visibility.PERSON,
            on_visible=on_visible,
        )

    def _stream(
        self,
        thread: ThreadId,
        message_id: str,
        *,
        stands: SentReply | None,
        may_stream: bool,
        on_visible: OnVisible | None = None,
    ) -> TeamsReplyStream:
        found: list[Reference] = []

        async def find() -> Reference:
            if not found:
                found.append(await self._reference(thread))
            return found[0]

        return TeamsReplyStream(
            calls=self._calls,
            references=self._references,
            find=find,
            thread=thread,
            message_id=message_id,
            stands=stands.messages if stands else (),
            may_stream=may_stream,
            on_visible=on_visible,
        )

    async def _reference(self, thread: ThreadId) -> Reference:
        found = await self._references.find(thread.workspace, thread.channel)
        here = at_hand.get()
        if (
            found is None
            and here
            and (here.tenant, here.conversation)
            == (
                thread.workspace,
                thread.channel,
            )
        ):
            return here
        if found is None:
            raise UndeliverableError(TEAMS, "unknown_conversation")
        return found
