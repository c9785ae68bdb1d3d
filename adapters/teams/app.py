"""Teams' activities over HTTP: believed, made durable and acknowledged; answered later."""

import asyncio
import json
import re
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from typing import Protocol

import structlog
from aiohttp import web
from pydantic import ValidationError

from adapters.characters import in_whole_characters
from adapters.errors import AdapterError, NotAcceptedError, OverloadedError
from adapters.ports import MessageHandlers
from adapters.teams import controls
from adapters.teams.adapter import TeamsAdapter
from adapters.teams.audience import TeamsAudiences
from adapters.teams.calls import TeamsCalls
from adapters.teams.connector import AppTokens
from adapters.teams.controls import action_in, feedback_in, submission_in
from adapters.teams.dialogs import Dialogs
from adapters.teams.events import (
    PLATFORM,
    TeamsActivity,
    deletion_in,
    mentioned_in,
    message_in,
    person_in,
    reference_in,
    root_of,
    thread_in,
    words_of_command,
)
from adapters.teams.extensions import FETCH, SUBMIT, MessageActions, is_message_action
from adapters.teams.files import TeamsFiles
from adapters.teams.mends import Json
from adapters.teams.opening import CardDialogs
from adapters.teams.people import TeamsPeople
from adapters.teams.references import Kind, Reference, References, at_hand
from adapters.teams.rendering import activity_of, messages_of, prompts_activity
from adapters.teams.security import Trusted, UntrustedError
from adapters.teams.stream import place_key
from adapters.types import (
    Addressed,
    AddressError,
    Audience,
    IncomingCommand,
    IncomingMessage,
    Reply,
    Visibility,
)

log = structlog.get_logger(__name__)

ENDPOINT = "/api/messages"
_MAX_BACKGROUND = 100
_MAX_BODY_BYTES = 256 * 1024
_COMMAND = re.compile(r"/(?:citewell\b)?\s*(.*)|(help|home|status)", re.IGNORECASE | re.DOTALL)
_UNASKED = re.compile(r"/(?:citewell\b\s*(.*)|(help|home|status))", re.IGNORECASE | re.DOTALL)
"""A command where nobody mentioned us: paths and other bots' commands begin with a stroke too."""
_ESCAPED_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_ELSEWHERE = "I answer commands in our personal chat, where only you read along. Please ask there."
_HOME = "home"
_BUSY = "I have more questions than I can answer right now. Please ask again in a few minutes."


class Check(Protocol):
    """Decides whether an activity is to be believed."""

    async def check(self, request: web.Request, activity: Mapping[str, object]) -> Trusted:
        """Return what may be believed of `activity`.

        Raises:
            UntrustedError: It is not in order.
        """


class TeamsApp:
    """Everything of one Teams app: its adapter for replies, and what receives."""

    def __init__(
        self,
        *,
        calls: TeamsCalls,
        references: References,
        tokens: AppTokens,
        check: Check,
        handlers: MessageHandlers,
        files: TeamsFiles,
        is_local: bool = False,
    ) -> None:
        self._calls = calls
        self._references = references
        self._check = check
        self._handlers = handlers
        self._people = TeamsPeople(calls, is_local=is_local)
        self._background: set[asyncio.Task[None]] = set()
        dialogs = Dialogs()
        audiences = TeamsAudiences(calls, references, is_local=is_local)
        self.adapter = TeamsAdapter(
            calls,
            references,
            tokens,
            audiences,
            people=self._people,
            dialogs=dialogs,
            files=files,
        )
        message_actions = MessageActions(handlers, self._people, references, dialogs)
        card_dialogs = CardDialogs(handlers, self._people, references, dialogs)
        self._on_menu = {FETCH: message_actions.fetch, SUBMIT: message_actions.submit}
        self._on_dialog = {
            controls.FETCH: card_dialogs.fetch,
            controls.SUBMIT: card_dialogs.submit,
        }

    def route(self) -> web.RouteDef:
        """Return the HTTP route that takes activities."""
        return web.post(ENDPOINT, self._on_http)

    async def close(self) -> None:
        """End what nobody waits for."""
        for task in list(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    async def _on_http(self, request: web.Request) -> web.Response:
        try:
            body = await _object_in(request)
            trusted = await self._check.check(request, body)
            activity = TeamsActivity.model_validate(body)
            return await self._taken(activity, trusted)
        except UntrustedError as refusal:
            log.warning(
                "not_trusted", platform=PLATFORM, reason=str(refusal), status=refusal.status
            )
            return web.Response(status=refusal.status)
        except (ValidationError, UnreadableError, AddressError):
            return web.Response(status=400)
        except NotAcceptedError as error:
            log.warning("not_taken", platform=PLATFORM, error=type(error).__name__)
            return web.Response(status=503)

    async def _taken(self, activity: TeamsActivity, trusted: Trusted) -> web.Response:
        """Do what an activity asks for; when this returns it is durable."""
        if activity.type == "invoke":
            return await self._on_invoke(activity, trusted)
        if activity.type == "message" and activity.value is not None:
            await self._on_card(activity, trusted)
        elif activity.type == "message":
            await self._on_message(activity, trusted)
        elif activity.type == "messageUpdate" and activity.event == "editMessage":
            await self._on_edit(activity, trusted)
        elif deletion := deletion_in(activity, trusted):
            await self._handlers.on_deletion(deletion)
        elif self._is_installed(activity):
            await self._on_installed(activity, trusted)
        return web.Response(status=200)

    async def _on_message(self, activity: TeamsActivity, trusted: Trusted) -> None:
        message = message_in(activity, trusted)
        if message is None:
            return
        command = _command_in(message)
        if command is None and not await self._handlers.may_want(message):
            return
        reference = reference_in(activity, trusted)
        await self._references.keep(reference)
        message = await self._with_person(message, reference)
        if command is not None:
            ids = await self._people.ids(mentioned_in(activity), reference)
            named = replace(message, text=words_of_command(activity, ids))
            await self._on_command(_command_in(named) or "", message, reference)
            return
        try:
            await self._handlers.on_message(message)
        except OverloadedError:
            self._in_background(self._post(reference, message, Reply(text=_BUSY)))
            raise

    async def _on_edit(self, activity: TeamsActivity, trusted: Trusted) -> None:
        message = message_in(activity, trusted)
        if message is not None and await self._handlers.may_want(message):
            reference = reference_in(activity, trusted)
            await self._handlers.on_edit(await self._with_person(message, reference))

    async def _with_person(self, message: IncomingMessage, reference: Reference) -> IncomingMessage:
        person = await self._people.known(message.person, reference)
        has_outsiders = message.audience.has_outsiders or person.is_guest
        audience = replace(message.audience, person=person, has_outsiders=has_outsiders)
        return replace(message, person=person, audience=audience)

    async def _on_command(self, text: str, message: IncomingMessage, reference: Reference) -> None:
        """Answer a command once, however often it is delivered."""
        if not await self._references.is_first(f"{message.thread}:{message.message_id}:command"):
            return
        reply = await self._handlers.on_command(
            IncomingCommand(
                text=text,
                platform=PLATFORM,
                workspace=message.thread.workspace,
                channel=message.thread.channel,
                person=message.person,
                trigger=str(message.thread),
            )
        )
        self._in_background(self._answer_command(message, reference, reply))

    async def _answer_command(
        self, message: IncomingMessage, reference: Reference, reply: Reply
    ) -> None:
        """Show a command's reply to the person alone."""
        if reference.kind is not Kind.PERSONAL:
            try:
                await self.adapter.send_privately(message.thread, message.person, reply)
            except AdapterError as error:
                log.info("left_out", code=error.code, platform=PLATFORM)
                reply = Reply(text=_ELSEWHERE)
            else:
                return
        await self._post(reference, message, reply)

    async def _post(self, reference: Reference, message: IncomingMessage, reply: Reply) -> None:
        root = root_of(message.thread)
        for part in messages_of(reply):
            await self._calls.attempted(reference, root, activity_of(part, reference))

    async def _on_card(self, activity: TeamsActivity, trusted: Trusted) -> None:
        """Take what was pressed or filled in on a card of ours."""
        reference = reference_in(activity, trusted)
        await self._references.keep(reference)
        if action := action_in(activity, trusted):
            person = await self._people.known(action.person, reference)
            at_hand.set(reference)
            await self._handlers.on_action(replace(action, person=person))
        elif submission := submission_in(activity, trusted):
            person = await self._people.known(submission.person, reference)
            wrong = await self._handlers.on_submission(replace(submission, person=person))
            self._in_background(self._after_form(activity, trusted, reference, wrong))

    async def _after_form(
        self,
        activity: TeamsActivity,
        trusted: Trusted,
        reference: Reference,
        wrong: Mapping[str, str],
    ) -> None:
        """Say what is wrong with a form, or take away the card that is done with."""
        thread = thread_in(activity, trusted)
        root = root_of(thread)
        if wrong:
            lines = "\n".join(f"- {field}: {problem}" for field, problem in wrong.items())
            for part in messages_of(
                Reply(text=f"Please correct this and send it again:\n\n{lines}")
            ):
                await self._calls.attempted(reference, root, activity_of(part, reference))
        elif activity.reply_to:
            try:
                await self._calls.delete(reference, root, activity.reply_to)
            except AdapterError as error:
                log.info("left_out", code=error.code, platform=PLATFORM)

    def _is_installed(self, activity: TeamsActivity) -> bool:
        if activity.type == "installationUpdate":
            return activity.action.startswith("add")
        us = activity.recipient.id
        return activity.type == "conversationUpdate" and any(
            member.id == us for member in activity.members_added
        )

    async def _on_installed(self, activity: TeamsActivity, trusted: Trusted) -> None:
        """Greet, once although Teams tells of an installation twice."""
        reference = reference_in(activity, trusted)
        await self._references.keep(reference)
        key = (
            f"{thread_in(activity, trusted)}:welcome"
            if activity.kind is not Kind.CHANNEL
            else (f"{trusted.tenant}:{reference.conversation}:welcome")
        )
        if await self._references.is_first(key):
            self._in_background(self._welcome(activity, trusted, reference))

    async def _welcome(
        self, activity: TeamsActivity, trusted: Trusted, reference: Reference
    ) -> None:
        is_alone = activity.kind is Kind.PERSONAL
        person = await self._people.known(person_in(activity, trusted), reference)
        given = Audience(
            visibility=Visibility.PERSON if is_alone else Visibility.CHANNEL,
            person=person,
            has_outsiders=person.is_guest or activity.is_shared,
        )
        audience = await self.adapter.audience_in(thread_in(activity, trusted), given)
        greeting = await self._handlers.on_opened(PLATFORM, audience)
        words = greeting.welcome.text if greeting.welcome is not None else ""
        shown = [(prompt.title, prompt.message) for prompt in greeting.prompts]
        if is_alone:
            shown.append((greeting.home or _HOME, _HOME))
        await self._calls.attempted(
            reference, "", prompts_activity(words, greeting.title, shown, reference)
        )

    async def _on_invoke(self, activity: TeamsActivity, trusted: Trusted) -> web.Response:
        """Answer an invoke, which waits for its answer."""
        log.info("invoked", platform=PLATFORM, name=activity.name)
        dialog = self._on_dialog.get(activity.name)
        if is_message_action(activity.value):
            dialog = self._on_menu.get(activity.name)
        if dialog is not None:
            return web.json_response(await dialog(activity, trusted))
        body: Json = {}
        if activity.name != "message/submitAction":
            return web.json_response(body, status=501)
        thread = thread_in(activity, trusted)
        about = await self._references.recall(place_key(thread, activity.reply_to))
        if action := feedback_in(activity, trusted, about):
            person = await self._people.known(action.person, reference_in(activity, trusted))
            await self._handlers.on_action(replace(action, person=person))
        return web.json_response(body)

    def _in_background(self, doing: Coroutine[None, None, None]) -> None:
        if len(self._background) >= _MAX_BACKGROUND:
            doing.close()
            return
        task = asyncio.create_task(doing)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def _command_in(message: IncomingMessage) -> str | None:
    """Return the command that a message is, without our name; None where it is none."""
    is_asked = message.addressed in {Addressed.DIRECT, Addressed.MENTION}
    found = (_COMMAND if is_asked else _UNASKED).fullmatch(message.text.strip())
    return (found[1] or found[2] or "") if found else None


class UnreadableError(Exception):
    """A request holds no JSON object, or more than any activity does."""


async def _object_in(request: web.Request) -> Mapping[str, object]:
    if (request.content_length or 0) > _MAX_BODY_BYTES:
        raise UnreadableError
    raw = await request.read()
    if len(raw) > _MAX_BODY_BYTES:
        raise UnreadableError
    try:
        body = json.loads(raw)
        if _ESCAPED_HALF.search(raw):
            body = in_whole_characters(body)
    except (ValueError, RecursionError) as error:
        raise UnreadableError from error
    if not isinstance(body, dict):
        raise UnreadableError
    return body
