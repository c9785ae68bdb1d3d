"""What administrators set in the chat: channels, limits, blocks, rights, prices, a pause."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from bot.addressee.types import ChannelMode
from bot.language.languages import NAMES
from bot.language.manner import Tier


def _known_language(code: str) -> str:
    if code not in NAMES:
        raise ValueError(f"{code[:10]} is none of {', '.join(NAMES)}")
    return code


_ID = r"[A-Za-z0-9._%@=\-]{1,100}"
_CHANNEL = r"[A-Za-z0-9._%@=:\-]{1,200}"  # with the colons of Teams'
PlaceKey: TypeAlias = Annotated[
    str, StringConstraints(pattern=rf"^[a-z]{{1,20}}:{_ID}:{_CHANNEL}$")
]
"""A channel: `platform:workspace:channel`."""
SubjectKey: TypeAlias = Annotated[
    str, StringConstraints(pattern=rf"^(user|group):[a-z]{{1,20}}:{_ID}:{_ID}$")
]
"""A person or a group of the platform's: `user:platform:workspace:id`."""
ScopeKey: TypeAlias = Annotated[
    str, StringConstraints(pattern=rf"^[a-z]{{1,20}}:{_ID}(:{_CHANNEL})?$")
]
"""A workspace, `platform:workspace`, or a channel in it."""
ModelName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[^\s|]{1,200}$")]
SetName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[^\s>|`]{1,100}$")]
PromptName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z]{1,20}$")]
Language: TypeAlias = Annotated[str, AfterValidator(_known_language)]
"""A language that is told apart, by its code."""
SourceName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
_Field: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]
_Said: TypeAlias = Annotated[str, StringConstraints(max_length=3_000)]
_Key: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[^\n>]{1,200}$")]
SourceValue: TypeAlias = (
    bool
    | int
    | float
    | _Said
    | Annotated[list[_Said], Field(max_length=1_000)]
    | Annotated[dict[_Key, _Said], Field(max_length=1_000)]
)
"""What is said of a source in one field, as `sources.yaml` would."""
_MAX_ENTRIES = 5_000
_MAX_SOURCES = 500
Flat: TypeAlias = dict[str, object]
"""Each value that is set, by its path: `limits > person > messages`."""
_STEP = " > "


class Role(StrEnum):
    """What somebody may do, the more the later."""

    MEMBER = "member"
    REVIEWER = "reviewer"
    ADMIN = "admin"
    OWNER = "owner"

    @property
    def rank(self) -> int:
        """How much it may: a higher one may all that a lower one may."""
        return list(Role).index(self)


class Flag(StrEnum):
    """What can be switched off, and on again, while Citewell runs; all of it is on."""

    THUMBS = "thumbs"
    VERIFIED = "verified-answers"
    CLOSEST = "closest-sources"
    HUMAN = "human-button"

    @property
    def about(self) -> str:
        """What it lets people see."""
        return _FLAGS[self]


_FLAGS = {
    Flag.THUMBS: "two thumbs under each answer, and the questions that wait for a review",
    Flag.VERIFIED: "an expert's answer comes first where one was written",
    Flag.CLOSEST: "the nearest documents are linked where nothing answers the question",
    Flag.HUMAN: "*Ask a human* under each answer (the words work all the same)",
}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ChannelConfig(_Frozen):
    """One channel; without a `mode` it is in the one that the settings name.

    Answers there come from these `sets` of sources alone, or from everything where there are none;
    they are in that `language` (else in that of the question) and by the model of that `tier`.
    Where they are `ephemeral`, who asked sees them first, and may share them.
    `owners` are called when somebody there asks for a human, before those of the settings.
    """

    mode: ChannelMode | None = None
    sets: tuple[SetName, ...] = Field((), max_length=50)
    language: Language | None = None
    tier: Tier | None = None
    ephemeral: bool = False
    suggestions: bool | None = None
    owners: tuple[SubjectKey, ...] = Field((), max_length=5)


class Limit(_Frozen):
    """How much a day (UTC); None is without limit."""

    messages: int | None = Field(None, ge=0, le=10_000_000)
    tokens: int | None = Field(None, ge=0, le=10_000_000_000)
    usd: float | None = Field(None, ge=0, le=1_000_000)


class Limits(_Frozen):
    """For each person, for each channel, and for the workspace together."""

    person: Limit = Limit()
    channel: Limit = Limit()
    workspace: Limit = Limit()


class Price(_Frozen):
    """US dollars for a million tokens."""

    input: float = Field(ge=0, le=10_000)
    output: float = Field(ge=0, le=10_000)


class AddedSource(_Frozen):
    """A source that owners of a workspace added in the chat: `says` what `sources.yaml` would.

    It is in these `sets` too, beside what the file names in them.
    """

    workspace: ScopeKey
    says: dict[_Field, SourceValue] = Field(max_length=40)
    sets: tuple[SourceName, ...] = Field((), max_length=20)


class ChatConfig(_Frozen):
    """All of it. `notice` is what people read while Citewell is paused; empty when it is not."""

    channels: dict[PlaceKey, ChannelConfig] = Field(default_factory=dict, max_length=_MAX_ENTRIES)
    limits: Limits = Limits()
    blocked: dict[SubjectKey, str] = Field(default_factory=dict, max_length=_MAX_ENTRIES)
    rights: dict[SubjectKey, Role] = Field(default_factory=dict, max_length=_MAX_ENTRIES)
    prices: dict[ModelName, Price] = Field(default_factory=dict, max_length=200)
    notice: str = Field("", max_length=500)
    prompts: dict[PromptName, Annotated[int, Field(ge=1)]] = Field(
        default_factory=dict, max_length=20
    )
    flags: dict[ScopeKey, dict[Flag, bool]] = Field(default_factory=dict, max_length=_MAX_ENTRIES)
    sources: dict[SourceName, AddedSource] = Field(default_factory=dict, max_length=_MAX_SOURCES)

    def channel(self, key: str) -> ChannelConfig:
        """Return a channel's settings."""
        return self.channels.get(key, ChannelConfig())

    def members(self) -> dict[str, frozenset[str]]:
        """Return the sources that were added in the chat, by the sets that they are in."""
        names = sorted({name for each in self.sources.values() for name in each.sets})
        return {
            name: frozenset(key for key, each in self.sources.items() if name in each.sets)
            for name in names
        }

    def is_on(self, flag: Flag, channel: str) -> bool:
        """Return whether `flag` is on in `channel`: as set there, or for its whole workspace."""
        workspace = ":".join(channel.split(":", 2)[:2])
        for scope in (channel, workspace):
            if flag in self.flags.get(scope, {}):
                return self.flags[scope][flag]
        return True


def flat(config: ChatConfig) -> Flat:
    """Return what differs from the defaults, each value by its path."""
    found: Flat = {}
    _flatten(config.model_dump(mode="json", exclude_defaults=True), "", found)
    return found


def with_values(config: ChatConfig, values: Mapping[str, object]) -> ChatConfig:
    """Return `config` with `values` by their paths; None takes one back to its default.

    Raises:
        ValueError: What comes of it is not valid.
    """
    tree: dict[str, object] = {}
    for path, value in {**flat(config), **values}.items():
        if value is not None:
            *folders, name = path.split(_STEP)
            place = tree
            for folder in folders:
                inner = place.setdefault(folder, {})
                if not isinstance(inner, dict):
                    raise ValueError(f"{path} is no path")  # noqa: TRY004 - a value of the input
                place = inner
            place[name] = value
    return ChatConfig.model_validate(tree)


def _flatten(tree: Mapping[str, object], prefix: str, found: Flat) -> None:
    for name, value in tree.items():
        if isinstance(value, dict) and value:
            _flatten(value, f"{prefix}{name}{_STEP}", found)
        elif value is not None and not isinstance(value, dict):
            found[prefix + name] = value
