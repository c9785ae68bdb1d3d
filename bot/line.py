"""Composes the straight line: each step that stands behind the orchestrator's ports."""

from contextlib import AsyncExitStack

from bot.attached.choosing import PieceChooser
from bot.attached.reading import AttachedFiles
from bot.attached.store import AttachedStore
from bot.attached.taking import FileTaker
from bot.breakers import FallbackModel, GuardedModel, GuardedRetriever
from bot.controls.admission import AdmittedLine
from bot.controls.flags import PromptedLine
from bot.durable import Durable
from bot.guarding import moderated
from bot.helping.onward import OnwardLine
from bot.helping.suggesting import GatheringReader, Suggesting
from bot.loading import Models, load_chat_model
from bot.memory.placeholders import RedisPlaceholderStore
from bot.memory.threads import RedisThreadMemory
from bot.models.offline import OFFLINE
from bot.models.tiers import TieredModel
from bot.observability.timing import (
    TimedAttachments,
    TimedMemory,
    TimedModel,
    TimedPlaceholders,
    TimedReader,
    TimedRedactor,
    TimedRetriever,
    TimedRewriter,
)
from bot.orchestrator import Orchestrator
from bot.people.summarizing import SummaryLine
from bot.ports import (
    AttachmentReader,
    ChatModel,
    EvidenceReader,
    Line,
    Redactor,
    Rewriter,
    SupportJudge,
)
from bot.prompts.library import PromptLibrary
from bot.record.noted import BesideModel, NotedModel, NotedRedactor
from bot.settings import Settings
from bot.steps.citing import Unsupported
from bot.steps.passages import InjectionPolicy, PassageReader, Reports
from bot.steps.readers import Readers
from bot.steps.redacting import DetectingFinder
from bot.steps.rewriting import ModelRewriter, SpokenRewriter, WordRewriter
from bot.steps.searching import AclMode, AudienceRetriever
from bot.steps.sets import KnowledgeSets, sets_in
from guardrails.injection import RuleInjectionDetector
from guardrails.policy import parse_policies
from knowledge.ingestion.parsing.sandbox import ParsingSandbox
from knowledge.neighbours import Joining
from knowledge.ports import VectorIndex
from knowledge.retrieval import MINILM_THRESHOLD, HybridRetriever, Ranking, Threshold
from knowledge.sparse import SparseEncoder
from knowledge.types import Principal

_SEARCH_TIMEOUT_S = 20.0


def orchestrator(
    settings: Settings,
    *,
    durable: Durable,
    redactor: Redactor,
    reader: EvidenceReader,
    finder: HybridRetriever,
    index: VectorIndex,
    model: ChatModel,
    judge: SupportJudge | None,
    also: frozenset[Principal],
    attachments: AttachmentReader | None = None,
) -> Line:
    """Return the line, each step timed; `also` may be read besides what the asker may."""
    prompts = durable.administration.prompts
    redis, ttl_s = durable.redis, int(settings.thread_ttl_h * 3600)
    placeholders = RedisPlaceholderStore(redis, durable.cipher, ttl_s=ttl_s)
    memory = RedisThreadMemory(redis, ttl_s=ttl_s, max_tokens=settings.history_max_tokens)
    rewriter = _rewriter(settings, model, prompts)
    readers, sets = Readers(durable.directory), knowledge_sets(settings, durable)
    suggesting = Suggesting(finder, index, reader, readers, sets)
    found = AudienceRetriever(
        finder,
        readers,
        sets,
        mode=AclMode(settings.acl_mode),
        limit=settings.passage_limit,
        timeout_s=_SEARCH_TIMEOUT_S,
        also=also,
    )
    circuit = durable.circuits.moderation
    redactor, model = moderated(
        NotedRedactor(redactor), NotedModel(model), settings, circuit, masking=redactor
    )
    retriever = durable.private.offering(GuardedRetriever(found, durable.circuits.index))
    line = Orchestrator(
        notices=durable.administration.telling.secrets,
        redactor=TimedRedactor(redactor),
        placeholders=TimedPlaceholders(placeholders),
        memory=TimedMemory(memory),
        rewriter=TimedRewriter(SpokenRewriter(rewriter)),
        terms_of=SparseEncoder().terms,
        retriever=TimedRetriever(retriever),
        reader=TimedReader(GatheringReader(reader, suggesting)),
        prompts=prompts,
        model=TimedModel(model),
        judge=judge,
        attachments=TimedAttachments(attachments) if attachments else None,
        max_question_chars=settings.max_question_chars,
        unsupported=Unsupported(settings.unsupported),
    )
    return OnwardLine(line, durable.adapters)


def summaries(
    settings: Settings, *, durable: Durable, redactor: Redactor, model: ChatModel
) -> Line:
    """Return the line that sums up threads, admitted and counted as answers are."""
    _, judged = moderated(redactor, NotedModel(model), settings, durable.circuits.moderation)
    line = SummaryLine(
        adapters=durable.adapters,
        redactor=NotedRedactor(redactor),
        injection=RuleInjectionDetector(),
        prompts=durable.administration.prompts,
        model=TimedModel(judged),
    )
    administration = durable.administration
    return PromptedLine(AdmittedLine(line, administration.admission), administration.store)


def attachments_of(
    settings: Settings, durable: Durable, models: Models, stack: AsyncExitStack
) -> AttachmentReader:
    """Return what reads the files that people attach; `stack` ends the processes that parse."""
    sandbox = ParsingSandbox(processes=2, cpu_s=20, timeout_s=30)
    stack.push_async_callback(sandbox.close)
    return AttachedFiles(
        FileTaker(durable.adapters, sandbox, max_mb=settings.file_max_mb),
        AttachedStore(durable.redis, durable.cipher, ttl_s=int(settings.thread_ttl_h * 3600)),
        PieceChooser(
            models.embeddings,
            SparseEncoder(),
            DetectingFinder(models.detector),
            max_tokens=settings.file_max_tokens,
        ),
    )


def answering_model(settings: Settings, durable: Durable, models: Models) -> ChatModel:
    """Return the model that writes, behind its circuit, with the one that steps in for it."""
    first = load_chat_model(settings, settings.model_name, models.embeddings)
    standard: ChatModel = GuardedModel(first, durable.circuits.model)
    if settings.fallback_model:
        second = load_chat_model(settings, settings.fallback_model, models.embeddings)
        standard = FallbackModel(standard, second)
    if not settings.strong_model:
        return standard
    strong = load_chat_model(settings, settings.strong_model, models.embeddings)
    # A circuit of its own: what is wrong with the one says nothing of the other.
    guarded = GuardedModel(strong, durable.circuits.strong)
    return TieredModel(standard, FallbackModel(guarded, standard))


def evidence_reader(
    settings: Settings, models: Models, reports: Reports | None = None
) -> PassageReader:
    """Return what stands between retrieval and the prompt."""
    return PassageReader(
        models.detector,
        RuleInjectionDetector(),
        InjectionPolicy(settings.injection_policy),
        parse_policies(settings.pii_policy),
        reports,
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
    model = load_chat_model(settings, settings.model_name, models.embeddings)
    return _rewriter(settings, model, PromptLibrary())


def _rewriter(settings: Settings, model: ChatModel, prompts: PromptLibrary) -> Rewriter:
    if model.name == OFFLINE:
        return WordRewriter()
    return ModelRewriter(BesideModel(model), prompts, documents=settings.documents_language)
