"""Says what could follow in a command: the nearest words, its arguments, examples."""

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Protocol

_LITERAL = re.compile(r"(?<![\w@#-])[a-z][a-z-]+(?![\w-])")
_MAX_NEAR = 3
_MAX_CHARS = 40
_CUTOFF = 0.6


class Described(Protocol):
    """A command, as far as help tells of it."""

    @property
    def name(self) -> str:
        """Its words, such as `sources sync`."""

    @property
    def summary(self) -> str:
        """What it does, as half a sentence."""

    @property
    def usage(self) -> str:
        """Its arguments."""

    @property
    def settings(self) -> tuple[str, ...]:
        """What `SETTING` in its arguments may be."""

    @property
    def examples(self) -> tuple[str, ...]:
        """Whole commands to copy."""


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Return at most three of `known` that `word` may have been meant as, the best first."""
    plain = word.lower()[:_MAX_CHARS]
    names = sorted(set(known))
    begun = [name for name in names if plain and name.startswith(plain)]
    close = difflib.get_close_matches(plain, names, n=_MAX_NEAR, cutoff=_CUTOFF)
    return list(dict.fromkeys([*begun, *close]))[:_MAX_NEAR]


def meant(word: str, known: Iterable[str]) -> str:
    """Return a question about the nearest of `known`, or nothing where none is near."""
    found = [name for name in nearest(word, known) if name != word]
    return f" Did you mean {' or '.join(f'`{name}`' for name in found)}?" if found else ""


def literals(usage: str) -> frozenset[str]:
    """Return the words that a usage names as they are to be written."""
    return frozenset(_LITERAL.findall(usage))


def line_of(command: Described) -> str:
    """Return one line about a command."""
    summary = f"{command.summary[:1].lower()}{command.summary[1:]}"
    return f"- `{signature(command)}` {summary}"


def signature(command: Described) -> str:
    """Return a command with its arguments."""
    return f"{command.name} {command.usage}".strip()


def below(command: Described, known: Sequence[Described]) -> list[Described]:
    """Return the commands that begin with this one's words."""
    return [each for each in known if each.name.startswith(f"{command.name} ")]


def about(command: Described, known: Sequence[Described]) -> str:
    """Return all there is to say about a command and what could follow it."""
    parts = [f"**{command.name}** {command.summary[:1].lower()}{command.summary[1:]}."]
    parts.append(f"Usage: `{signature(command)}`")
    parts += _settings_of(command)
    if command.examples:
        parts.append("For example:\n\n" + "\n".join(f"- `{each}`" for each in command.examples))
    if more := below(command, known):
        parts.append("What could follow:\n\n" + "\n".join(map(line_of, more)))
    return "\n\n".join(parts)


def mended(
    problem: str, words: Sequence[str], command: Described, known: Sequence[Described]
) -> str:
    """Return `problem` with what could be written instead of `words`."""
    names = [each.name.removeprefix(f"{command.name} ") for each in below(command, known)]
    candidates = {*literals(" ".join((command.usage, *command.settings))), *names}
    hints = [meant(word, candidates) for word in words[:_MAX_NEAR] if word not in candidates]
    hint = "" if "Did you mean" in problem else next(filter(None, hints), "")
    parts = [f"{problem}{hint}", f"Usage: `{signature(command)}`.", *_settings_of(command)]
    if command.examples:
        parts.append(f"For example: {', '.join(f'`{each}`' for each in command.examples)}.")
    if more := below(command, known):
        parts.append("What could follow:\n\n" + "\n".join(map(line_of, more)))
    return "\n\n".join(parts)


def _settings_of(command: Described) -> list[str]:
    listed = "\n".join(f"- `{each}`" for each in command.settings)
    return [f"A setting is:\n\n{listed}"] if listed else []
