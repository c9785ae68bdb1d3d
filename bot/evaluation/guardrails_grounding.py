"""Measures the check of sentences against passages, beside plain overlap of words."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from bot.evaluation.guardrails_data import json_lines
from bot.evaluation.guardrails_rows import Row
from guardrails.grounding import NO_CLAIM, check_support, overlap

_FAITHBENCH = "faithfulness-faithbench"
_MTRAG = "rag-mtrag"
_OWN = "mtrag, made up"
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?=\w)[^.!?\n]*)*[.!?]*[\"')]*\s*")
_IN_LINE = re.compile(r"\s(?=\d{1,2}\.\s+[A-Z*])")  # a numbered item behind another
_MIN_WORDS = 4
_FAITHFUL, _UNFAITHFUL = 3.99, 2.34  # means of three people's scores of 1 to 4
_PLAIN = 0.65  # cuts about as many supported sentences as the check does
_VERB = re.compile(r"\b(?:is|are|was|were|can|may|must|should|will|has|have)\b(?! not)")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A sentence of an answer, what it was made from, and whether people found it supported."""

    data: str
    sentence: str
    evidence: tuple[str, ...]
    is_supported: bool


def grounding(folder: Path) -> Iterator[Row]:
    """Yield how many unsupported sentences are let through, and how many supported ones are cut."""
    judged = [*_of_faithbench(folder), *_of_mtrag(folder)]
    judged += _made_up(tuple(item for item in judged if item.data == _MTRAG and item.is_supported))
    claims = [item for item in judged if check_support(item.sentence, ()).reason != NO_CLAIM]
    for (data, is_supported), group in groupby(claims, lambda item: (item.data, item.is_supported)):
        items = list(group)
        what = "supported sentences cut" if is_supported else "unsupported sentences let through"
        for by, passes in (("", _check), (f", by overlap of {_PLAIN}", _plain)):
            kept = sum(passes(item) for item in items) / len(items)
            value = 1 - kept if is_supported else kept
            yield Row(what=what + by, data=data, count=len(items), value=value)


def _check(item: Judged) -> bool:
    return check_support(item.sentence, item.evidence).is_supported


def _plain(item: Judged) -> bool:
    return overlap(item.sentence, item.evidence) >= _PLAIN


def _of_faithbench(folder: Path) -> list[Judged]:
    """Return sentences with an unwanted span, and those without any."""
    found: list[Judged] = []
    for sample in json_lines(folder / _FAITHBENCH / "samples.jsonl.gz"):
        spans = sample["spans"] if isinstance(sample["spans"], list) else []
        for start, end, sentence in _sentences(str(sample["response"])):
            here = [span for span in spans if span["start"] < end and start < span["end"]]
            is_bad = any("Unwanted" in span["label"] for span in here)
            if is_bad or not here:
                evidence = (str(sample["source_text"]),)
                found.append(_judged(_FAITHBENCH, sentence, evidence, is_supported=not is_bad))
    return sorted(found, key=lambda item: item.is_supported)


def _of_mtrag(folder: Path) -> list[Judged]:
    """Return sentences of answers that people found faithful throughout, and of unfaithful ones."""
    texts = {
        str(line["id"]): str(line["text"])
        for line in json_lines(folder / _MTRAG / "corpus.jsonl.gz")
    }
    found: list[Judged] = []
    for answer in json_lines(folder / _MTRAG / "human-judgements.jsonl.gz"):
        contexts = answer["contexts"] if isinstance(answer["contexts"], list) else []
        evidence = tuple(texts[name] for name in contexts if name in texts)
        said = answer["human_1to4"]
        scores = said["faithfulness"] if isinstance(said, dict) else []
        mean = sum(scores) / len(scores) if scores else 3.0
        if evidence and not _UNFAITHFUL < mean < _FAITHFUL:
            found += [
                _judged(_MTRAG, sentence, evidence, is_supported=mean >= _FAITHFUL)
                for _, _, sentence in _sentences(str(answer["response"]))
            ]
    return sorted(found, key=lambda item: item.is_supported)


def _made_up(supported: Sequence[Judged]) -> list[Judged]:
    """Return supported sentences with another number, with a negation, and from elsewhere."""
    changes: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("another number", lambda text: _NUMBER.sub(lambda n: str(int(n[0]) + 10), text, count=1)),
        ("negated", _negated),
    )
    made = [
        _judged(f"{_OWN}: {name}", changed, item.evidence, is_supported=False)
        for name, change in changes
        for item in supported
        if (changed := change(item.sentence)) != item.sentence
    ]
    step = len(supported) // 2
    return made + [
        _judged(f"{_OWN}: from elsewhere", other.sentence, item.evidence, is_supported=False)
        for item, other in zip(supported, (*supported[step:], *supported[:step]), strict=True)
        if item.evidence != other.evidence
    ]


def _negated(text: str) -> str:
    if " not " in text or "n't" in text:
        return text
    return _VERB.sub(lambda verb: f"{verb[0]} not", text, count=1)


def _judged(data: str, sentence: str, evidence: tuple[str, ...], *, is_supported: bool) -> Judged:
    return Judged(data=data, sentence=sentence, evidence=evidence, is_supported=is_supported)


def _sentences(text: str) -> Iterator[tuple[int, int, str]]:
    for found in _SENTENCE.finditer(_IN_LINE.sub("\n", text)):
        if len(found[0].split()) >= _MIN_WORDS:
            yield found.start(), found.end(), found[0].strip()
