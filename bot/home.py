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
from bot.asked import Asked, AskedStore, thread_of
from bot.chatconfig import ChatConfig, Limit, Role
from bot.commands.gaps import GapCommands, told
from bot.commands.registry import Call, Command, Commands
from bot.configstore import ConfigStore
from bot.crypto import Cipher, UndecipherableError
from bot.feedback import FeedbackStore, Vote
from bot.gaps import Gaps
from bot.interactions import Interactions
from bot.memory.placeholders import RedisPlaceholderStore
from bot.record.pseudonyms import Pseudonyms
from bot.types import Outcome
from bot.usage import MESSAGES, MICRO_USD, TOKENS, UsageBook
from bot.welcoming import Welcome
from guardrails.placeholders import restore
from knowledge.errors import KnowledgeUnavailableError
from knowledge.types import Shelf

log = structlog.get_logger(__name__)

_PRESSED = "home"
_QUESTIONS, _SOURCES, _PARTS, _GAPS = 5, 8, 10, 3
_OLD_DAYS, _OLDEST = 365, 3
_MANY = 100
_PATIENCE_S = 8.0
_COMMAND_PATIENCE_S = 1.2  # a command's answer is waited for
_LATE = "This takes longer than usual: please open it again in a moment."
_FOR = {
    "my-data": "What is kept of you",
    "help": "Help",
    "review": "Review",
    "gaps": "All of them",
    "verified": "Experts' answers",
    "sources": "Sources",
    "usage": "Usage",
    "config history": "Changes",
}
"""What the buttons run: commands, so that their rights hold."""
_ENDED = {
    Outcome.ANSWERED: "answered",
    Outcome.NO_EVIDENCE: "nothing found in the documents",
    Outcome.STOPPED: "stopped",
}
_THUMB = {Vote.UP: ", you found it helpful", Vote.DOWN: ", you found it not helpful"}

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
    ) -> None:
        self._commands = commands
        self._store = store
        self._usage = UsageBook(redis)
        self._feedback = feedback
        self._welcome = welcome
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
            return Home(sections=(_said("Citewell", _LATE),))
        found = await asyncio.gather(
            *(self._in_time(title, part, visit, patience_s) for title, part in self._parts(visit))
        )
        return Home(sections=tuple(each for each in found if each is not None))

    def _parts(self, visit: Visit) -> Sequence[tuple[str, Part]]:
        parts: list[tuple[str, Part]] = [
            ("Paused", self._pause),
            ("Your questions", self._questions),
            ("What you may read", self._sources),
            ("Left for today", self._budget),
            ("Your feedback", self._given),
        ]
        if visit.role.rank >= Role.REVIEWER.rank:
            parts.append(("For review", self._review))
            parts.append(("Without an answer", self._unanswered))
        if visit.role.rank >= Role.ADMIN.rank:
            parts.append(("Old documents", self._old))
            parts.append(("How Citewell is", self._state))
        return parts

    async def _in_time(
        self, title: str, part: Part, visit: Visit, patience_s: float
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
            return _said(title, _LATE)

    def _ended(self, task: asyncio.Task[HomeSection | None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("home_section_failed", error=type(error).__name__)

    async def _pause(self, visit: Visit) -> HomeSection | None:
        return _said("Paused", visit.config.notice) if visit.config.notice else None

    async def _questions(self, visit: Visit) -> HomeSection:
        found = await self.asked.of(visit.who, _QUESTIONS)
        votes = await self._feedback.votes_of(visit.who)
        lines = [await self._question(each, votes) for each in found]
        nothing = HomeLine(text="None in the last 7 days. Ask me in Messages, or mention me.")
        return HomeSection(
            title="Your questions",
            lines=tuple(lines) or (nothing,),
            buttons=_buttons("my-data", "help"),
        )

    async def _question(self, asked: Asked, votes: Mapping[str, Vote]) -> HomeLine:
        thread = thread_of(asked)
        try:
            text = restore(asked.text, await self._placeholders.load(thread))
        except UndecipherableError:
            text = asked.text  # as it is kept: without what was personal in it
        thumb = _THUMB.get(votes[asked.id], "") if asked.id in votes else ""
        detail = f"{ago(asked.at_s)}, {_ENDED.get(asked.outcome, asked.outcome)}{thumb}"
        return HomeLine(text=text[:200], detail=detail, url=link_to(thread))

    async def _sources(self, visit: Visit) -> HomeSection | None:
        known = await self._welcome.known(visit.audience)
        if known is None:
            return None
        lines = [
            HomeLine(text=name or "files", detail=_counted(count, "document"))
            for name, count in known.sources[:_SOURCES]
        ]
        more = len(known.sources) - len(lines)
        lines += [HomeLine(text=f"and {_counted(more, 'more source')}")] if more > 0 else []
        nothing = HomeLine(text="No document that you may read is indexed.")
        return HomeSection(title="What you may read", lines=tuple(lines) or (nothing,))

    async def _budget(self, visit: Visit) -> HomeSection:
        person, place = visit.person, f"{visit.platform}:{visit.workspace}"
        own = await self._usage.today("person", f"{visit.platform}:{person.workspace}:{person.id}")
        all_ = await self._usage.today("workspace", place)
        limits = visit.config.limits
        lines = (*_left(limits.person, own, "you"), *_left(limits.workspace, all_, "the company"))
        used = _counted(own[MESSAGES], "question")
        free = HomeLine(text=f"No limit is set for you. You asked {used} today.")
        return HomeSection(title="Left for today", lines=lines or (free,))

    async def _given(self, visit: Visit) -> HomeSection | None:
        votes = list((await self._feedback.votes_of(visit.who)).values())
        if not votes:
            return None
        text = (
            f"{votes.count(Vote.UP)} helpful, {votes.count(Vote.DOWN)} not helpful. "
            "The thumbs under an answer change it at any time."
        )
        return _said("Your feedback", text)

    async def _review(self, visit: Visit) -> HomeSection:
        found = await self._feedback.candidates(f"{visit.platform}:{visit.workspace}", _MANY)
        if not found:
            return _said("For review", "Nothing waits for a review.")
        many = "more than " if len(found) == _MANY else ""
        line = HomeLine(
            text=f"{many}{_counted(len(found), 'answer')} that people found wrong",
            detail=f"the oldest: {ago(found[0].at_s)}",
        )
        return HomeSection(title="For review", lines=(line,), buttons=_buttons("review"))

    async def _unanswered(self, visit: Visit) -> HomeSection:
        found = await self.gaps.clusters(f"{visit.platform}:{visit.workspace}")
        if not found:
            return _said("Without an answer", "Every question of late found an answer.")
        lines = [HomeLine(text=each.question[:200], detail=told(each)) for each in found[:_GAPS]]
        return HomeSection(title="Without an answer", lines=tuple(lines), buttons=_buttons("gaps"))

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
            text = f"{_counted(late, 'answer')} of experts past their date"
            lines.append(HomeLine(text=text, detail="no longer shown"))
        buttons = _buttons("verified") if late else ()
        nothing = HomeLine(text="Every document that tells its date was changed within a year.")
        return HomeSection(title="Old documents", lines=tuple(lines) or (nothing,), buttons=buttons)

    async def _state(self, visit: Visit) -> HomeSection:  # noqa: ARG002 - the same for everyone
        parts = await self._health() if self._health is not None else {}
        ill = [HomeLine(text=name, detail=reason) for name, reason in parts.items() if reason]
        well = ", ".join(name for name, reason in parts.items() if not reason)
        lines = [*ill[:_PARTS], *([HomeLine(text=f"Well: {well}")] if well else [])]
        return HomeSection(
            title="How Citewell is",
            lines=tuple(lines) or (HomeLine(text="Not watched in this process."),),
            buttons=_buttons("sources", "usage", "config history"),
        )

    async def _command(self, call: Call) -> Reply:
        home = await self.of(
            call.platform, call.workspace, call.person, patience_s=_COMMAND_PATIENCE_S
        )
        return Reply(text=in_words(home), home=home)

    async def _pressed(self, action: IncomingAction, adapter: ChatAdapter) -> None:
        """Run what a button of the home names, as if the person had written it."""
        if action.value not in _FOR or action.thread is None:
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


def in_words(home: Home) -> str:
    """Return `home` as Markdown, for where there is no other form."""
    return "\n\n".join(
        f"**{section.title}**\n\n"
        + "\n".join(
            f"- {line.text}{f' ({line.detail})' if line.detail else ''}" for line in section.lines
        )
        for section in home.sections
    )


def old_lines(shelf: Shelf) -> list[HomeLine]:
    """Return how many documents are old, by source, and some of the oldest."""
    count = sum(shelf.documents.values())
    if not count:
        return []
    most = sorted(shelf.documents.items(), key=lambda row: (-row[1], row[0]))[:_SOURCES]
    by_source = ", ".join(f"{name or 'files'} {number:,}" for name, number in most)
    oldest = {head.location: head for head in shelf.heads}.values()
    return [
        HomeLine(text=f"{_counted(count, 'document')} not changed for a year", detail=by_source),
        *(
            HomeLine(text=head.title, detail=f"last changed {head.modified[:10]}")
            for head in sorted(oldest, key=lambda each: each.modified)[:_OLDEST]
        ),
    ]


def ago(at_s: float) -> str:
    """Return how long ago a time was, in a word or two."""
    minutes = max(0, int(time.time() - at_s)) // 60
    if minutes < 1:
        return "just now"
    for size, unit in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            return f"{_counted(minutes // size, unit)} ago"
    return "just now"


def _left(limit: Limit, used: Mapping[str, int], whose: str) -> tuple[HomeLine, ...]:
    rows = (
        (limit.messages, used[MESSAGES], "questions"),
        (limit.tokens, used[TOKENS], "tokens"),
    )
    lines = [
        HomeLine(
            text=f"{max(0, most - count):,} of {most:,} {unit}",
            detail=f"for {whose}, until midnight (UTC)",
        )
        for most, count, unit in rows
        if most is not None
    ]
    if limit.usd is not None:
        left = max(0.0, limit.usd - used[MICRO_USD] / 1e6)
        detail = f"for {whose}, until midnight (UTC)"
        lines.append(HomeLine(text=f"{left:.2f} of {limit.usd:.2f} USD", detail=detail))
    return tuple(lines)


def _said(title: str, text: str) -> HomeSection:
    return HomeSection(title=title, lines=(HomeLine(text=text),))


def _buttons(*names: str) -> tuple[Button, ...]:
    return tuple(Button(action=_PRESSED, label=_FOR[name], value=name) for name in names)


def _counted(count: int, unit: str) -> str:
    return f"{count:,} {unit}{'' if count == 1 else 's'}"
