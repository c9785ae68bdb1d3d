"""Finds personal data and secrets: Presidio with forms, two name models, and context."""

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Literal, TypeVar

from presidio_analyzer.nlp_engine import NlpArtifacts, SpacyNlpEngine

from guardrails.addresses import find_addresses
from guardrails.known_names import find_known_in_document, find_known_names
from guardrails.name_model import NameModel, ScoredWord
from guardrails.names import PERSON, Opinions, find_names, where_names_may_be
from guardrails.networks import find_ips
from guardrails.not_names import NO_TERMS, is_no_name
from guardrails.patterns import pattern_recognizers
from guardrails.phones import find_phones
from guardrails.ports import Terms
from guardrails.secrets import find_secrets
from guardrails.types import Finding

_LANGUAGE = "en"
_UNUSED_PIPES = ("tagger", "parser", "attribute_ruler", "lemmatizer", "senter", "morphologizer")
_LABELS = {"PER": PERSON}
# Models take seconds for a long run of signs; names have none, places in the text must stay.
# Half of a surrogate pair (JSON may hold one) is no character, and tokenizers refuse it.
_RUN = re.compile(r"[^\w\s]{5,}|[\ud800-\udfff]+")
# Without these nothing of the type can be there, and its forms need not be tried.
_DIGIT, _AT = re.compile(r"\d"), re.compile("@")
_SIGNS = {
    "EMAIL_ADDRESS": _AT,
    "CREDIT_CARD": _DIGIT,
    "IBAN_CODE": _DIGIT,
    "US_SSN": _DIGIT,
    "DATE_OF_BIRTH": _DIGIT,
}
_MIN_SCORE = 0.4
_THREADS = 2
_RANK = {kind: rank for rank, kind in enumerate(("SECRET", "US_SSN", "IBAN_CODE", "IP_ADDRESS"))}

Result = TypeVar("Result")


class PresidioDetector:
    """A `PersonalDataDetector`: two threads of its own, for any number of callers.

    What is taken for a name and is none (products, technical words, `terms`) is let through: see
    `not_names.py`. Presidio: github.com/microsoft/presidio; `model` is a spaCy package. With
    `names="spacy"` it alone decides on names, for those who set a larger one.
    """

    def __init__(
        self,
        *,
        model: str,
        names: Literal["rampart", "spacy"] = "rampart",
        employee_ids: Sequence[str] = (),
        terms: Terms = NO_TERMS,
    ) -> None:
        self._model = model
        self._names = names
        self._employee_ids = employee_ids
        self._terms = terms
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="presidio")
        self._loaded: _Loaded | None = None

    async def warm_up(self) -> None:
        """Load the models and run them once: seconds now instead of in the first answer.

        Raises:
            FileNotFoundError: The name model's package is not installed.
        """
        await self._in_pool(self._load)

    async def close(self) -> None:
        """End the threads once they are done."""
        await asyncio.to_thread(self._pool.shutdown)

    async def detect(self, text: str, *, names: Sequence[str] = ()) -> tuple[Finding, ...]:
        return await self._in_pool(lambda: self._detect(text, names))

    async def detect_many(self, texts: Sequence[str]) -> tuple[tuple[Finding, ...], ...]:
        return await self._in_pool(
            lambda: tuple(self._detect(text, (), is_document=True) for text in texts)
        )

    def detect_known(self, text: str, names: Sequence[str]) -> tuple[Finding, ...]:
        return _without_overlaps(list(find_known_in_document(text, names, terms=self._terms)))

    async def _in_pool(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def _load(self) -> "_Loaded":
        model = NameModel() if self._names == "rampart" else None
        loaded = _Loaded(self._model, model, self._employee_ids)
        tuple(loaded.find("Ann Miller and Bob, 555-123-4567", NO_TERMS, ()))
        self._loaded = loaded
        return loaded

    def _detect(
        self, text: str, names: Sequence[str], *, is_document: bool = False
    ) -> tuple[Finding, ...]:
        loaded = self._loaded or self._load()
        return _without_overlaps(
            [
                *find_secrets(text),
                *loaded.find(text, self._terms, names, is_document=is_document),
            ]
        )


class _Loaded:
    """The models, ready to be used from any thread."""

    def __init__(self, model: str, names: NameModel | None, employee_ids: Sequence[str]) -> None:
        nlp = SpacyNlpEngine(models=[{"lang_code": _LANGUAGE, "model_name": model}])
        nlp.load()
        self._pipeline = nlp.get_nlp(_LANGUAGE)
        unused = [name for name in _UNUSED_PIPES if name in self._pipeline.pipe_names]
        self._pipeline.select_pipes(disable=unused)
        self._names = names
        self._recognizers = pattern_recognizers(employee_ids)
        self._artifacts = NlpArtifacts(
            entities=[],
            tokens=self._pipeline.make_doc(""),
            tokens_indices=[],
            lemmas=[],
            nlp_engine=nlp,
            language=_LANGUAGE,
        )

    def find(
        self, text: str, terms: Terms, known: Sequence[str], *, is_document: bool = False
    ) -> Iterator[Finding]:
        """Yield what is personal in `text`; findings may overlap."""
        yield from self._by_form(text)
        yield from find_phones(text)
        yield from find_ips(text)
        words = self._words(where_names_may_be(text) if is_document else text)
        yield from find_addresses(text, words)
        scored = words if self._names is not None else None
        yield from find_known_names(text, known, scored, terms=terms)
        for finding in find_names(text, words, partial(self._second_opinion, text)):
            trimmed = _without_genitive(text, finding)
            if not is_no_name(text[trimmed.start : trimmed.end], terms):
                yield trimmed

    def _by_form(self, text: str) -> Iterator[Finding]:
        # Each recognizer by itself: the engine's way around them costs more than they do.
        signs = {sign for sign in _SIGNS.values() if sign.search(text)}
        for recognizer in self._recognizers:
            entities = recognizer.supported_entities
            if (sign := _SIGNS.get(entities[0])) and sign not in signs:
                continue
            for found in recognizer.analyze(text, entities, self._artifacts) or ():
                if found.score >= _MIN_SCORE and text[found.start : found.end].strip():
                    yield Finding(
                        type=found.entity_type, start=found.start, end=found.end, score=found.score
                    )

    def _words(self, text: str) -> list[ScoredWord]:
        if self._names is not None:
            return self._names.words(_readable(text))
        return [
            ScoredWord(start=start, end=end, name=1.0, street=0.0)
            for start, end, label in self._second_opinion(text, 0, len(text))
            if label == PERSON
        ]

    def _second_opinion(self, text: str, start: int, end: int) -> Opinions:
        return [
            (
                start + entity.start_char,
                start + entity.end_char,
                _LABELS.get(entity.label_, entity.label_),
            )
            for entity in self._pipeline(_readable(text[start:end])).ents
        ]


def _readable(text: str) -> str:
    return _RUN.sub(lambda found: " " * len(found[0]), text)


def _without_genitive(text: str, finding: Finding) -> Finding:
    words = text[finding.start : finding.end]
    kept = words.removesuffix("'s").removesuffix("\u2019s").rstrip()
    if not kept or kept == words:
        return finding
    return Finding(
        type=PERSON, start=finding.start, end=finding.start + len(kept), score=finding.score
    )


def _without_overlaps(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings in order; where two overlap, the longer one, or a secret."""
    kept: list[Finding] = []
    by_weight = sorted(
        findings,
        key=lambda f: (f.type != "SECRET", f.start - f.end, f.start, _RANK.get(f.type, len(_RANK))),
    )
    for finding in by_weight:
        if not any(finding.start < other.end and other.start < finding.end for other in kept):
            kept.append(finding)
    return tuple(sorted(kept, key=lambda finding: finding.start))
