"""Slack's events, commands and buttons, through Bolt: over HTTP or Socket Mode."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from adapters.characters import in_whole_characters
from adapters.errors import NotAcceptedError, OverloadedError
from adapters.ports import MessageHandlers
from adapters.slack.adapter import SlackAdapter
from adapters.slack.audience import SlackAudiences
from adapters.slack.calls import SlackCalls, called
from adapters.slack.events import (
    PLATFORM,
    deletion_in,
    edit_in,
    message_in,
    stop_in,
    words_of_command,
)
from adapters.slack.greeting import SlackGreeter
from adapters.slack.history import SlackHistory
from adapters.slack.home import SlackHomes
from adapters.slack.identity import SlackIdentity
from adapters.slack.interactions import action_in, shortcut_in, submission_in
from adapters.slack.people import SlackPeople
from adapters.slack.rendering import messages_of
from adapters.types import (
    IncomingAction,
    IncomingCommand,
    IncomingMessage,
    Person,
)

log = structlog.get_logger(__name__)

EVENTS_PATH = "/slack/events"
COMMAND = "/citewell"
_ANY = re.compile(r".+", re.DOTALL)
_MAX_BACKGROUND = 100
_MAX_BLOCKS = 50
_BUSY = (
    "I have more questions than I can answer right now. I'll try yours again within a few "
    "minutes; if you hear nothing by then, please ask again."
)
_NO_RETRY: dict[str, str | Sequence[str]] = {"X-Slack-No-Retry": "1"}


class SlackApp:
    """Everything of one Slack app: its adapter for replies, and what receives."""

    def __init__(
        self,
        *,
        calls: SlackCalls,
        signing_secret: str,
        handlers: MessageHandlers,
        identity: SlackIdentity,
    ) -> None:
        self._handlers = handlers
        self._identity = identity
        self._calls = calls
        self._people = SlackPeople(calls, workspace=identity.team)
        self._background: set[asyncio.Task[None]] = set()
        audiences = SlackAudiences(
            calls, self._people, workspace=identity.team, bot_user=identity.bot_user
        )
        history = SlackHistory(calls, self._people, identity)
        self.adapter = SlackAdapter(calls, audiences, history, bot_user=identity.bot_user)
        self._greeter = SlackGreeter(
            calls, self._people, audiences, self.adapter, handlers, workspace=identity.team
        )
        self._homes = SlackHomes(calls, self._people, handlers, workspace=identity.team)
        self._bolt = AsyncApp(
            client=calls.client,
            signing_secret=signing_secret,
            authorize=_authorized(identity, str(calls.client.token)),
            # Bolt would acknowledge an event before its listener runs. Ours only make the message
            # durable, and Slack is told after that: it delivers again what could not be taken.
            process_before_response=True,
            request_verification_enabled=bool(signing_secret),
            logger=logging.getLogger("slack_bolt"),
        )
        self._register()

    def route(self) -> web.RouteDef:
        """Return the HTTP route that takes events, commands and buttons."""
        return web.post(EVENTS_PATH, self._on_http)

    @asynccontextmanager
    async def socket_mode(self, app_token: str) -> AsyncIterator[None]:
        """Receive over a WebSocket while inside; it reconnects by itself.

        Raises:
            AdapterError: Slack refuses the token, or can't be reached.
        """
        slack = self._calls.client
        await called(slack.apps_connections_open(app_token=app_token))
        handler = AsyncSocketModeHandler(self._bolt, app_token, web_client=slack)
        try:
            await handler.connect_async()  # type: ignore[no-untyped-call]
            yield
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]

    async def _on_http(self, request: web.Request) -> web.Response:
        try:
            incoming = await to_bolt_request(request)
        except (ValueError, AttributeError):  # no JSON object: it would be none the next time
            return web.Response(status=400, headers={"X-Slack-No-Retry": "1"})
        return await to_aiohttp_response(await self._bolt.async_dispatch(incoming))

    def _register(self) -> None:
        bolt = self._bolt
        bolt.use(_in_whole_characters)
        for subtype in ("message_changed", "message_deleted"):
            bolt.event({"type": "message", "subtype": subtype})(self._on_changed)
        for kind in ("message", "app_mention"):
            bolt.event(kind)(self._on_message)
        bolt.event("app_home_opened")(self._on_home_opened)
        bolt.event("member_joined_channel")(self._on_joined)
        bolt.event("assistant_thread_started")(self._on_thread_started)
        bolt.event("agent_session_stopped")(self._on_stopped)
        for kind in ("app_context_changed", "assistant_thread_context_changed"):
            bolt.event(kind)(_ignore)
        bolt.command(COMMAND)(self._on_command)
        bolt.action(_ANY)(self._on_action)
        bolt.shortcut({"callback_id": _ANY, "type": "message_action"})(self._on_shortcut)
        bolt.view({"callback_id": _ANY, "type": "view_submission"})(self._on_submission)
        bolt.error(_on_error)

    async def _on_message(self, body: Mapping[str, object], request: AsyncBoltRequest) -> None:
        message = await self._read(partial(message_in, body))
        if message is None:
            return
        try:
            await self._handlers.on_message(message)
        except OverloadedError:
            if request.headers.get("x-slack-retry-num", ["0"])[0] == "0":
                self._in_background(self._say_busy(message))
            raise

    async def _on_changed(self, body: Mapping[str, object]) -> None:
        if deletion := deletion_in(body):
            await self._handlers.on_deletion(deletion)
        elif (message := await self._read(partial(edit_in, body))) is not None:
            await self._handlers.on_edit(message)

    async def _read(self, read: Callable[..., IncomingMessage | None]) -> IncomingMessage | None:
        """Return the message that `read` finds, with who wrote it, where it may be for us."""
        message = read(bot_user=self._identity.bot_user)
        if message is None or not await self._handlers.may_want(message):
            return None
        person = await self._people.known(message.person)
        has_outsiders = message.audience.has_outsiders or person.is_guest
        audience = replace(message.audience, person=person, has_outsiders=has_outsiders)
        return replace(message, person=person, audience=audience)

    async def _say_busy(self, message: IncomingMessage) -> None:
        """Tell the person alone that the question was not taken; Slack brings it again."""
        await self._calls.attempted(
            "chat.postEphemeral",
            lambda slack: slack.chat_postEphemeral(
                channel=message.thread.channel,
                user=message.person.id,
                thread_ts=message.thread.thread,
                text=_BUSY,
            ),
        )

    async def _on_stopped(self, body: Mapping[str, object]) -> None:
        stop = stop_in(body)
        if stop is not None:
            await self._handlers.on_stop(stop)

    async def _on_home_opened(self, event: Mapping[str, object]) -> None:
        user, view = str(event.get("user") or ""), event.get("view")
        if event.get("tab") == "messages":
            self._later(user, str(event.get("channel") or ""), None)
        elif event.get("tab") == "home" and user:
            seen = str(view.get("hash") or "") if isinstance(view, Mapping) else ""
            self._in_background(self._homes.show(user, seen))

    async def _on_joined(self, event: Mapping[str, str]) -> None:
        """Greet a channel that we were added to; who else joins is no concern of ours."""
        channel = event.get("channel", "")
        if event.get("user") == self._identity.bot_user and channel:
            self._in_background(self._greeter.greet_channel(channel, event.get("inviter", "")))

    async def _on_thread_started(self, event: Mapping[str, Mapping[str, str]]) -> None:
        thread = event.get("assistant_thread") or {}
        self._later(
            thread.get("user_id", ""), thread.get("channel_id", ""), thread.get("thread_ts")
        )

    async def _on_command(self, ack: AsyncAck, command: Mapping[str, str]) -> None:
        person = await self._people.known(
            Person(id=command["user_id"], workspace=command["team_id"])
        )
        incoming = IncomingCommand(
            text=words_of_command(command.get("text", "")),
            platform=PLATFORM,
            workspace=self._identity.team,
            channel=command.get("channel_id", ""),
            person=person,
            trigger=command.get("trigger_id", ""),
        )
        messages = messages_of(await self._handlers.on_command(incoming))
        blocks = [block for message in messages for block in message.blocks][:_MAX_BLOCKS]
        await ack(text=messages[0].text, blocks=blocks, response_type="ephemeral")

    async def _on_action(self, ack: AsyncAck, body: Mapping[str, object]) -> None:
        await self._take(action_in(body, team=self._identity.team))
        await ack()

    async def _on_shortcut(self, ack: AsyncAck, body: Mapping[str, object]) -> None:
        us = self._identity
        await self._take(shortcut_in(body, team=us.team, bot_user=us.bot_user))
        await ack()

    async def _take(self, action: IncomingAction | None) -> None:
        if action is not None:
            person = await self._people.known(action.person)
            await self._handlers.on_action(replace(action, person=person))

    async def _on_submission(self, ack: AsyncAck, body: Mapping[str, object]) -> None:
        submission = submission_in(body, team=self._identity.team)
        if submission is None:
            await ack()
            return
        person = await self._people.known(submission.person)
        wrong = await self._handlers.on_submission(replace(submission, person=person))
        if wrong:
            await ack(response_action="errors", errors=dict(wrong))
        else:
            await ack()

    def _later(self, user: str, channel: str, thread_ts: str | None) -> None:
        """Offer prompts after the acknowledgement: nobody waits for them."""
        if user and channel:
            self._in_background(self._greeter.greet_person(user, channel, thread_ts))

    def _in_background(self, doing: Coroutine[None, None, None]) -> None:
        if len(self._background) >= _MAX_BACKGROUND:
            doing.close()
            return
        task = asyncio.create_task(doing)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def _authorized(
    identity: SlackIdentity, token: str
) -> Callable[[], Coroutine[None, None, AuthorizeResult]]:
    """Return what tells Bolt who we are: known from the start, so no event asks Slack again."""
    result = AuthorizeResult(
        enterprise_id=None,
        team_id=identity.team,
        bot_token=token,
        bot_user_id=identity.bot_user,
        bot_id=identity.bot_id,
    )

    async def authorize() -> AuthorizeResult:
        return result

    return authorize


async def _in_whole_characters(
    request: AsyncBoltRequest, next_: Callable[[], Awaitable[None]]
) -> None:
    request.body.update(in_whole_characters(request.body))
    await next_()


async def _ignore() -> None:
    """Take an event that tells us nothing we need."""


async def _on_error(error: Exception, request: AsyncBoltRequest) -> BoltResponse:
    """Answer so that Slack delivers again, except where that would never help."""
    is_temporary = isinstance(error, NotAcceptedError)
    kind = str((request.body or {}).get("type", ""))
    log.warning("not_taken", platform=PLATFORM, kind=kind, exc_info=error)
    if is_temporary:
        return BoltResponse(status=503)
    return BoltResponse(status=500, headers=_NO_RETRY)
