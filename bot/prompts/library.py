"""Knows the versions of the prompts, which of them is used, and fills them in."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from html import escape
from pathlib import Path
from types import MappingProxyType

import structlog

from bot.language.languages import NAMES
from bot.prompts.files import PromptFile, own, shipped
from bot.types import Evidence, Prompt, PromptMessage, Question, Turn

NO_ANSWER = "NO_ANSWER"
"""What the model replies when the passages don't hold the answer."""

log = structlog.get_logger(__name__)

_FENCE = re.compile(
    r"[<\uff1c\ufe64](?=[/\uff0f]?\s*(?:passages?|posts?|quoted|sentence|outsider|question|conversation|system)\b)",
    re.IGNORECASE,
)


_chosen: ContextVar[Mapping[str, int]] = ContextVar("chosen", default=MappingProxyType({}))


@contextmanager
def choosing(versions: Mapping[str, int]) -> Iterator[None]:
    """Let all that is written inside be written from these versions of the prompts."""
    token = _chosen.set(versions)
    try:
        yield
    finally:
        _chosen.reset(token)


class PromptLibrary:
    """The prompts that ship with Citewell, and those of the folder `own` beside them.

    Used is the version that `choosing` says, else the one that ships as the current one.
    """

    def __init__(self, own: Path | None = None) -> None:
        self._versions, self._first = shipped()
        self.problems: dict[str, str] = {}
        if own is not None:
            self._add(own)

    @property
    def names(self) -> tuple[str, ...]:
        """What prompts there are."""
        return tuple(sorted(self._versions))

    def versions(self, name: str) -> Mapping[int, PromptFile]:
        """Return what there is of a prompt, by version; nothing of one that there is not."""
        return self._versions.get(name, {})

    def current(self, name: str, versions: Mapping[str, int]) -> int:
        """Return which version is used where `versions` are set."""
        wanted = versions.get(name, 0)
        return wanted if wanted in self.versions(name) else self._first[name]

    def is_first(self, name: str, version: int) -> bool:
        """Return whether that is the version which is used where none is set."""
        return self._first[name] == version

    def _add(self, folder: Path) -> None:
        prompts, self.problems = own(folder)
        for prompt in prompts:
            if prompt.version in self._versions[prompt.id]:
                self.problems[f"{prompt.id}, version {prompt.version}"] = "there is one already"
            else:
                self._versions[prompt.id][prompt.version] = prompt

    def _of(self, name: str) -> PromptFile:
        chosen = _chosen.get()
        version = self.current(name, chosen)
        if chosen.get(name, version) != version:
            log.warning("prompt_version_unknown", prompt=name, version=chosen[name])
        return self._versions[name][version]

    def answer(
        self, question: Question, history: tuple[Turn, ...], evidence: tuple[Evidence, ...]
    ) -> Prompt:
        """Write the prompt that answers `question` from `evidence`, after the thread's turns."""
        asked = fence_off(question.text)
        values = {
            "question": f"<quoted>{asked}</quoted>" if question.is_quoted else asked,
            "passages": "\n".join(_passage(item) for item in evidence),
            "no_answer": NO_ANSWER,
            "language": NAMES.get(question.language, "the language of the question"),
        }
        return self._of("answer").fill(values, _messages(history))

    def rewrite(self, text: str, history: tuple[Turn, ...]) -> Prompt:
        """Write the prompt that makes `text` stand alone."""
        return self._of("rewrite").fill(_conversation(text, history))

    def translate(self, text: str, history: tuple[Turn, ...], language: str) -> Prompt:
        """Write the prompt that makes `text` stand alone, and says it in `language` (a code)."""
        values = _conversation(text, history)
        return self._of("translate").fill({**values, "language": NAMES[language]})

    def summary(
        self, posts: Sequence[Evidence], outside: frozenset[str], *, language: str = ""
    ) -> Prompt:
        """Write the prompt that sums up `posts`; those at an address in `outside` are marked.

        It is to be in `language` (a code), or in that of most of the posts.
        """
        shown = "\n".join(_post(post, is_outside=post.passage.url in outside) for post in posts)
        values = {
            "posts": shown,
            "no_answer": NO_ANSWER,
            "language": NAMES.get(language, "the language that most of the messages are in"),
        }
        return self._of("summary").fill(values)

    def judge(self, sentence: str, passages: Sequence[str]) -> Prompt:
        """Write the prompt that asks whether `passages` carry `sentence`."""
        shown = "\n\n".join(fence_off(passage) for passage in passages)
        return self._of("judge").fill({"passages": shown, "sentence": fence_off(sentence)})


def _conversation(text: str, history: tuple[Turn, ...]) -> Mapping[str, str]:
    lines = (f"Person: {turn.question}\nCitewell: {turn.answer}" for turn in history)
    return {"history": fence_off("\n".join(lines)), "question": fence_off(text)}


def fence_off(text: str) -> str:
    """Disarm whatever in `text` looks like one of the prompt's own tags."""
    return _FENCE.sub("\u2039", text)


def _messages(history: tuple[Turn, ...]) -> Iterable[PromptMessage]:
    for turn in history:
        asked = fence_off(turn.question)
        is_outside = turn.is_from_outside
        yield PromptMessage(
            role="user", text=f"<outsider>{asked}</outsider>" if is_outside else asked
        )
        yield PromptMessage(role="assistant", text=fence_off(turn.answer))


def _passage(item: Evidence) -> str:
    passage = item.passage
    attributes = {
        "number": str(item.number),
        "title": item.title,
        "heading": " > ".join(item.heading_path),
        "updated": passage.updated,
        "attached": "yes" if item.is_attached else "",
        "superseded": "yes" if passage.superseded else "",
        "suspicious": "yes" if item.is_suspicious else "",
    }
    shown = " ".join(f'{key}="{escape(value)}"' for key, value in attributes.items() if value)
    return f"<passage {shown}>\n{fence_off(item.text)}\n</passage>"


def _post(item: Evidence, *, is_outside: bool) -> str:
    attributes = {
        "number": str(item.number),
        "from": item.title,
        "outsider": "yes" if is_outside else "",
        "suspicious": "yes" if item.is_suspicious else "",
    }
    shown = " ".join(f'{key}="{escape(value)}"' for key, value in attributes.items() if value)
    return f"<post {shown}>\n{fence_off(item.text)}\n</post>"
