"""The composition root: settings in, running parts out; it alone names concrete classes."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from docket import Docket
from langchain_core.embeddings import Embeddings
from redis.asyncio import Redis

from bot.answering import Answering
from bot.app import App
from bot.commands.access import AccessCommands
from bot.crypto import Cipher
from bot.durable import Durable, open_durable
from bot.feedback.verifying import Meanings, VerifiedSources
from bot.helping.overview import Overview
from bot.line import (
    answering_model,
    answering_ranking,
    attachments_of,
    evidence_reader,
    knowledge_sets,
    orchestrator,
    summaries,
)
from bot.loading import Models, load_judge, load_models, word_vectors
from bot.models.offline import OFFLINE
from bot.ports import ChatModel, Line, Redactor, Rewriter
from bot.queue.embedded import Ownership, embedded_parts
from bot.queue.handover import HandedOverIndex, serve_index
from bot.queue.work import working
from bot.settings import Settings, named_secrets
from bot.sources import configured, syncing_of
from bot.steps.readers import Readers
from bot.steps.redacting import DetectingFinder, DetectingRedactor
from bot.steps.rewriting import WordRewriter
from bot.steps.searching import AclMode
from bot.syncing.indexing import Ingest, ingest_of
from bot.syncing.personal import PersonalReport, ReportingIndex
from bot.syncing.tasks import Syncing
from bot.syncing.titles import LearningIndex, TitleStore, mirror, mirrored
from guardrails.hidden import without_invisible
from guardrails.policy import parse_policies
from knowledge.indexes.edge import EdgeIndex
from knowledge.ingestion.sources.configuration import SourcesFile
from knowledge.ingestion.writing import Writer
from knowledge.ports import RebuildableIndex, VectorIndex
from knowledge.retrieval import HybridRetriever
from knowledge.sparse import SparseEncoder
from knowledge.types import Principal

_GUEST_GRACE_S = 600.0
_SERVER_GRACE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What runs, for the commands."""

    durable: Durable
    answering: Answering
    index: RebuildableIndex
    finder: HybridRetriever
    redactor: Redactor
    rewriter: Rewriter
    ingest: Ingest
    syncing: Syncing
    model: ChatModel

    @property
    def app(self) -> App:
        """What adapters call."""
        return self.durable.app

    @property
    def redis(self) -> Redis:
        """The store of everything that passes."""
        return self.durable.redis

    @property
    def docket(self) -> Docket:
        """The durable queue."""
        return self.durable.docket

    @property
    def about_model(self) -> str:
        """Say in one line which model writes."""
        if self.model.name == OFFLINE:
            return (
                "offline model: it quotes the documents word for word and writes nothing of its "
                "own (set OPENAI_API_KEY for written answers)"
            )
        return f"model {self.model.name}"


@asynccontextmanager
async def open_parts(
    settings: Settings,
    *,
    also: frozenset[Principal] = frozenset(),
    is_serving: bool = False,
    syncs: bool = False,
    models: Models | None = None,
) -> AsyncIterator[Parts]:
    """Start every part and stop it at the end.

    `also` are principals whose documents this process' person may read besides their own;
    whoever `syncs`, or is serving, works on the sources, which others need not be able to open;
    `models` are loaded unless they are given, and then left open.

    Raises:
        StartError: A part can't be started; the message says what to do.
        IndexMismatchError: The index was built with another embedding model.
    """
    async with AsyncExitStack() as stack:
        ownership = await stack.enter_async_context(_ownership(settings, is_serving=is_serving))

        async def about() -> str:
            chunks = await index.count()
            return f"{chunks:,} passages indexed. Model: `{settings.model_name}`."

        durable = await stack.enter_async_context(
            open_durable(settings, ownership.redis_url, about)
        )
        if models is None:
            models = await load_models(settings)
            stack.push_async_callback(models.detector.close)
        index = await _index(settings, ownership, durable.cipher, models.embeddings, stack)
        await stack.enter_async_context(mirrored(TitleStore(durable.redis), settings.data_dir))
        syncing = await stack.enter_async_context(
            syncing_of(
                _sources(settings) if is_serving or syncs else SourcesFile(),
                redis=durable.redis,
                redis_url=ownership.redis_url,
                directory=durable.directory,
                writer=Writer(
                    index=_learning(index, durable),
                    embeddings=models.embeddings,
                    sparse=SparseEncoder(),
                    personal=DetectingFinder(
                        models.detector, parse_policies(settings.pii_policy).default
                    ),
                    clean=without_invisible,
                ),
                work_dir=settings.data_dir / "sources",
                concurrency=settings.sync_concurrency,
                takeover_s=settings.takeover_s,
                keeps_time=is_serving,
                administration=durable.administration if is_serving or syncs else None,
            )
        )
        yield _compose(
            settings, models, durable=durable, index=index, syncing=syncing, also=also, stack=stack
        )


@asynccontextmanager
async def _ownership(settings: Settings, *, is_serving: bool) -> AsyncIterator[Ownership]:
    url = settings.redis_url.get_secret_value() if settings.redis_url else None
    if url is not None and settings.qdrant_url is not None:
        yield Ownership(is_owner=False, redis_url=url)
        return
    grace_s = _SERVER_GRACE_S if is_serving else _GUEST_GRACE_S
    async with embedded_parts(settings.data_dir, redis_url=url, guest_grace_s=grace_s) as ownership:
        yield ownership


async def _index(
    settings: Settings,
    ownership: Ownership,
    cipher: Cipher,
    embeddings: Embeddings,
    stack: AsyncExitStack,
) -> RebuildableIndex:
    name = settings.embedding_model
    if settings.qdrant_url is not None:
        # Half a second of imports that only those with a server need.
        from knowledge.indexes.server import ServerIndex  # noqa: PLC0415

        key = settings.qdrant_api_key
        server = await ServerIndex.connect(
            str(settings.qdrant_url),
            api_key=key.get_secret_value() if key else None,
            embedding=name,
            size=await _size(embeddings),
        )
        stack.push_async_callback(server.close)
        return server
    queue = await stack.enter_async_context(Docket("citewell-index", ownership.redis_url))
    if not ownership.is_owner:
        return HandedOverIndex(queue, cipher, embedding=name)
    index = await EdgeIndex.open(
        settings.data_dir / "index", embedding=name, size=await _size(embeddings)
    )
    stack.push_async_callback(index.close)
    serve_index(queue, index, cipher, embedding=name)
    await stack.enter_async_context(working(queue, concurrency=4))
    return index


def _learning(index: RebuildableIndex, durable: Durable) -> LearningIndex:
    reporting = ReportingIndex(index, PersonalReport(durable.redis, durable.cipher))
    return LearningIndex(reporting, TitleStore(durable.redis))


async def _size(embeddings: Embeddings) -> int:
    return len(await embeddings.aembed_query("size"))


def _sources(settings: Settings) -> SourcesFile:
    return configured(settings.named_sources_file, named_secrets())


def _compose(
    settings: Settings,
    models: Models,
    *,
    durable: Durable,
    syncing: Syncing,
    index: RebuildableIndex,
    also: frozenset[Principal],
    stack: AsyncExitStack,
) -> Parts:
    model = answering_model(settings, durable, models)
    finder = HybridRetriever(index, models.embeddings, SparseEncoder(), answering_ranking(settings))
    redactor = DetectingRedactor(models.detector, parse_policies(settings.pii_policy))
    line = orchestrator(
        settings,
        durable=durable,
        redactor=redactor,
        reader=evidence_reader(settings, models, durable.administration.telling.attacks),
        finder=finder,
        index=index,
        model=model,
        judge=load_judge(settings, models.embeddings, durable.administration.prompts),
        also=also,
        attachments=attachments_of(settings, durable, models, stack),
    )
    whole = durable.erasure.around(durable.administration.around(line))
    answering = _answering(settings, durable, whole)
    _look_in(settings, durable, models=models, index=index, finder=finder, redactor=redactor)
    durable.administration.homes.gaps.serve(models.embeddings, settings.embedding_model)
    durable.inbox.serve(answering.answer)
    durable.private.serve(answering.answer_through)
    summing_up = summaries(settings, durable=durable, redactor=redactor, model=model)
    durable.shortcuts.serve(_answering(settings, durable, summing_up).answer_through)
    return Parts(
        durable=durable,
        answering=answering,
        index=index,
        finder=finder,
        redactor=redactor,
        rewriter=WordRewriter(),
        ingest=ingest_of(
            _learning(index, durable),
            models.embeddings,
            DetectingFinder(models.detector, parse_policies(settings.pii_policy).default),
            lambda: mirror(TitleStore(durable.redis), settings.data_dir),
        ),
        syncing=syncing,
        model=model,
    )


def _answering(settings: Settings, durable: Durable, line: Line) -> Answering:
    return Answering(
        durable.delivery,
        line,
        ledger=durable.ledger,
        speaking=durable.speaking,
        timeout_s=settings.answer_timeout_s,
        on_answer=durable.metrics.answered,
    )


def _look_in(
    settings: Settings,
    durable: Durable,
    *,
    models: Models,
    index: RebuildableIndex,
    finder: HybridRetriever,
    redactor: Redactor,
) -> None:
    """Let the parts that meet people look into the documents."""
    sets = knowledge_sets(settings, durable)
    readers = Readers(durable.directory)
    mode = AclMode(settings.acl_mode)
    durable.administration.verified.serve(
        Meanings(redactor, word_vectors(models.embeddings)),
        VerifiedSources(finder, readers, sets, redactor, mode=mode),
    )
    durable.administration.welcome.serve(Overview(index, finder, readers, sets))
    durable.helping.serve(index, readers)
    durable.records.serve(index, readers)
    durable.administration.commands.add(
        *AccessCommands(
            store=durable.administration.store,
            adapters=durable.adapters,
            finder=finder,
            readers=readers,
            sets=sets,
            redactor=redactor,
        ).all()
    )


@asynccontextmanager
async def open_index(
    folder: Path, settings: Settings, embeddings: Embeddings
) -> AsyncIterator[VectorIndex]:
    """Open the embedded index in `folder`, beside the live one, and close it at the end.

    Raises:
        IndexMismatchError: What is there can't be read.
    """
    size = await _size(embeddings)
    index = await EdgeIndex.open(folder, embedding=settings.embedding_model, size=size)
    try:
        yield index
    finally:
        await index.close()
