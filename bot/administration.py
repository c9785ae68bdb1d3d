"""Puts together what people and administrators can do beside asking."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from docket import Docket
from redis.asyncio import Redis

from adapters.ports import ChatAdapter
from bot.addressee.types import ChannelMode
from bot.commands.adding import AddCommands
from bot.commands.flags import FlagCommands
from bot.commands.language import LanguageCommand
from bot.commands.limiting import LimitCommands
from bot.commands.looking import LookingCommands
from bot.commands.prompts import PromptCommands
from bot.commands.registry import Command, Commands
from bot.commands.settings import SettingCommands
from bot.commands.sources import SourceCommands
from bot.controls.admission import Admission, AdmittedLine
from bot.controls.chatconfig import Flag
from bot.controls.chatsources import NO_SECRETS, ChatSources
from bot.controls.configstore import ConfigStore
from bot.controls.flags import PromptedLine, SwitchedLine, WithoutClosest
from bot.controls.ownlanguage import ForgetOwnLanguage, OwnLanguages
from bot.controls.reporting import Telling, telling_of
from bot.controls.usage import UsageBook
from bot.crypto import Cipher
from bot.erasure.forgettable import ForgetExperts, ForgetFeedback, ForgetRequests, ForgetUsage
from bot.feedback.asked import AskedLine, ForgetAsked
from bot.feedback.gaps import ForgetGaps
from bot.feedback.store import FeedbackStore
from bot.feedback.verifying import VerifiedAnswers
from bot.helping.offering import OfferingLine, VerifiedLine
from bot.interactions.registry import Interactions
from bot.memory.threads import RedisThreadMemory
from bot.people.handing import NOBODY, Handing, HumanLine, OnState, Ways
from bot.people.home import Homes
from bot.people.proposing import review
from bot.people.welcoming import ForgetWelcome, HelpingLine, Keeping, Welcome
from bot.ports import Line
from bot.prompts.library import PromptLibrary
from bot.record.forgetting import Forgetting
from bot.record.pseudonyms import Pseudonyms
from bot.syncing.ledger import Ledger

_ENOUGH_TOKENS = 20_000  # for the last question of a thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration:
    """What is set in the chat, what it lets through, and the commands that change it."""

    store: ConfigStore
    admission: Admission
    commands: Commands
    interactions: Interactions
    feedback: FeedbackStore
    verified: VerifiedAnswers
    pseudonyms: Pseudonyms
    welcome: Welcome
    handing: Handing
    homes: Homes
    prompts: PromptLibrary
    forgettable: tuple[Forgetting, ...]
    telling: Telling
    chat_sources: ChatSources

    @property
    def languages(self) -> OwnLanguages:
        """What each person chose to be spoken to in."""
        return self.homes.languages

    async def stop(self) -> None:
        """End what goes on beside answers."""
        await self.interactions.stop()
        await self.telling.stop()

    def around(self, line: Line) -> Line:
        """Return `line` with all that is decided before it, and counted after."""
        line = AskedLine(line, self.homes.asked, self.pseudonyms, self.homes.gaps.note)
        found = self._switched(Flag.CLOSEST, on=line, off=WithoutClosest(line))
        verified = self._switched(Flag.VERIFIED, on=VerifiedLine(found, self.verified), off=found)
        thumbs = OfferingLine(verified, self.feedback, self.pseudonyms)
        answering = self._switched(Flag.THUMBS, on=thumbs, off=verified)
        human = self._switched(
            Flag.HUMAN,
            on=HumanLine(answering, self.handing),
            off=HumanLine(answering, self.handing, has_button=False),
        )
        talking = HelpingLine(human, self.welcome)
        return PromptedLine(AdmittedLine(talking, self.admission), self.store)

    def _switched(self, flag: Flag, *, on: Line, off: Line) -> Line:
        return SwitchedLine(flag, self.store, on=on, off=off)


def administration_of(
    redis: Redis,
    cipher: Cipher,
    adapters: Mapping[str, ChatAdapter],
    docket: Docket,
    *,
    again_s: float = 30.0,
    owners: frozenset[str],
    reports_channel: str = "",
    model: str,
    strong_model: str = "",
    mode: ChannelMode,
    about: Callable[[], Awaitable[str]],
    name: str,
    keeping: Keeping,
    prompts: PromptLibrary,
    ways: Ways = NOBODY,
    on_human: OnState = lambda _: None,
    chat_sources: ChatSources = NO_SECRETS,
) -> Administration:
    """Compose all of it.

    What a process that died over a press did not do is begun anew after `again_s`.
    `owners` are keys of people who may do all, `model` and `strong_model` write,
    `mode` that of channels for which none is set; `name` is what we are called; what documents
    do wrong is reported to `reports_channel` where there is one; `chat_sources` says what sources
    that are added in the chat may name.
    """
    store, usage, ledger = ConfigStore(redis), UsageBook(redis), Ledger(redis)
    interactions = Interactions(redis, cipher, adapters, docket, again_s=again_s)
    commands = Commands(store=store, interactions=interactions, owners=owners)
    settings = SettingCommands(store, ledger, adapters, mode=mode, strong_model=strong_model)
    LimitCommands(store, interactions, commands, adapters, model=model, strong_model=strong_model)
    AddCommands(redis, store, adapters, interactions, commands, policy=chat_sources)
    looking = LookingCommands(store, usage, about)
    commands.add(*settings.all(), *_others(store, ledger, prompts), *looking.all())
    feedback, pseudonyms = FeedbackStore(redis, cipher), Pseudonyms(redis, cipher)
    review(feedback, store, interactions=interactions, commands=commands, pseudonyms=pseudonyms)
    handing = _handing(redis, cipher, interactions, adapters, store, ways=ways, on_state=on_human)
    welcome = Welcome(redis, store, pseudonyms, mode=mode, name=name, keeping=keeping)
    homes = _homes(
        redis, cipher, commands, interactions, store=store, feedback=feedback, welcome=welcome
    )
    return Administration(
        store=store,
        admission=Admission(store, usage),
        commands=commands,
        interactions=interactions,
        feedback=feedback,
        verified=VerifiedAnswers(feedback.verified),
        pseudonyms=pseudonyms,
        handing=handing,
        welcome=welcome,
        homes=homes,
        prompts=prompts,
        forgettable=_forgettable(redis, feedback, handing, usage, homes),
        telling=telling_of(redis, adapters, store, owners=owners, channel=reports_channel),
        chat_sources=chat_sources,
    )


def _homes(
    redis: Redis,
    cipher: Cipher,
    commands: Commands,
    interactions: Interactions,
    *,
    store: ConfigStore,
    feedback: FeedbackStore,
    welcome: Welcome,
) -> Homes:
    languages = OwnLanguages(redis, Pseudonyms(redis, cipher))
    commands.add(*LanguageCommand(languages).all())
    return Homes(
        redis, cipher, commands, interactions,
        store=store, feedback=feedback, welcome=welcome, languages=languages,
    )  # fmt: skip


def _handing(
    redis: Redis,
    cipher: Cipher,
    interactions: Interactions,
    adapters: Mapping[str, ChatAdapter],
    store: ConfigStore,
    *,
    ways: Ways,
    on_state: OnState,
) -> Handing:
    return Handing(
        redis=redis,
        cipher=cipher,
        memory=RedisThreadMemory(redis, ttl_s=0, max_tokens=_ENOUGH_TOKENS),
        interactions=interactions,
        adapters=adapters,
        store=store,
        ways=ways,
        on_state=on_state,
    )


def _others(store: ConfigStore, ledger: Ledger, prompts: PromptLibrary) -> tuple[Command, ...]:
    return (
        *SourceCommands(ledger, store).all(),
        *FlagCommands(store).all(),
        *PromptCommands(store, prompts).all(),
    )


def _forgettable(
    redis: Redis, feedback: FeedbackStore, handing: Handing, usage: UsageBook, homes: Homes
) -> tuple[Forgetting, ...]:
    return (
        ForgetAsked(homes.asked),
        ForgetGaps(homes.gaps),
        ForgetFeedback(feedback),
        ForgetExperts(feedback.verified),
        ForgetRequests(handing),
        ForgetUsage(usage),
        ForgetWelcome(redis),
        ForgetOwnLanguage(redis),
    )
