"""Reads the sets that the guardrails are measured on: JSON lines, some of them gzipped."""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PERSONAL = "pii-presidio"
ATTACKS = "injection-mixed"
SAMPLE = "sample-company"

Line = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A text and its personal data: type, start and end of each span."""

    text: str
    spans: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A text that is an attack or looks like one; `question` is what is asked of a document.

    `title` and `url` are the document's, where they are a part of the attack; `before` is what the
    person wrote in the thread before.
    """

    text: str
    kind: str
    is_attack: bool
    question: str = ""
    title: str = ""
    url: str = ""
    before: tuple[str, ...] = ()

    @property
    def is_document(self) -> bool:
        """Whether it stands for a document and not for what a person writes."""
        return self.kind.startswith("document")


def labelled_texts(folder: Path) -> list[Labelled]:
    """Return the texts with labelled personal data, none where the set is absent."""
    return [_labelled(line) for line in json_lines(folder / PERSONAL / "samples.jsonl.gz")]


def attack_samples(folder: Path) -> list[Sample]:
    """Return attacks and harmless look-alikes, none where the set is absent."""
    return [
        Sample(
            text=str(line["text"]),
            kind=str(line["kind"]),
            is_attack=line["label"] == 1,
            question=str(line.get("question", "")),
        )
        for line in json_lines(folder / ATTACKS / "samples.jsonl.gz")
    ]


def own_attacks(path: Path) -> list[Sample]:
    """Return attacks of our own on documents, each with the question that finds it."""
    return [
        Sample(
            text=str(line["text"]),
            kind="document with a hidden instruction",
            is_attack=True,
            question=str(line["question"]),
            title=str(line.get("title", "")),
            url=str(line.get("url", "")),
            before=tuple(map(str, before)) if isinstance(before, list) else (),
        )
        for line in json_lines(path)
        for before in (line.get("before", []),)
    ]


def question_sets(folder: Path) -> Mapping[str, list[str]]:
    """Return the questions of every set below `folder` that has some, by its name."""
    sets: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*/*questions.jsonl*")):
        asked = [str(line["question"]) for line in json_lines(path)]
        sets.setdefault(path.parent.name, []).extend(asked)
    return sets


def document_sets(folder: Path) -> Mapping[str, list[str]]:
    """Return the texts of every set's documents, by its name."""
    return {
        path.parent.name: [str(line["text"]) for line in json_lines(path)]
        for path in sorted(folder.glob("*/corpus.jsonl*"))
    }


def _labelled(line: Line) -> Labelled:
    spans = line["spans"] if isinstance(line["spans"], list) else []
    return Labelled(
        text=str(line["text"]),
        spans=tuple((str(s["type"]), int(s["start"]), int(s["end"])) for s in spans),
    )


def json_lines(path: Path) -> Iterator[Line]:
    """Yield the lines of a file as they are, none where it is absent."""
    if not path.is_file():
        return
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8")
    for line in filter(None, text.split("\n")):
        yield json.loads(line)
