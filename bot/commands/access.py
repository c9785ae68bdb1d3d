"""The command that shows what somebody's question is answered from, and what is withheld."""

import asyncio
import time
from collections.abc import Mapping, Sequence

import structlog

from adapters.ports import ChatAdapter
from adapters.types import (
    ROOT,
    Addressed,
    Audience,
    IncomingMessage,
    Person,
    Reply,
    ThreadId,
    Visibility,
)
from bot.commands.registry import Call, Command, wrong
from bot.controls.configstore import ConfigStore
from bot.ports import Redactor
from bot.steps.access import Judged, access_of
from bot.steps.readers import Readers
from bot.steps.searching import PassageFinder
from bot.steps.sets import KnowledgeSets
from bot.types import Question
from guardrails.types import Placeholders
from knowledge.errors import KnowledgeUnavailableError

log = structlog.get_logger(__name__)

_LIMIT = 20
_MAX_SHOWN = 10


class AccessCommands:
    """Asks as somebody; titles are shown only of what the administrator may read as well."""

    def __init__(
        self,
        *,
        store: ConfigStore,
        adapters: Mapping[str, ChatAdapter],
        finder: PassageFinder,
        readers: Readers,
        sets: KnowledgeSets,
        redactor: Redactor,
    ) -> None:
        self._store = store
        self._adapters = adapters
        self._finder = finder
        self._readers = readers
        self._sets = sets
        self._redactor = redactor

    def all(self) -> tuple[Command, ...]:
        """Return the command, by its two names."""
        return tuple(
            Command(
                name=name,
                summary="Which documents somebody is answered from, and which are withheld",
                usage='@name [#channel] "QUESTION"',
                run=self._run,
            )
            for name in ("acl", "ask-as")
        )

    async def _run(self, call: Call) -> Reply:
        match call.words:
            case (name, place, *rest) if rest and place.startswith("channel:"):
                channel = call.channel_key(place)
            case (name, *rest) if rest and not rest[0].startswith("channel:"):
                channel = ""
            case _:
                wrong("Say whom, and the question.")
        key = call.subject(name)
        if not key.startswith("user:"):
            wrong("Name a person: groups ask nothing.")
        person = await self._person(call, key.rpartition(":")[2])
        audience = await self._audience(call, person, channel)
        told = await self._redactor.redact(" ".join(rest), Placeholders())
        await self._store.change(call.who, f"asked as {key}", lambda config: config)
        log.info("asked_as", by=call.person.id, person=person.id)
        try:
            access, own = await asyncio.gather(
                access_of(
                    # A question stands alone here: there is no thread before it.
                    _question(told.text),
                    audience,
                    finder=self._finder,
                    readers=self._readers,
                    limit=_LIMIT,
                    scope=await self._sets.scope_of(audience),
                ),
                self._readers.of_person(call.person),
            )
        except KnowledgeUnavailableError:
            return Reply(text="The index does not answer; try again in a moment.")
        mine = {str(each) for each in own}
        where = "in that channel" if channel else "directly"
        return Reply(
            text=f"If they ask {where}:\n\n"
            + _listed("Found", access.used, mine)
            + "\n\n"
            + _listed("Withheld", access.withheld, mine)
        )

    async def _person(self, call: Call, person_id: str) -> Person:
        adapter = self._adapters.get(call.platform)
        person = Person(id=person_id, workspace=call.workspace)
        known = await adapter.known(person) if adapter is not None else None
        if known is None:
            wrong(
                "This platform does not tell me who that is; on the server, "
                "`citewell acl check` does it with their address."
            )
        return known

    async def _audience(self, call: Call, person: Person, channel: str) -> Audience:
        alone = Audience(visibility=Visibility.PERSON, person=person)
        adapter = self._adapters.get(call.platform)
        if not channel or adapter is None:
            return alone
        thread = ThreadId(
            platform=call.platform,
            workspace=call.workspace,
            channel=channel.rpartition(":")[2],
            thread=ROOT,
        )
        message = IncomingMessage(
            event_id="acl",
            message_id="0",
            thread=thread,
            person=person,
            audience=Audience(visibility=Visibility.CHANNEL, person=person),
            addressed=Addressed.MENTION,
            text="",
            sent_at_s=time.time(),
        )
        return await adapter.audience_of(message)


def _question(text: str) -> Question:
    return Question(text=text, standalone=text)


def _listed(title: str, documents: Sequence[Judged], mine: set[str]) -> str:
    """Return the documents as lines; of what the administrator may not read only how many."""
    open_to_me = [each for each in documents if mine & {*each.because, *each.needs}]
    lines = [f"- {_plain(each.title)} ({_why(each)})" for each in open_to_me[:_MAX_SHOWN]]
    more = len(open_to_me) - len(lines)
    lines += [f"- and {more} more"] if more > 0 else []
    hidden = len(documents) - len(open_to_me)
    lines += [f"- and {hidden} that you may not read either"] if hidden else []
    return f"{title} ({len(documents)}):\n\n" + ("\n".join(lines) or "- nothing")


def _why(each: Judged) -> str:
    if each.because:
        return f"as {', '.join(f'`{as_}`' for as_ in each.because[:3])}"
    if each.why == "not_the_audience":
        return "they may read it, not everyone there"
    return f"for {', '.join(f'`{need}`' for need in each.needs[:3])}"


def _plain(title: str) -> str:
    return title.translate({ord(mark): " " for mark in "`*_[]<>\n"})[:150]
