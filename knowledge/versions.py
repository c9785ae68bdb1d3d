"""Reads versions: of a document from where it lies, and of a question from its words."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

_NUMBER = r"\d+(?:\.\d+)+|(?:19|20)\d\d(?:-\d\d){0,2}"
_IN_NAME = re.compile(rf"(?:^|(?<=[-_. ]))(?:v?({_NUMBER})|v(\d+))(?=$|[-_. ])", re.IGNORECASE)
_IN_QUESTION = re.compile(
    r"\b(?P<since>since|after|from|until|before|to|than)?\s*"
    r"\b(?:in|for|with|on|under|of|using|at)?\s*(?:the\s+)?(?:version|release|v)\.?\s*"
    r"(?P<number>\d+(?:\.\d+)*)\b[:,]?\s*",
    re.IGNORECASE,
)
_IN_FIELD = re.compile(r"\d+(?:[.-]\d+)*")
_MAX_PARTS = 4

Version = tuple[int, ...]
"""A version's numbers, the first one first; a date is one too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """What a document's place says of its versions.

    A folder such as `v1.8-docs` makes `tree_version`: the whole tree exists in other versions
    too, below `tree` (`docs`). A file such as `release-notes-1.8.md` makes `series_version`: its
    siblings are about other moments, not other versions of the same page. `family` is the place
    without any version.
    """

    family: str
    tree: str = ""
    tree_version: Version = ()
    series_version: Version = ()

    @property
    def version(self) -> Version:
        """The version that the document belongs to; empty where it names none."""
        return self.tree_version or self.series_version


@lru_cache(maxsize=4096)
def lineage_of(document_id: str) -> Lineage:
    """Return the versions in a document's path."""
    *folders, name = document_id.split("/")
    plain: list[str] = []
    tree, tree_version = "", Version()
    for folder in folders:
        version, rest = _without_version(folder)
        plain += [rest] if rest or not version else []
        if version and not tree_version:
            tree, tree_version = "/".join(plain), version
    path = PurePosixPath(name)
    is_named = bool(path.suffix) and not path.suffix[1:].isdigit()
    series_version, stem = _without_version(path.stem if is_named else name)
    family = "/".join((*plain, f"{stem}{path.suffix if is_named else ''}"))
    return Lineage(
        family=family, tree=tree, tree_version=tree_version, series_version=series_version
    )


def versions_of(document_id: str, named: str) -> tuple[str, ...]:
    """Return each version that a document can be asked for by: `1.8.2` is also `1.8` and `1`.

    `named` is the version that the document itself gives, empty where it gives none.
    """
    found = _IN_FIELD.search(named)
    version = _numbers(found[0]) if found else lineage_of(document_id).version
    starts = (version[:count] for count in range(1, min(len(version), _MAX_PARTS) + 1))
    return tuple(".".join(map(str, start)) for start in starts)


def asked_version(question: str) -> tuple[str, str]:
    """Return the version that `question` asks about and the rest of it; empty where it has none.

    `since version 1.15` asks about the present, so it names none.
    """
    found = _IN_QUESTION.search(question)
    if found is None or found["since"]:
        return "", question
    rest = f"{question[: found.start()]} {question[found.end() :]}".strip()
    number = ".".join(map(str, _numbers(found["number"])))
    return (number, rest) if rest else ("", question)


def _without_version(name: str) -> tuple[Version, str]:
    """Return the last version in a file's or folder's name, and the name without any."""
    found = [*_IN_NAME.finditer(name)]
    if not found:
        return (), name
    plain = re.sub(r"[-_. ]{2,}", "-", _IN_NAME.sub("", name)).strip("-_. ")
    return _numbers(found[-1][1] or found[-1][2]), plain


def _numbers(text: str) -> Version:
    return tuple(int(part) for part in re.findall(r"\d+", text))
