"""Composes what makes messages durable: Redis, the queue, the mailbox, limits and circuits."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from docket import Docket
from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import BusyLoadingError

from adapters.ports import ChatAdapter
from bot.addressee.gate import Gate
from bot.addressee.notes import ThreadNotes
from bot.addressee.types import ChannelMode
from bot.administration import Administration, administration_of
from bot.answering import Delivery
from bot.app import App
from bot.breakers import Circuit, Circuits, circuits_of
from bot.commands.announce import AnnounceCommands
from bot.commands.records import RecordCommands
from bot.controls.admission import ConfiguredModes
from bot.controls.announcing import Announcements
from bot.controls.chatsources import ChatSources, listed_secrets
from bot.controls.speaking import Speaking
from bot.crypto import Cipher, Fingerprints, kept_key, key_of
from bot.erasure.erasing import Erasure, erasure_of
from bot.erasure.forgettable import ForgetConversations, ForgetMemberships
from bot.errors import StartError
from bot.helping.composing import Helping, helping_of
from bot.helping.further import PrivateAnswers
from bot.interactions.registry import Interactions
from bot.memory.threads import RedisThreadMemory
from bot.observability.metrics import Metrics
from bot.people.handing import Ways
from bot.people.shortcuts import Shortcuts
from bot.people.welcoming import Keeping
from bot.prompts.library import PromptLibrary
from bot.queue.inbox import Inbox
from bot.queue.limits import SharedLimiter
from bot.queue.mailbox import Mailbox
from bot.queue.references import RedisReferences
from bot.queue.stops import StopSigns
from bot.queue.watchdog import Watchdog
from bot.record.pseudonyms import Pseudonyms
from bot.record.retention import Retention, limits_of
from bot.record.store import DAY_S, RedisAnswerLedger
from bot.settings import Settings, named_secrets
from bot.syncing.directory import GroupDirectory

_MAX_CONNECTIONS = 100
_REDIS_TIMEOUT_S = 5.0
_REDIS_START_S = 30.0
_REDIS_LOADS_S = 0.2
_ACCEPT_TIMEOUT_S = 1.5  # platforms wait three seconds for an acknowledgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Durable:
    """What receives, keeps and hands over; nothing here takes long to start."""

    redis: Redis
    docket: Docket
    cipher: Cipher
    directory: GroupDirectory
    mailbox: Mailbox
    inbox: Inbox
    delivery: Delivery
    ledger: RedisAnswerLedger
    erasure: Erasure
    retention: Retention
    watchdog: Watchdog
    limiter: SharedLimiter
    circuits: Circuits
    metrics: Metrics
    adapters: dict[str, ChatAdapter]
    app: App
    private: PrivateAnswers
    helping: Helping
    records: RecordCommands
    speaking: Speaking
    shortcuts: Shortcuts
    references: RedisReferences
    administration: Administration

    @property
    def interactions(self) -> Interactions:
        """What buttons and forms do."""
        return self.administration.interactions

    def in_use(self, *, answers: bool) -> list[Circuit]:
        """Return the circuits of what this process uses."""
        circuits = self.circuits
        platforms = {"slack": circuits.slack, "teams": circuits.teams}
        connected = [circuit for name, circuit in platforms.items() if name in self.adapters]
        used = [circuits.redis, *connected]
        asked = [circuits.moderation] if circuits.moderation else []
        models = [circuits.model, circuits.strong] if circuits.has_strong else [circuits.model]
        return [*used, *models, circuits.index, *asked] if answers else used


@asynccontextmanager
async def open_durable(
    settings: Settings, redis_url: str, about: Callable[[], Awaitable[str]]
) -> AsyncIterator[Durable]:
    """Connect to Redis and compose; `about` says in one line how Citewell is.

    Raises:
        StartError: Redis does not answer, or the key can't be kept.
    """
    secret = secret_of(settings)
    cipher = Cipher(secret, *old_secrets_of(settings))
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(_redis(redis_url))
        docket = await stack.enter_async_context(Docket("citewell", redis_url))
        metrics = Metrics()
        circuits = circuits_of(
            has_moderation=settings.moderation == "openai", has_strong=bool(settings.strong_model)
        )
        mailbox = _mailbox(settings, redis, cipher, metrics)
        inbox = _inbox(settings, mailbox, docket, circuits.redis)
        adapters: dict[str, ChatAdapter] = {}
        ledger = _ledger(settings, redis, cipher, metrics)
        administration = _administration(
            settings, redis, cipher, adapters, docket, about=about, metrics=metrics
        )
        stack.push_async_callback(administration.stop)
        directory = GroupDirectory(redis, Fingerprints(secret))
        references = RedisReferences(redis, cipher)
        erasure = _erasure(settings, redis, cipher, mailbox, ledger)
        _announcing(administration, Announcements(docket, redis, cipher, adapters))
        gate = _gate(settings, redis, cipher, metrics, administration)
        speaking = _speaking(settings, redis, administration)
        helping = _helping(docket, redis, cipher, administration, adapters)
        delivery = Delivery(
            mailbox=mailbox, stops=StopSigns(redis), adapters=adapters, ledger=ledger, judge=gate,
            speaking=speaking, showing=helping.ephemeral,
        )  # fmt: skip
        private = PrivateAnswers(docket, redis, cipher, administration.interactions, adapters)
        app = App(
            inbox=inbox, gate=gate, stops=StopSigns(redis), adapters=adapters,
            administration=administration, speaking=speaking,
        )  # fmt: skip
        helping.onward.take(app.on_message)
        yield Durable(
            redis=redis, docket=docket, cipher=cipher, directory=directory, mailbox=mailbox,
            inbox=inbox, delivery=delivery, ledger=ledger, erasure=erasure,
            retention=Retention(redis, _limits(settings)),
            watchdog=Watchdog(mailbox, inbox, delivery.apologise, deadline_s=settings.deadline_s),
            limiter=SharedLimiter(redis, factor=settings.limits_factor),
            circuits=circuits,
            metrics=metrics,
            adapters=adapters,
            app=app,
            speaking=speaking,
            private=private,
            shortcuts=Shortcuts(private, docket, cipher, administration.interactions, adapters),
            helping=helping,
            records=_complete(erasure, ledger, administration, directory, references),
            references=references,
            administration=administration,
        )  # fmt: skip


def _gate(
    settings: Settings,
    redis: Redis,
    cipher: Cipher,
    metrics: Metrics,
    administration: Administration,
) -> Gate:
    return Gate(
        ThreadNotes(redis, cipher, ttl_s=int(settings.thread_ttl_h * 3600)),
        ConfiguredModes(administration.store, ChannelMode(settings.channel_mode)),
        our_names=tuple(name.strip() for name in settings.bot_names.split(",") if name.strip()),
        on_decision=metrics.judged,
    )


def _administration(
    settings: Settings,
    redis: Redis,
    cipher: Cipher,
    adapters: dict[str, ChatAdapter],
    docket: Docket,
    *,
    about: Callable[[], Awaitable[str]],
    metrics: Metrics,
) -> Administration:
    return administration_of(
        redis,
        cipher,
        adapters,
        docket,
        again_s=settings.takeover_s,
        owners=settings.owner_keys,
        reports_channel=settings.reports_channel,
        model=settings.model_name,
        strong_model=settings.strong_model,
        about=about,
        mode=ChannelMode(settings.channel_mode),
        name=settings.bot_names.partition(",")[0].strip() or "Citewell",
        keeping=Keeping(thread_h=settings.thread_ttl_h, ledger_days=settings.ledger_days),
        ways=Ways(
            group=settings.human_group,
            desk=settings.ticket_url.get_secret_value() if settings.ticket_url else "",
            private_hosts=tuple(re.split(r"[,\s]+", settings.ticket_private_hosts)),
        ),
        on_human=metrics.human_asked,
        prompts=PromptLibrary(settings.prompts_dir),
        chat_sources=chat_sources_of(settings),
    )


def chat_sources_of(settings: Settings) -> ChatSources:
    """Return what a source that is added in the chat may name."""
    hosts = re.split(r"[,\s]+", settings.chat_source_private_hosts.lower())
    return ChatSources(
        secrets=listed_secrets(settings.chat_source_secrets),
        private_hosts=frozenset(filter(None, hosts)),
        environment=named_secrets(),
        most=settings.chat_source_max,
        mode=settings.acl_mode,
    )


def _helping(
    docket: Docket,
    redis: Redis,
    cipher: Cipher,
    administration: Administration,
    adapters: dict[str, ChatAdapter],
) -> Helping:
    return helping_of(
        docket,
        redis,
        cipher,
        adapters,
        store=administration.store,
        feedback=administration.feedback,
        interactions=administration.interactions,
    )


def _speaking(settings: Settings, redis: Redis, administration: Administration) -> Speaking:
    ttl_s = int(settings.thread_ttl_h * 3600)
    memory = RedisThreadMemory(redis, ttl_s=ttl_s, max_tokens=settings.history_max_tokens)
    speaking = Speaking(
        administration.store, memory, administration.languages, suggests=settings.suggestions
    )
    administration.interactions.speak(speaking.of_press)
    return speaking


def _mailbox(settings: Settings, redis: Redis, cipher: Cipher, metrics: Metrics) -> Mailbox:
    return Mailbox(
        redis,
        cipher,
        ttl_s=int(settings.thread_ttl_h * 3600),
        lease_s=settings.takeover_s,
        on_state=metrics.reached,
    )


def _inbox(settings: Settings, mailbox: Mailbox, docket: Docket, circuit: Circuit) -> Inbox:
    return Inbox(mailbox, docket, circuit, timeout_s=_ACCEPT_TIMEOUT_S, max_open=settings.max_open)


def _ledger(
    settings: Settings, redis: Redis, cipher: Cipher, metrics: Metrics
) -> RedisAnswerLedger:
    return RedisAnswerLedger(
        redis,
        Pseudonyms(redis, cipher),
        days=settings.ledger_days,
        on_failure=metrics.ledger_failed,
    )


def _erasure(
    settings: Settings, redis: Redis, cipher: Cipher, mailbox: Mailbox, ledger: RedisAnswerLedger
) -> Erasure:
    thread_s = int(settings.thread_ttl_h * 3600)
    return erasure_of(
        redis=redis,
        cipher=cipher,
        mailbox=mailbox,
        stops=StopSigns(redis),
        ledger=ledger,
        ttl_s=thread_s,
        known_s=max(thread_s, settings.ledger_days * DAY_S),
        receipt_days=settings.receipt_days,
    )


def _announcing(administration: Administration, announcements: Announcements) -> None:
    administration.commands.add(*AnnounceCommands(administration.store, announcements).all())


def _complete(
    erasure: Erasure,
    ledger: RedisAnswerLedger,
    administration: Administration,
    directory: GroupDirectory,
    references: RedisReferences,
) -> RecordCommands:
    """Let the rooms beside the core forget people as well, and commands tell of it."""
    others = (ForgetMemberships(directory), ForgetConversations(references))
    for part in (*administration.forgettable, *others):
        erasure.forgetter.add(part)
    records = RecordCommands(ledger, erasure.forgetter)
    administration.commands.add(*records.all())
    return records


def _limits(settings: Settings) -> Mapping[str, int]:
    return limits_of(
        thread_s=int(settings.thread_ttl_h * 3600),
        ledger_days=settings.ledger_days,
        receipt_days=settings.receipt_days,
    )


def secret_of(settings: Settings) -> bytes:
    """Return the secret that seals what rests in Redis: the setting, or one kept on disk.

    Raises:
        StartError: The data folder can't be used.
    """
    if settings.encryption_key is not None:
        return settings.encryption_key.get_secret_value().encode()
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        return key_of(settings.data_dir)
    except OSError as error:
        raise StartError(
            f"CITEWELL_DATA_DIR: {settings.data_dir} can't be used ({error.strerror}); "
            "choose a folder that you may write to"
        ) from error


def old_secrets_of(settings: Settings) -> tuple[bytes, ...]:
    """Return the secrets that earlier values may be sealed with; one kept on disk counts, too."""
    given = settings.old_encryption_keys
    named = tuple(given.get_secret_value().encode().split()) if given else ()
    on_disk = kept_key(settings.data_dir) if settings.encryption_key is not None else b""
    return (*named, on_disk) if on_disk else named


async def _answers(client: Redis) -> None:
    """Return when Redis answers; one that starts at the same time is still loading its file."""
    while True:
        try:
            await client.ping()
        except BusyLoadingError:
            await asyncio.sleep(_REDIS_LOADS_S)
        else:
            return


@asynccontextmanager
async def _redis(url: str) -> AsyncIterator[Redis]:
    # Whoever finds all connections in use waits for one: a burst is no failure.
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=_MAX_CONNECTIONS,
        timeout=_REDIS_TIMEOUT_S,
        socket_timeout=_REDIS_TIMEOUT_S,
        socket_connect_timeout=_REDIS_TIMEOUT_S,
    )
    client = Redis.from_pool(pool)
    try:
        async with asyncio.timeout(_REDIS_START_S):
            await _answers(client)
    except Exception as error:
        await client.aclose()
        raise StartError(
            f"REDIS_URL: Redis does not answer ({type(error).__name__}); check the address, "
            "the password and that it runs"
        ) from error
    try:
        yield client
    finally:
        await client.aclose()
