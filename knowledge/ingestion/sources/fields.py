"""The settings of each kind of source as fields to fill in, read off the very types that check."""

import types
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

from pydantic import BeforeValidator, SecretStr
from pydantic.fields import FieldInfo

from knowledge.ingestion.sources.configuration import (
    ConfluenceConfig,
    FieldsError,
    GitConfig,
    GitHubConfig,
    GoogleDriveConfig,
    JiraConfig,
    NotionConfig,
    S3Config,
    SharePointConfig,
    SlackConfig,
    WebsiteConfig,
)

Fillable: TypeAlias = (
    type[WebsiteConfig]
    | type[GitConfig]
    | type[ConfluenceConfig]
    | type[JiraConfig]
    | type[GitHubConfig]
    | type[NotionConfig]
    | type[GoogleDriveConfig]
    | type[SharePointConfig]
    | type[SlackConfig]
    | type[S3Config]
)
_MODELS: tuple[Fillable, ...] = (
    WebsiteConfig,
    GitConfig,
    ConfluenceConfig,
    JiraConfig,
    GitHubConfig,
    NotionConfig,
    GoogleDriveConfig,
    SharePointConfig,
    SlackConfig,
    S3Config,
)
KINDS: Mapping[str, Fillable] = {
    get_args(model.model_fields["kind"].annotation)[0]: model for model in _MODELS
}
"""Every kind but `folder`, which is of the machine that Citewell runs on."""
NO_SECRET = "-"  # noqa: S105 - none
"""What is chosen where a secret may be left out."""
_COMMON = ("every", "full_every", "readers", "personal", "sensitivity")
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60))


class Shape(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    LINES = "lines"  # one a line
    PAIRS = "pairs"  # `NAME: VALUE`, one a line
    CHOICE = "choice"
    SECRET = "secret"  # noqa: S105 - the name of one


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingField:
    """A setting of a source: `default` as it would be written, `choices` of a choice."""

    name: str
    shape: Shape
    is_required: bool
    default: str = ""
    choices: tuple[str, ...] = ()


def fields_of(kind: str) -> tuple[SettingField, ...]:
    """Return what is to be filled in for a kind: what is its own first, what all have last.

    Raises:
        KeyError: There is no such kind.
    """
    model = KINDS[kind]
    names = [name for name in model.model_fields if name not in {"kind", *model.FILE_ONLY}]
    own = [name for name in names if name not in _COMMON]
    required = [name for name in own if model.model_fields[name].is_required()]
    ordered = [*required, *(name for name in own if name not in required), *_COMMON]
    return tuple(_field(name, model.model_fields[name]) for name in ordered)


def values_of(kind: str, texts: Mapping[str, str]) -> dict[str, object]:
    """Return what was filled in, in the form of the file; what was left empty is left out.

    Raises:
        FieldsError: A pair has no colon.
    """
    values: dict[str, object] = {"kind": kind}
    for field in fields_of(kind):
        text = texts.get(field.name, "").strip()
        text = "" if field.shape is Shape.SECRET and text == NO_SECRET else text
        is_default = not field.is_required and text == field.default
        if is_default or (not text and not (field.name == "readers" and field.default)):
            continue  # nobody is made a reader by an empty field
        values[field.name] = _value(field, text)
    return values


def _value(field: SettingField, text: str) -> object:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    match field.shape:
        case Shape.LINES:
            return lines
        case Shape.PAIRS:
            pairs = [line.rpartition(":") for line in lines]
            if not all(name.strip() and value.strip() for name, _, value in pairs):
                raise FieldsError({field.name: "must be NAME: VALUE, one a line"})
            return {name.strip(): value.strip() for name, _, value in pairs}
        case Shape.SECRET:
            return f"${{{text}}}"
        case _:
            return text


def _field(name: str, info: FieldInfo) -> SettingField:
    annotation = _plain(info.annotation)
    origin = get_origin(annotation) or annotation
    choices: tuple[str, ...] = ()
    if annotation is SecretStr:
        shape = Shape.SECRET
    elif annotation is bool:
        shape, choices = Shape.CHOICE, ("true", "false")
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        shape, choices = Shape.CHOICE, tuple(str(each.value) for each in annotation)
    elif origin in {list, frozenset, tuple}:
        shape = Shape.LINES
    else:
        shape = Shape.PAIRS if origin is dict else Shape.TEXT
    return SettingField(
        name=name,
        shape=shape,
        is_required=info.is_required(),
        default="" if info.is_required() else _written(info),
        choices=choices,
    )


def _plain(annotation: Any) -> Any:
    """Return an annotation without what may be absent and what is said about it."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) in {Union, types.UnionType}:
        (own,) = [each for each in get_args(annotation) if each is not type(None)]
        return _plain(own)
    return annotation


def _written(info: FieldInfo) -> str:
    value = info.get_default(call_default_factory=True)
    if value is None or value == "":
        return ""
    if isinstance(value, float) and any(isinstance(m, BeforeValidator) for m in info.metadata):
        return duration(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | frozenset):
        return "\n".join(sorted(map(str, value)))
    return "" if isinstance(value, dict) else str(value)


def duration(seconds: float) -> str:
    """Return a time as the file writes it."""
    for unit, size in _UNITS:
        if seconds and seconds % size == 0:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.0f}s"
