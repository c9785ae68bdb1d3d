"""Loads the prompt files beside it and fills them in."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template

import yaml

from bot.languages import NAMES
from bot.types import Evidence, Prompt, PromptMessage, Question, Turn

NO_ANSWER = "NO_ANSWER"
"""What the model replies when the passages don't hold the answer."""

_FENCE = re.compile(
    r"[<\uff1c\ufe64](?=[/\uff0f]?\s*(?:passages?|posts?|quoted|sentence|outsider|question|conversation|system)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptFile:
    """A prompt as written: front matter with id and version, then a text for each role."""

    id: str
    version: int
    parts: tuple[tuple[str, Template], ...]

    def fill(self, values: Mapping[str, str], history: Iterable[PromptMessage] = ()) -> Prompt:
        """Return the prompt with `values` in it, `history` between the system and user parts."""
        system, user = (
            PromptMessage(role=role, text=template.substitute(values).strip())
            for role, template in self.parts
        )
        return Prompt(id=self.id, version=self.version, messages=(system, *history, user))


class PromptLibrary:
    """The prompts that ship with Citewell."""

    def __init__(self) -> None:
        self._answer = _read("answer")
        self._rewrite = _read("rewrite")
        self._translate = _read("translate")
        self._judge = _read("judge")
        self._summary = _read("summary")

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
        return self._answer.fill(values, _messages(history))

    def rewrite(self, text: str, history: tuple[Turn, ...]) -> Prompt:
        """Write the prompt that makes `text` stand alone."""
        return self._rewrite.fill(_conversation(text, history))

    def translate(self, text: str, history: tuple[Turn, ...], language: str) -> Prompt:
        """Write the prompt that makes `text` stand alone, and says it in `language` (a code)."""
        values = _conversation(text, history)
        return self._translate.fill({**values, "language": NAMES[language]})

    def summary(self, posts: Sequence[Evidence], outside: frozenset[str]) -> Prompt:
        """Write the prompt that sums up `posts`; those at an address in `outside` are marked."""
        shown = "\n".join(_post(post, is_outside=post.passage.url in outside) for post in posts)
        return self._summary.fill({"posts": shown, "no_answer": NO_ANSWER})

    def judge(self, sentence: str, passages: Sequence[str]) -> Prompt:
        """Write the prompt that asks whether `passages` carry `sentence`."""
        shown = "\n\n".join(fence_off(passage) for passage in passages)
        return self._judge.fill({"passages": shown, "sentence": fence_off(sentence)})


def _conversation(text: str, history: tuple[Turn, ...]) -> Mapping[str, str]:
    lines = (f"Person: {turn.question}\nCitewell: {turn.answer}" for turn in history)
    return {"history": fence_off("\n".join(lines)), "question": fence_off(text)}


def fence_off(text: str) -> str:
    """Disarm whatever in `text` looks like one of the prompt's own tags."""
    return _FENCE.sub("\u2039", text)


def _read(name: str) -> PromptFile:
    _, front_matter, body = (
        files("bot.prompts").joinpath(f"{name}.md").read_text(encoding="utf-8").split("---\n", 2)
    )
    about = yaml.safe_load(front_matter)
    _, system, user = re.split(r"^# (?:system|user)\n", body, flags=re.MULTILINE)
    parts = (("system", Template(system)), ("user", Template(user)))
    return PromptFile(id=str(about["id"]), version=int(about["version"]), parts=parts)


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
