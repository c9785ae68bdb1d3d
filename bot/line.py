"""Composes the straight line: each step that stands behind the orchestrator's ports."""

from bot.breakers import FallbackModel, GuardedModel, GuardedRetriever
from bot.durable import Durable
from bot.guarding import moderated
from bot.loading import Models, load_chat_model
from bot.memory.placeholders import RedisPlaceholderStore
from bot.memory.threads import RedisThreadMemory
from bot.models.offline import OFFLINE
from bot.observability.timing import (
    TimedMemory,
    TimedModel,
    TimedPlaceholders,
    TimedReader,
    TimedRedactor,
    TimedRetriever,
    TimedRewriter,
)
from bot.orchestrator import Orchestrator
from bot.passages import InjectionPolicy, PassageReader
from bot.ports import ChatModel, EvidenceReader, Redactor, Rewriter, SupportJudge
from bot.privately import SecretNotices
from bot.prompts.library import PromptLibrary
from bot.readers import Readers
from bot.record.noted import NotedModel, NotedRedactor
from bot.rewriting import ModelRewriter, WordRewriter
from bot.searching import AclMode, AudienceRetriever
from bot.sets import KnowledgeSets, sets_in
from bot.settings import Settings
from guardrails.injection import RuleInjectionDetector
from guardrails.policy import parse_policies
from knowledge.neighbours import Joining
from knowledge.retrieval import MINILM_THRESHOLD, HybridRetriever, Ranking, Threshold
from knowledge.types import Principal

_SEARCH_TIMEOUT_S = 20.0


def orchestrator(
    settings: Settings,
    *,
    durable: Durable,
    redactor: Redactor,
    reader: EvidenceReader,
    finder: HybridRetriever,
    model: ChatModel,
    judge: SupportJudge | None,
    also: frozenset[Principal],
) -> Orchestrator:
    """Return the line, each step timed; `also` may be read besides what the asker may."""
    prompts = PromptLibrary()
    redis, ttl_s = durable.redis, int(settings.thread_ttl_h * 3600)
    placeholders = RedisPlaceholderStore(redis, durable.cipher, ttl_s=ttl_s)
    memory = RedisThreadMemory(redis, ttl_s=ttl_s, max_tokens=settings.history_max_tokens)
    rewriter = _rewriter(model, prompts)
    found = AudienceRetriever(
        finder,
        Readers(durable.directory),
        knowledge_sets(settings, durable),
        mode=AclMode(settings.acl_mode),
        limit=settings.passage_limit,
        timeout_s=_SEARCH_TIMEOUT_S,
        also=also,
    )
    redactor, model = moderated(NotedRedactor(redactor), NotedModel(model), settings)
    retriever = durable.private.offering(GuardedRetriever(found, durable.circuits.index))
    return Orchestrator(
        notices=SecretNotices(redis, durable.adapters),
        redactor=TimedRedactor(redactor),
        placeholders=TimedPlaceholders(placeholders),
        memory=TimedMemory(memory),
        rewriter=TimedRewriter(rewriter),
        retriever=TimedRetriever(retriever),
        reader=TimedReader(reader),
        prompts=prompts,
        model=TimedModel(model),
        judge=judge,
        max_question_chars=settings.max_question_chars,
    )


def answering_model(settings: Settings, durable: Durable, models: Models) -> ChatModel:
    """Return the model that writes, behind its circuit, with the one that steps in for it."""
    first = load_chat_model(settings, settings.model_name, models.embeddings)
    guarded = GuardedModel(first, durable.circuits.model)
    if not settings.fallback_model:
        return guarded
    second = load_chat_model(settings, settings.fallback_model, models.embeddings)
    return FallbackModel(guarded, second)


def evidence_reader(settings: Settings, models: Models) -> PassageReader:
    """Return what stands between retrieval and the prompt."""
    return PassageReader(
        models.detector,
        RuleInjectionDetector(),
        InjectionPolicy(settings.injection_policy),
        parse_policies(settings.pii_policy),
    )


def knowledge_sets(settings: Settings, durable: Durable) -> KnowledgeSets:
    """Return the knowledge sets of the sources file, as channels are bound to them."""
    return KnowledgeSets(durable.administration.store, sets_in(settings.named_sources_file))


def answering_ranking(settings: Settings) -> Ranking:
    """Return how passages are ordered and judged when people ask."""
    is_calibrated = settings.embedding_model == "minilm"
    return Ranking(
        joining=Joining(passages=settings.passage_limit, max_tokens=settings.passages_max_tokens),
        threshold=MINILM_THRESHOLD if is_calibrated else Threshold(),
    )


def answering_rewriter(settings: Settings, models: Models) -> Rewriter:
    """Return what makes a follow-up stand alone when people ask."""
    return _rewriter(
        load_chat_model(settings, settings.model_name, models.embeddings), PromptLibrary()
    )


def _rewriter(model: ChatModel, prompts: PromptLibrary) -> Rewriter:
    return WordRewriter() if model.name == OFFLINE else ModelRewriter(model, prompts)
