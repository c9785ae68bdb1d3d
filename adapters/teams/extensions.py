"""Actions on messages in Teams: what the manifest's message commands bring, and how they end."""

from collections.abc import Mapping
from dataclasses import replace

import structlog
from pydantic import Field

from adapters.ports import MessageHandlers
from adapters.teams.controls import digest, shown_again, submission_in, within
from adapters.teams.dialogs import Dialogs, dialog_of, done_dialog, form_again, words_dialog
from adapters.teams.events import PLATFORM, Id, Lenient, TeamsActivity, mapping, person_in, words_of
from adapters.teams.mends import Json
from adapters.teams.people import TeamsPeople
from adapters.teams.references import Reference, References
from adapters.teams.security import Trusted
from adapters.types import IncomingAction, ThreadId

log = structlog.get_logger(__name__)

FETCH, SUBMIT = "composeExtension/fetchTask", "composeExtension/submitAction"
_NO_CHAT = (
    "I can't write to you yet. Open a personal chat with me (find me among your apps), say hello, "
    "and use this again: what I find is shown there, to you alone."
)
_CHANNEL = "@thread.tacv2"


class _User(Lenient, frozen=True):
    id: Id = ""


class _From(Lenient, frozen=True):
    user: _User = _User()
    application: _User = _User()


class _Body(Lenient, frozen=True):
    content: str = ""


class _Payload(Lenient, frozen=True):
    """What we read of a message that an action was used on."""

    id: Id = ""
    reply_to: Id = Field("", alias="replyToId")
    sender: _From = Field(_From(), alias="from")
    body: _Body = _Body()


class MessageActions:
    """Answers the invokes of message commands with dialogs; what they lead to goes privately."""

    def __init__(
        self,
        handlers: MessageHandlers,
        people: TeamsPeople,
        references: References,
        dialogs: Dialogs,
    ) -> None:
        self._handlers = handlers
        self._people = people
        self._references = references
        self._dialogs = dialogs

    async def fetch(self, activity: TeamsActivity, trusted: Trusted) -> Json:
        """Return the dialog that the action opens.

        Raises:
            NotAcceptedError: It could not be taken.
        """
        reference = await self._chat(activity, trusted)
        if reference is None:
            return words_dialog(_NO_CHAT)
        async with self._dialogs.waiting() as (trigger, shown):
            action = _action_in(activity, trusted, trigger)
            person = await self._people.known(action.person, reference)
            await self._handlers.on_action(replace(action, person=person))
            return await dialog_of(shown)

    async def submit(self, activity: TeamsActivity, trusted: Trusted) -> Json:
        """Take the form of a dialog, and return what is shown after it; errors as above."""
        filled = within(activity)
        submission = submission_in(filled, trusted)
        reference = await self._chat(activity, trusted)
        if submission is None or reference is None:
            return words_dialog(_NO_CHAT)
        person = await self._people.known(submission.person, reference)
        wrong = await self._handlers.on_submission(replace(submission, person=person))
        if wrong:
            return form_again(shown_again(filled), submission, wrong)
        return done_dialog()

    async def _chat(self, activity: TeamsActivity, trusted: Trusted) -> Reference | None:
        """Return the personal chat of who acts: we may be no member of where they do."""
        person = person_in(activity, trusted)
        chat = await self._references.find_chat(trusted.tenant, person.id)
        found = await self._references.find(trusted.tenant, chat) if chat else None
        if found is None:
            log.info("no_personal_chat", platform=PLATFORM)
            return None
        return replace(found, person=activity.sender.id, person_id=person.id)


def _action_in(activity: TeamsActivity, trusted: Trusted, trigger: str) -> IncomingAction:
    value = mapping(activity.value)
    payload = _Payload.model_validate(mapping(value.get("messagePayload")))
    person = person_in(activity, trusted)
    author = payload.sender.user.id or payload.sender.application.id
    return IncomingAction(
        event_id=digest(activity.id, activity.sender.id, payload.id, str(value.get("commandId"))),
        action=str(value.get("commandId") or ""),
        value="",
        platform=PLATFORM,
        workspace=trusted.tenant,
        person=person,
        thread=_thread(activity, trusted, payload),
        message_id=payload.id,
        trigger=trigger,
        is_private=False,
        text=words_of(payload.body.content),
        author=author,
    )


def _thread(activity: TeamsActivity, trusted: Trusted, payload: _Payload) -> ThreadId | None:
    """Return the thread of the message: in a channel its root's, else the chat's."""
    conversation, root = activity.place
    root = (payload.reply_to or root or payload.id) if conversation.endswith(_CHANNEL) else "chat"
    if not (conversation and root):
        return None
    return ThreadId(platform=PLATFORM, workspace=trusted.tenant, channel=conversation, thread=root)


def is_message_action(value: object) -> bool:
    """Return whether an invoke's value tells of an action on a message."""
    told: Mapping[str, object] = mapping(value)
    return told.get("commandContext") == "message" and bool(mapping(told.get("messagePayload")))
