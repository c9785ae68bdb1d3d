"""Greets who opens the agent pane, and the channels that we are added to."""

import structlog

from adapters.errors import AdapterError
from adapters.ports import ChatAdapter, MessageHandlers
from adapters.slack.audience import SlackAudiences
from adapters.slack.calls import SLACK, SlackCalls
from adapters.slack.people import SlackPeople
from adapters.types import ROOT, Audience, Greeting, Person, ThreadId, Visibility

log = structlog.get_logger(__name__)


class SlackGreeter:
    """Shows prompts, and the first time a welcome; best effort, nobody waits for it."""

    def __init__(
        self,
        calls: SlackCalls,
        people: SlackPeople,
        audiences: SlackAudiences,
        adapter: ChatAdapter,
        handlers: MessageHandlers,
        *,
        workspace: str,
    ) -> None:
        self._calls = calls
        self._people = people
        self._audiences = audiences
        self._adapter = adapter
        self._handlers = handlers
        self._workspace = workspace

    async def greet_channel(self, channel: str, inviter: str) -> None:
        """Welcome a channel that `inviter` added us to."""
        who = Person(id=inviter, workspace=self._workspace)
        audience = await self._audiences.of_channel(channel, who)
        await self._welcome(channel, await self._handlers.on_opened(SLACK, audience))

    async def greet_person(self, user: str, channel: str, thread_ts: str | None) -> None:
        """Offer prompts in the pane, which is the direct conversation `channel`."""
        person = await self._people.known(Person(id=user, workspace=self._workspace))
        audience = Audience(
            visibility=Visibility.PERSON, person=person, has_outsiders=person.is_guest
        )
        greeting = await self._handlers.on_opened(SLACK, audience)
        await self._calls.attempted(
            "assistant.threads.setSuggestedPrompts",
            lambda slack: slack.assistant_threads_setSuggestedPrompts(
                channel_id=channel,
                thread_ts=thread_ts,
                title=greeting.title or None,
                prompts=[{"title": p.title, "message": p.message} for p in greeting.prompts],
            ),
        )
        await self._welcome(channel, greeting)

    async def _welcome(self, channel: str, greeting: Greeting) -> None:
        if greeting.welcome is None:
            return
        place = ThreadId(platform=SLACK, workspace=self._workspace, channel=channel, thread=ROOT)
        try:
            await self._adapter.send(place, greeting.welcome)
        except AdapterError as error:
            log.warning("welcome_left_out", code=error.code, channel=channel)
