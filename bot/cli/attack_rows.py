"""The rows of `citewell eval guardrails` about attacks on a model that obeys all that it reads."""

import re
import secrets
import tempfile
from dataclasses import asdict
from pathlib import Path

from redis.asyncio import Redis

from adapters.slack import rendering as slack
from adapters.teams import rendering as teams
from adapters.types import IncomingMessage
from bot.crypto import Cipher
from bot.evaluation.attacks import Platform, attacks_obeyed
from bot.evaluation.guardrails_data import ATTACKS, SAMPLE, attack_samples, own_attacks
from bot.evaluation.guardrails_rows import Row
from bot.evaluation.sample_company import ATTACKS_OF_OURS, company_attacks
from bot.guarding import moderated
from bot.loading import Models
from bot.memory.placeholders import RedisPlaceholderStore
from bot.memory.threads import RedisThreadMemory
from bot.orchestrator import Orchestrator
from bot.ports import ChatModel, Retriever
from bot.prompts.library import PromptLibrary
from bot.queue.embedded import embedded_parts
from bot.settings import Settings
from bot.steps.passages import InjectionPolicy, PassageReader
from bot.steps.redacting import DetectingFinder, DetectingRedactor
from bot.steps.rewriting import WordRewriter
from guardrails.injection import RuleInjectionDetector
from guardrails.policy import parse_policies
from knowledge.sparse import SparseEncoder

_TTL_S = 3600
_PLATFORMS = (
    Platform(
        name="slack",
        render=lambda reply: [asdict(message) for message in slack.messages_of(reply)],
        ping=re.compile(r"<[!@]|(?<!\w)@(?:channel|here|everyone)\b", re.IGNORECASE),
    ),
    Platform(
        name="teams",
        render=lambda reply: [asdict(message) for message in teams.messages_of(reply)],
        ping=re.compile(r"<at\b", re.IGNORECASE),
    ),
)


class _NobodyToTell:
    """Nobody is there to be told of a secret: what is measured stands in no conversation."""

    async def secret_seen(self, message: IncomingMessage) -> None:
        """Do nothing."""


async def attack_rows(folder: Path, settings: Settings, models: Models) -> list[Row]:
    """Return what the attacks below `folder` do to the straight line, with a Valkey of its own."""
    policies = parse_policies(settings.pii_policy)
    with tempfile.TemporaryDirectory() as scratch:
        async with (
            embedded_parts(Path(scratch), redis_url=None, guest_grace_s=0.0) as owned,
            Redis.from_url(owned.redis_url) as redis,
        ):
            memory = RedisThreadMemory(redis, ttl_s=_TTL_S, max_tokens=settings.history_max_tokens)
            cipher = Cipher(secrets.token_bytes())

            def line(retriever: Retriever, model: ChatModel) -> Orchestrator:
                redactor, guarded = moderated(
                    DetectingRedactor(models.detector, policies), model, settings
                )
                return Orchestrator(
                    redactor=redactor,
                    notices=_NobodyToTell(),
                    placeholders=RedisPlaceholderStore(redis, cipher, ttl_s=_TTL_S),
                    memory=memory,
                    rewriter=WordRewriter(),
                    terms_of=SparseEncoder().terms,
                    retriever=retriever,
                    reader=PassageReader(
                        models.detector,
                        RuleInjectionDetector(),
                        InjectionPolicy(settings.injection_policy),
                        policies,
                    ),
                    prompts=PromptLibrary(),
                    model=guarded,
                    max_question_chars=settings.max_question_chars,
                )

            sets = (
                (ATTACKS, attack_samples(folder)),
                (SAMPLE, company_attacks(folder)),
                ("own attacks", own_attacks(folder / SAMPLE / ATTACKS_OF_OURS)),
            )
            return [
                row
                for data, samples in sets
                for row in await attacks_obeyed(
                    samples,
                    make_line=line,
                    memory=memory,
                    finder=DetectingFinder(models.detector),
                    platforms=_PLATFORMS,
                    data=data,
                )
            ]
