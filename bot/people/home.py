"""The home: what one person asked, may read and has left, and what they look after."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapters.links import link_to
from adapters.ports import ChatAdapter
from adapters.types import (
    Audience,
    Button,
    Home,
    HomeLine,
    HomeSection,
    IncomingAction,
    IncomingCommand,
    Person,
    Reply,
    Visibility,
)
from bot.commands.gaps import GapCommands, told
from bot.commands.registry import Call, Command, Commands
from bot.controls.chatconfig import ChatConfig, Role
from bot.controls.configstore import ConfigStore
from bot.controls.ownlanguage import AUTO, CHOICES, OwnLanguages, chosen, label_of
from bot.controls.usage import MESSAGES, UsageBook
from bot.crypto import Cipher, UndecipherableError
from bot.feedback.asked import Asked, AskedStore, thread_of
from bot.feedback.gaps import Gaps
from bot.feedback.store import FeedbackStore, Vote
from bot.interactions.registry import Interactions
from bot.language.texts import counted, number, said
from bot.memory.placeholders import RedisPlaceholderStore
from bot.people.homelines import MAX_SOURCES, ago, in_words, left_lines, old_lines
from bot.people.welcoming import Welcome
from bot.record.pseudonyms import Pseudonyms
from bot.types import Outcome
from guardrails.placeholders import restore
from knowledge.errors import KnowledgeUnavailableError

log = structlog.get_logger(__name__)

_PRESSED = "home"
_QUESTIONS, _PARTS, _GAPS = 5, 10, 3
_OLD_DAYS = 365
_MANY = 100
_PATIENCE_S = 8.0
_COMMAND_PATIENCE_S = 1.2  # a command's answer is waited for
_BUTTONS = {
    "my-data": "my_data",
    "help": "help",
    "review": "review",
    "gaps": "gaps",
    "verified": "verified",
    "sources": "sources",
    "usage": "usage",
    "config history": "changes",
}
_LANGUAGES = {f"language {each}": each for each in CHOICES}
"""What the buttons run: commands, so that their rights hold."""
_ENDED = frozenset({Outcome.ANSWERED, Outcome.NO_EVIDENCE, Outcome.STOPPED})

HealthOf: TypeAlias = Callable[[], Awaitable[Mapping[str, str]]]
"""Says of each part what is wrong with it; empty for one that is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Who looks at their home, where, with which rights, and by which pseudonym."""

    platform: str
    workspace: str
    person: Person
    role: Role
    who: str
    config: ChatConfig

    @property
    def audience(self) -> Audience:
        """The person, who looks alone."""
        return Audience(
            visibility=Visibility.PERSON,
            person=self.person,
            has_outsiders=self.person.is_guest,
        )


Part: TypeAlias = Callable[[Visit], Awaitable[HomeSection | None]]


class Homes:
    """Composes homes; what can't be told in time is left for the next look."""

    def __init__(
        self,
        redis: Redis,
        cipher: Cipher,
        commands: Commands,
        interactions: Interactions,
        *,
        store: ConfigStore,
        feedback: FeedbackStore,
        welcome: Welcome,
        languages: OwnLanguages,
    ) -> None:
        self._commands = commands
        self._store = store
        self._usage = UsageBook(redis)
        self._feedback = feedback
        self._welcome = welcome
        self.languages = languages
        self._placeholders = RedisPlaceholderStore(redis, cipher, ttl_s=0)  # only looked into
        self._pseudonyms = Pseudonyms(redis, cipher)
        self.asked = AskedStore(redis, cipher)
        self.gaps = Gaps(redis, cipher, self.asked)
        feedback.heed(self.gaps.explained)
        commands.add(*GapCommands(self.gaps, store, commands, interactions).all())
        self._health: HealthOf | None = None
        self._running: set[asyncio.Task[HomeSection | None]] = set()
        interactions.on_action(_PRESSED, self._pressed, is_only_at_once=True)
        commands.add(
            Command(
                name="home",
                summary="Your questions, what you may read, and what you have left",
                run=self._command,
                role=Role.MEMBER,
            )
        )

    def watch(self, health: HealthOf) -> None:
        """Tell administrators how the parts are, from now on."""
        self._health = health

    async def of(
        self, platform: str, workspace: str, person: Person, *, patience_s: float = _PATIENCE_S
    ) -> Home:
        """Return the home of `person`; raises nothing."""
        try:
            visit = Visit(
                platform=platform,
                workspace=workspace,
                person=person,
                role=await self._commands.role(person, platform),
                who=await self._pseudonyms.of(person, platform),
                config=(await self._store.current()).config,
            )
        except (RedisError, OSError) as error:
            log.warning("home_unknown", error=type(error).__name__)
            return Home(sections=(_said("Citewell", said("home_late")),))
        found = await asyncio.gather(
            *(self._in_time(name, part, visit, patience_s) for name, part in self._parts(visit))
        )
        return Home(sections=tuple(each for each in found if each is not None))

    def _parts(self, visit: Visit) -> Sequence[tuple[str, Part]]:
        parts: list[tuple[str, Part]] = [
            ("paused", self._pause),
            ("questions", self._questions),
            ("sources", self._sources),
            ("budget", self._budget),
            ("feedback", self._given),
            ("language", self._language),
        ]
        if visit.role.rank >= Role.REVIEWER.rank:
            parts.append(("review", self._review))
            parts.append(("gaps", self._unanswered))
        if visit.role.rank >= Role.ADMIN.rank:
            parts.append(("old", self._old))
            parts.append(("state", self._state))
        return parts

    async def _in_time(
        self, name: str, part: Part, visit: Visit, patience_s: float
    ) -> HomeSection | None:
        """Return a section, or that it takes long: it is looked up to its end for the next time."""
        task = asyncio.ensure_future(part(visit))
        self._running.add(task)
        task.add_done_callback(self._ended)
        try:
            async with asyncio.timeout(patience_s):
                return await asyncio.shield(task)
        except (TimeoutError, RedisError, OSError, KnowledgeUnavailableError) as error:
            log.info("home_section_late", error=type(error).__name__)
            return _said(_title(name), said("home_late"))

    def _ended(self, task: asyncio.Task[HomeSection | None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("home_section_failed", error=type(error).__name__)

    async def _pause(self, visit: Visit) -> HomeSection | None:
        return _said(_title("paused"), visit.config.notice) if visit.config.notice else None

    async def _questions(self, visit: Visit) -> HomeSection:
        found = await self.asked.of(visit.who, _QUESTIONS)
        votes = await self._feedback.votes_of(visit.who)
        lines = [await self._question(each, votes) for each in found]
        nothing = HomeLine(text=said("home_no_questions"))
        return HomeSection(
            title=_title("questions"),
            lines=tuple(lines) or (nothing,),
            buttons=_buttons("my-data", "help"),
        )

    async def _question(self, asked: Asked, votes: Mapping[str, Vote]) -> HomeLine:
        thread = thread_of(asked)
        try:
            text = restore(asked.text, await self._placeholders.load(thread))
        except UndecipherableError:
            text = asked.text  # as it is kept: without what was personal in it
        thumb = said(f"home_thumb_{votes[asked.id]}") if asked.id in votes else ""
        ended = asked.outcome if asked.outcome in _ENDED else "other"
        detail = f"{ago(asked.at_s)}, {said(f'home_ended_{ended}')}{thumb}"
        return HomeLine(text=text[:200], detail=detail, url=link_to(thread))

    async def _sources(self, visit: Visit) -> HomeSection | None:
        known = await self._welcome.known(visit.audience)
        if known is None:
            return None
        lines = [
            HomeLine(text=name or said("known_files"), detail=counted("home_documents", count))
            for name, count in known.sources[:MAX_SOURCES]
        ]
        more = len(known.sources) - len(lines)
        lines += [HomeLine(text=counted("known_more", more))] if more > 0 else []
        nothing = HomeLine(text=said("known_none_person"))
        return HomeSection(title=_title("sources"), lines=tuple(lines) or (nothing,))

    async def _budget(self, visit: Visit) -> HomeSection:
        person, place = visit.person, f"{visit.platform}:{visit.workspace}"
        own = await self._usage.today("person", f"{visit.platform}:{person.workspace}:{person.id}")
        all_ = await self._usage.today("workspace", place)
        limits = visit.config.limits
        lines = (
            *left_lines(limits.person, own, "you"),
            *left_lines(limits.workspace, all_, "company"),
        )
        free = HomeLine(text=counted("home_no_limit", own[MESSAGES]))
        return HomeSection(title=_title("budget"), lines=lines or (free,))

    async def _given(self, visit: Visit) -> HomeSection | None:
        votes = list((await self._feedback.votes_of(visit.who)).values())
        if not votes:
            return None
        up, down = number(votes.count(Vote.UP)), number(votes.count(Vote.DOWN))
        return _said(_title("feedback"), said("home_given", up=up, down=down))

    async def _language(self, visit: Visit) -> HomeSection:
        own = await self.languages.of(visit.person, visit.platform)
        buttons = tuple(
            Button(action=_PRESSED, label=label_of(choice), value=command)
            for command, choice in _LANGUAGES.items()
            if choice != (own or AUTO)
        )
        line = HomeLine(text=chosen(own))
        return HomeSection(title=_title("language"), lines=(line,), buttons=buttons)

    async def _review(self, visit: Visit) -> HomeSection:
        found = await self._feedback.candidates(f"{visit.platform}:{visit.workspace}", _MANY)
        if not found:
            return _said(_title("review"), said("home_nothing_to_review"))
        count = len(found)
        line = HomeLine(
            text=said("home_review_more", count=number(count))
            if count == _MANY
            else counted("home_review", count),
            detail=said("home_review_oldest", ago=ago(found[0].at_s)),
        )
        return HomeSection(title=_title("review"), lines=(line,), buttons=_buttons("review"))

    async def _unanswered(self, visit: Visit) -> HomeSection:
        found = await self.gaps.clusters(f"{visit.platform}:{visit.workspace}")
        if not found:
            return _said(_title("gaps"), said("home_no_gaps"))
        lines = [HomeLine(text=each.question[:200], detail=told(each)) for each in found[:_GAPS]]
        return HomeSection(title=_title("gaps"), lines=tuple(lines), buttons=_buttons("gaps"))

    async def _old(self, visit: Visit) -> HomeSection | None:
        """Return what was long not changed, of what this administrator may read themselves."""
        overview = self._welcome.overview
        if overview is None:
            return None
        shelf = await overview.old(visit.audience, _OLD_DAYS)
        verified = await self._feedback.verified.all(f"{visit.platform}:{visit.workspace}")
        late = sum(each.expires_s < time.time() for each in verified.values())
        lines = old_lines(shelf)
        if late:
            text = counted("home_old_experts", late)
            lines.append(HomeLine(text=text, detail=said("home_old_hidden")))
        buttons = _buttons("verified") if late else ()
        nothing = HomeLine(text=said("home_old_none"))
        return HomeSection(title=_title("old"), lines=tuple(lines) or (nothing,), buttons=buttons)

    async def _state(self, visit: Visit) -> HomeSection:  # noqa: ARG002 - the same for everyone
        parts = await self._health() if self._health is not None else {}
        ill = [HomeLine(text=name, detail=reason) for name, reason in parts.items() if reason]
        well = ", ".join(name for name, reason in parts.items() if not reason)
        lines = [*ill[:_PARTS], *([HomeLine(text=said("home_well", names=well))] if well else [])]
        return HomeSection(
            title=_title("state"),
            lines=tuple(lines) or (HomeLine(text=said("home_not_watched")),),
            buttons=_buttons("sources", "usage", "config history"),
        )

    async def _command(self, call: Call) -> Reply:
        home = await self.of(
            call.platform, call.workspace, call.person, patience_s=_COMMAND_PATIENCE_S
        )
        return Reply(text=in_words(home), home=home)

    async def _pressed(self, action: IncomingAction, adapter: ChatAdapter) -> None:
        """Run what a button of the home names, as if the person had written it."""
        if action.value not in {*_BUTTONS, *_LANGUAGES} or action.thread is None:
            return
        reply = await self._commands.answer(
            IncomingCommand(
                text=action.value,
                platform=action.platform,
                workspace=action.workspace,
                channel=action.thread.channel,
                person=action.person,
                trigger=action.trigger,
            )
        )
        await adapter.tell(action, reply)


def _title(name: str) -> str:
    return said(f"home_title_{name}")


def _said(title: str, text: str) -> HomeSection:
    return HomeSection(title=title, lines=(HomeLine(text=text),))


def _buttons(*names: str) -> tuple[Button, ...]:
    return tuple(
        Button(action=_PRESSED, label=said(f"home_{_BUTTONS[name]}_button"), value=name)
        for name in names
    )
