"""Reads prompt files: those that ship with Citewell, and an operator's own beside them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template

import yaml

from bot.types import Prompt, PromptMessage

REQUIRED: Mapping[str, frozenset[str]] = {
    "answer": frozenset({"question", "passages", "no_answer"}),
    "judge": frozenset({"passages", "sentence"}),
    "rewrite": frozenset({"history", "question"}),
    "summary": frozenset({"posts", "no_answer"}),
    "translate": frozenset({"history", "question", "language"}),
}
"""What each prompt must hold, and with `OPTIONAL` all that it may."""
OPTIONAL: Mapping[str, frozenset[str]] = {
    "answer": frozenset({"language"}),
    "summary": frozenset({"language"}),
}
_ROLES = re.compile(r"^# (?:system|user)\n", re.MULTILINE)
_PARTS = 3
_MAX_FILES, _MAX_CHARS = 200, 50_000


class PromptError(ValueError):
    """A prompt file can't be used; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptFile:
    """A prompt as written: front matter with id and version, then a text for each role."""

    id: str
    version: int
    parts: tuple[tuple[str, Template], ...]
    purpose: str = ""

    @property
    def text(self) -> str:
        """Its words as they stand in the file, without the front matter."""
        return "".join(f"# {role}\n{template.template}" for role, template in self.parts)

    def fill(self, values: Mapping[str, str], history: Iterable[PromptMessage] = ()) -> Prompt:
        """Return the prompt with `values` in it, `history` between the system and user parts."""
        system, user = (
            PromptMessage(role=role, text=template.substitute(values).strip())
            for role, template in self.parts
        )
        return Prompt(id=self.id, version=self.version, messages=(system, *history, user))


def shipped() -> tuple[dict[str, dict[int, PromptFile]], dict[str, int]]:
    """Return the versions of each prompt that ship, and which of them is used unless one is set.

    That is `NAME.md`; the ones before it are `NAME-VERSION.md`.
    """
    versions: dict[str, dict[int, PromptFile]] = {}
    first: dict[str, int] = {}
    for entry in files("bot.prompts").iterdir():
        if entry.name.endswith(".md"):
            prompt = read(entry.read_text(encoding="utf-8"))
            versions.setdefault(prompt.id, {})[prompt.version] = prompt
            if entry.name == f"{prompt.id}.md":
                first[prompt.id] = prompt.version
    return versions, first


def own(folder: Path) -> tuple[list[PromptFile], dict[str, str]]:
    """Return the prompts in `folder`, and why those files can't be used that can't."""
    found: list[PromptFile] = []
    problems = {} if folder.is_dir() else {folder.name: "is no folder"}
    for path in sorted(folder.glob("*.md"))[:_MAX_FILES]:
        try:
            found.append(read(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            problems[path.name] = f"can't be read ({type(error).__name__})"
        except PromptError as error:
            problems[path.name] = str(error)
    return found, problems


def read(text: str) -> PromptFile:
    """Read and check a prompt file.

    Raises:
        PromptError: It is not of that form, or lacks a placeholder that its prompt needs.
    """
    if len(text) > _MAX_CHARS:
        raise PromptError(f"has more than {_MAX_CHARS:,} characters")
    front, body = _split(text)
    name, version = front.get("id"), front.get("version")
    if name not in REQUIRED or not isinstance(version, int) or version < 1:
        raise PromptError(f"needs an `id` ({', '.join(sorted(REQUIRED))}) and a `version` above 0")
    _, system, user = body
    parts = (("system", Template(system)), ("user", Template(user)))
    _check(str(name), parts)
    purpose = str(front.get("purpose") or "")[:200]
    return PromptFile(id=str(name), version=version, parts=parts, purpose=purpose)


def _split(text: str) -> tuple[Mapping[str, object], list[str]]:
    sections = text.split("---\n", 2)
    try:
        front = yaml.safe_load(sections[1]) if len(sections) == _PARTS else None
    except yaml.YAMLError as error:
        raise PromptError("its front matter is no YAML") from error
    body = _ROLES.split(sections[-1])
    if not isinstance(front, dict) or len(body) != _PARTS:
        raise PromptError("needs front matter, then `# system` and `# user`")
    return front, body


def _check(name: str, parts: tuple[tuple[str, Template], ...]) -> None:
    if not all(template.is_valid() for _, template in parts):
        raise PromptError("has a `$` that is no placeholder (write `$$` for the sign itself)")
    found = {each for _, template in parts for each in template.get_identifiers()}
    if missing := sorted(REQUIRED[name] - found):
        raise PromptError(f"lacks {', '.join(f'${each}' for each in missing)}")
    if unknown := sorted(found - REQUIRED[name] - OPTIONAL.get(name, frozenset())):
        raise PromptError(f"has the unknown {', '.join(f'${each}' for each in unknown)}")
