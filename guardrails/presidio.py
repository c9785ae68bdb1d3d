"""Finds personal data and secrets with Presidio, a spaCy model for names, and forms."""

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import TypeVar

from presidio_analyzer import AnalyzerEngine, RecognizerRegistry, RecognizerResult
from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine
from presidio_analyzer.predefined_recognizers import SpacyRecognizer

from guardrails.not_names import is_no_name
from guardrails.patterns import pattern_recognizers
from guardrails.secrets import find_secrets
from guardrails.types import Finding

_LANGUAGE = "en"
_MASKED = (
    "PERSON",
    "EMAIL_ADDRESS",
    "PHONE_NUMBER",
    "CREDIT_CARD",
    "IBAN_CODE",
    "IP_ADDRESS",
    "US_SSN",
)
"""What is masked. Not places, dates and organisations: without them little can be found."""
_UNUSED_PIPES = ("tagger", "parser", "attribute_ruler", "lemmatizer", "senter")
_OTHER_LABELS = (
    "CARDINAL DATE EVENT FAC GPE LANGUAGE LAW LOC MISC MONEY NORP ORDINAL ORG PERCENT PRODUCT "
    "QUANTITY TIME WORK_OF_ART".split()
)
# spaCy takes seconds to cut a long run of signs into tokens; names have none, places must stay.
_RUN = re.compile(r"[^\w\s]{5,}")
_MIN_SCORE = 0.4
_BATCH = 16
_THREADS = 2

Result = TypeVar("Result")


class PresidioDetector:
    """A `PersonalDataDetector`: two threads of its own, for any number of callers.

    What it takes for a name and is none (products, technical words) is let through: see
    `not_names.py`. Presidio: github.com/microsoft/presidio; the model is named by its package.
    """

    def __init__(self, *, model: str) -> None:
        self._model = model
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="presidio")
        self._engine: AnalyzerEngine | None = None

    async def warm_up(self) -> None:
        """Load the model and run it once: seconds now instead of in the first answer."""
        await self._in_pool(self._load)

    async def close(self) -> None:
        """End the threads once they are done."""
        await asyncio.to_thread(self._pool.shutdown)

    async def detect(self, text: str) -> tuple[Finding, ...]:
        return await self._in_pool(lambda: self._detect([text])[0])

    async def detect_many(self, texts: Sequence[str]) -> tuple[tuple[Finding, ...], ...]:
        return await self._in_pool(lambda: self._detect(texts))

    async def _in_pool(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def _load(self) -> AnalyzerEngine:
        names = NerModelConfiguration(
            model_to_presidio_entity_mapping={"PERSON": "PERSON", "PER": "PERSON"},
            labels_to_ignore=_OTHER_LABELS,
        )
        nlp = SpacyNlpEngine(
            models=[{"lang_code": _LANGUAGE, "model_name": self._model}],
            ner_model_configuration=names,
        )
        nlp.load()
        pipeline = nlp.get_nlp(_LANGUAGE)
        pipeline.select_pipes(disable=[n for n in _UNUSED_PIPES if n in pipeline.pipe_names])
        registry = RecognizerRegistry(
            recognizers=[SpacyRecognizer(supported_entities=["PERSON"]), *pattern_recognizers()],
            supported_languages=[_LANGUAGE],
        )
        engine = AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=[_LANGUAGE])
        engine.analyze("Ann Miller", _LANGUAGE)
        self._engine = engine
        return engine

    def _detect(self, texts: Sequence[str]) -> tuple[tuple[Finding, ...], ...]:
        engine = self._engine or self._load()
        readable = [_RUN.sub(lambda found: " " * len(found[0]), text) for text in texts]
        artifacts = engine.nlp_engine.process_batch(readable, _LANGUAGE, batch_size=_BATCH)
        return tuple(
            _without_overlaps(
                [
                    *find_secrets(text),
                    *_personal(
                        text,
                        engine.analyze(
                            text,
                            _LANGUAGE,
                            entities=list(_MASKED),
                            score_threshold=_MIN_SCORE,
                            nlp_artifacts=artifact,
                        ),
                    ),
                ]
            )
            for text, (_, artifact) in zip(texts, artifacts, strict=True)
        )


def _personal(text: str, results: Sequence[RecognizerResult]) -> Iterator[Finding]:
    for result in results:
        start, end = result.start, result.end
        words = text[start:end]
        end -= len(words) - len(words.removesuffix("'s").removesuffix("\u2019s").rstrip())
        words = text[start:end]
        if result.entity_type == "PERSON" and is_no_name(words):
            continue
        if result.entity_type == "IP_ADDRESS" and _is_nobodys(words):
            continue
        if words:
            yield Finding(type=result.entity_type, start=start, end=end, score=result.score)


def _is_nobodys(address: str) -> bool:
    try:
        found = ip_address(address.strip())
    except ValueError:
        return True
    return found.is_loopback or found.is_unspecified


def _without_overlaps(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings in order; where two overlap, the longer one, or a secret."""
    kept: list[Finding] = []
    by_weight = sorted(findings, key=lambda f: (f.type != "SECRET", f.start - f.end, f.start))
    for finding in by_weight:
        if not any(finding.start < other.end and other.start < finding.end for other in kept):
            kept.append(finding)
    return tuple(sorted(kept, key=lambda finding: finding.start))
