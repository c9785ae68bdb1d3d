"""Reads a golden set: a corpus and its questions, as JSON lines, also gzipped."""

import gzip
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from bot.errors import StartError
from bot.types import Turn

MAX_LINES = 1_000_000
_MAX_LINE_CHARS = 20_000_000
SINGLE, FOLLOW_UP, CONFLICTING, UNANSWERABLE = "single", "follow-up", "conflicting", "unanswerable"


class Message(BaseModel, frozen=True):
    """One message of a question's history."""

    role: Literal["user", "assistant"]
    content: str


class IdentifiedLine(BaseModel, frozen=True):
    """A line with an id of its own."""

    id: str = Field(min_length=1)


class CorpusLine(IdentifiedLine, frozen=True):
    """A document of a golden set; `text` is Markdown, `version` and `updated` may say how new."""

    text: str
    title: str = ""
    url: str = ""
    version: str = ""
    updated: str = ""
    superseded: bool = False


class QuestionLine(IdentifiedLine, frozen=True):
    """A question of a golden set; `type` and `label` name its kind, `conflicting` wrong pages."""

    question: str
    history: tuple[Message, ...] = ()
    relevant: tuple[str, ...] = ()
    conflicting: tuple[str, ...] = ()
    answerable: bool = True
    type: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A question with what should be found; `kinds` are the groups that it is counted in."""

    id: str
    question: str
    history: tuple[Turn, ...]
    relevant: frozenset[str]
    conflicting: frozenset[str]
    is_answerable: bool
    kinds: tuple[str, ...]

    @property
    def is_ranked(self) -> bool:
        """Whether it is known what should be found."""
        return self.is_answerable and bool(self.relevant)


Line = TypeVar("Line", bound="IdentifiedLine")


def read_corpus(path: Path) -> tuple[CorpusLine, ...]:
    """Return the documents in `path`.

    Raises:
        StartError: The file can't be read, a line is not of the form, or an id comes twice.
    """
    return read_lines(path, CorpusLine)


def read_cases(path: Path) -> tuple[Case, ...]:
    """Return the questions in `path`; raises as `read_corpus` does."""
    return tuple(map(_case, read_lines(path, QuestionLine)))


def read_lines(path: Path, form: type[Line]) -> tuple[Line, ...]:
    """Return the lines in `path`, each of `form`; raises as `read_corpus` does."""
    lines = tuple(_lines(path, form))
    _check_ids(path, [line.id for line in lines])
    return lines


def turns(history: tuple[Message, ...]) -> tuple[Turn, ...]:
    """Return messages as turns; what the assistant says first has no question before it."""
    paired: list[Turn] = []
    for message in history:
        if message.role == "user":
            paired.append(Turn(question=message.content, answer=""))
        elif paired:
            answer = f"{paired[-1].answer}\n{message.content}".strip()
            paired[-1] = Turn(question=paired[-1].question, answer=answer)
    return tuple(paired)


def _case(line: QuestionLine) -> Case:
    form = FOLLOW_UP if line.history else SINGLE
    derived = [form if line.answerable else UNANSWERABLE]
    if line.conflicting:
        derived.append(CONFLICTING)
    named = [name.strip().lower() for name in (line.type, line.label)]
    return Case(
        id=line.id,
        question=line.question,
        history=turns(line.history),
        relevant=frozenset(line.relevant),
        conflicting=frozenset(line.conflicting),
        is_answerable=line.answerable,
        kinds=tuple(dict.fromkeys(kind for kind in (*derived, *named) if kind)),
    )


def _check_ids(path: Path, names: list[str]) -> None:
    if not names:
        raise StartError(f"{path}: is empty; each line is one JSON object")
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise StartError(f"{path}: the id {twice[:80]!r} comes twice; give each line its own")


def _lines(path: Path, form: type[Line]) -> Iterator[Line]:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8") as lines:
            for number in range(1, MAX_LINES + 1):
                line = lines.readline(_MAX_LINE_CHARS)
                if not line:
                    return
                if line.strip():
                    yield _parsed(path, number, line, form)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise StartError(f"{path}: can't be read as JSON lines ({error})") from error
    raise StartError(f"{path}: has more than {MAX_LINES:,} lines; split it")


def _parsed(path: Path, number: int, line: str, form: type[Line]) -> Line:
    try:
        return form.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the line"
        raise StartError(f"{path}, line {number}: {where}: {first['msg']}") from error
