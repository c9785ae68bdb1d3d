"""What `sources.yaml` may say: each source in a few lines, secrets by reference."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from knowledge.permissions import parse_readers
from knowledge.types import EVERYONE, MAX_LABEL_CHARS, PersonalData, Principal

_UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_DURATION = re.compile(r"(\d{1,6})([smhd])")
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_REPOSITORY = re.compile(
    r"https://[\w.-]+(?::\d+)?/[^\s@]+|ssh://(?:[\w.-]+@)?[\w.-]+(?::\d+)?/\S+"
    r"|[\w.-]+@[\w.-]+:[\w~./-]+|/[^\s]+"
)
_NAME = r"^[a-z0-9][a-z0-9-]{0,39}$"
_MIN_EVERY_S = 10
_MAX_FILE_CHARS = 1_000_000


class SourcesError(Exception):
    """`sources.yaml` is wrong; `problems` has one line for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class FieldsError(Exception):
    """What is said of one source is wrong; `problems` has a sentence for each field."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {problem}" for name, problem in problems.items()))
        self.problems = dict(problems)


def _seconds(value: object) -> float:
    found = _DURATION.fullmatch(str(value).strip())
    if found is None:
        raise ValueError("must be a number and a unit, such as 15m, 6h or 7d")
    return float(found[1]) * _UNITS_S[found[2]]


def _secret(value: object, info: ValidationInfo) -> str:
    """Return what a reference stands for; a secret in the file itself is refused."""
    environment: Mapping[str, str] = (info.context or {}).get("environment", {})
    if isinstance(value, dict) and set(value) == {"file"}:
        try:
            return Path(str(value["file"])).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ValueError(f"its file can't be read ({error.strerror})") from error
    if not isinstance(value, str) or (found := _REFERENCE.fullmatch(value.strip())) is None:
        raise ValueError("must name a secret, not hold it: ${VARIABLE}, or {file: PATH}")
    if not environment.get(found[1]):
        raise ValueError(f"{found[1]} is not set in the environment")
    return environment[found[1]]


def _readers(value: object) -> frozenset[Principal]:
    if not isinstance(value, str | list):
        raise ValueError("must be names of readers, such as [everyone] or [group:finance]")  # noqa: TRY004 - pydantic collects ValueErrors
    return parse_readers(value)


def _is_absolute(value: Path) -> Path:
    if not value.is_absolute():
        raise ValueError("must be an absolute path")
    return value


Seconds = Annotated[float, BeforeValidator(_seconds), Field(ge=_MIN_EVERY_S)]
Secret = Annotated[SecretStr, BeforeValidator(_secret)]
Readers = Annotated[frozenset[Principal], BeforeValidator(_readers)]
Absolute = Annotated[Path, AfterValidator(_is_absolute)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class _Common(_Strict):
    """What every kind of source takes.

    `readers` may read what the source itself says nothing about; `personal` says what is done with
    personal data in its documents; `sensitivity` is the label of those that name none.
    `FILE_ONLY` are fields that nobody sets but in the file; a source that `TELLS_READERS` says
    itself of its documents who may read them.
    """

    FILE_ONLY: ClassVar[frozenset[str]] = frozenset()
    TELLS_READERS: ClassVar[bool] = False

    every: Seconds = 3_600.0
    full_every: Seconds = 7 * 86_400.0
    readers: Readers = frozenset({EVERYONE})
    personal: PersonalData = PersonalData.FLAG
    sensitivity: Annotated[str, Field(max_length=MAX_LABEL_CHARS)] = ""


class FolderConfig(_Common):
    """Files below a folder of this machine."""

    kind: Literal["folder"]
    path: Absolute
    url_template: str | None = None


class WebsiteConfig(_Common):
    """Pages of a website, below the addresses where it starts."""

    FILE_ONLY: ClassVar[frozenset[str]] = frozenset({"private_hosts"})

    kind: Literal["website"]
    start: list[HttpUrl] = Field(min_length=1, max_length=20)
    include: list[str] = Field(default_factory=list, max_length=100)
    exclude: list[str] = Field(default_factory=list, max_length=100)
    max_pages: int = Field(1_000, ge=1, le=20_000)
    max_depth: int = Field(5, ge=0, le=50)
    delay: Annotated[float, BeforeValidator(_seconds), Field(le=60)] = 0.0
    private_hosts: list[str] = Field(default_factory=list, max_length=20)

    @property
    def paths(self) -> tuple[str, ...]:
        """What paths begin with: those named, else the folders of the starts."""
        folders = ((url.path or "/").rpartition("/")[0] + "/" for url in self.start)
        return tuple(self.include) or tuple(dict.fromkeys(folders))


class GitConfig(_Common):
    """Files of a branch of a Git repository, by https or ssh, or on this machine."""

    kind: Literal["git"]
    repository: str
    branch: str = Field("HEAD", pattern=r"^[\w./][\w./-]{0,200}$")
    folder: str = ""
    url_template: str | None = None
    username: str = "x-access-token"
    token: Secret | None = None

    @field_validator("repository")
    @classmethod
    def _is_safe(cls, value: str) -> str:
        if _REPOSITORY.fullmatch(value) is None:
            raise ValueError(
                "must be https://HOST/PATH, ssh://HOST/PATH, USER@HOST:PATH or an absolute path, "
                "without a password (name it as `token`)"
            )
        return value


class ConfluenceConfig(_Common):
    """Pages of some spaces; `readers` are who may see these spaces at all."""

    FILE_ONLY: ClassVar[frozenset[str]] = frozenset({"file_hosts"})
    TELLS_READERS: ClassVar[bool] = True

    kind: Literal["confluence"]
    url: HttpUrl
    spaces: list[Annotated[str, Field(pattern=r"^[A-Za-z0-9~._-]+$", max_length=255)]] = Field(
        min_length=1, max_length=100
    )
    email: str = ""
    token: Secret
    attachments: bool = True
    file_hosts: list[str] = Field(default=["media.atlassian.com"], max_length=20)


class JiraConfig(_Common):
    """Issues of projects in Jira Cloud; without `readers` Jira says who may see a project."""

    TELLS_READERS: ClassVar[bool] = True

    kind: Literal["jira"]
    url: HttpUrl
    api_url: HttpUrl | None = None
    projects: list[Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]+$")]] = Field(
        min_length=1, max_length=200
    )
    email: str = ""
    token: Secret
    full_every: Seconds = 86_400.0
    readers: Readers = frozenset()


class GitHubConfig(_Common):
    """Issues and discussions of repositories (their files are what `git` is for)."""

    kind: Literal["github"]
    repositories: list[Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$")]] = Field(
        min_length=1, max_length=200
    )
    include: list[Literal["issues", "discussions"]] = Field(
        default=["issues", "discussions"], min_length=1, max_length=2
    )
    api_url: HttpUrl = HttpUrl("https://api.github.com")
    token: Secret
    full_every: Seconds = 86_400.0


class NotionConfig(_Common):
    """Pages that were shared with an integration; `readers` are who may read all of them."""

    kind: Literal["notion"]
    api_url: HttpUrl = HttpUrl("https://api.notion.com")
    token: Secret
    full_every: Seconds = 86_400.0


class GoogleDriveConfig(_Common):
    """Files that a service account sees; `domain` is whose people are everyone.

    `groups_as` is the administrator in whose name groups are read, where the account may not.
    """

    TELLS_READERS: ClassVar[bool] = True

    kind: Literal["google-drive"]
    credentials: Secret
    subject: str = ""
    groups_as: str = ""
    drive: str = Field("", pattern=r"^[A-Za-z0-9_-]*$")
    domain: str = ""
    api_url: HttpUrl = HttpUrl("https://www.googleapis.com/drive/v3")
    directory_url: HttpUrl = HttpUrl("https://admin.googleapis.com/admin/directory/v1")
    identity_url: HttpUrl = HttpUrl("https://cloudidentity.googleapis.com/v1")


class SharePointConfig(_Common):
    """Files of sites and of people's OneDrive; each item says itself who may read it."""

    FILE_ONLY: ClassVar[frozenset[str]] = frozenset({"file_hosts"})
    TELLS_READERS: ClassVar[bool] = True

    kind: Literal["sharepoint"]
    tenant: str = Field(pattern=r"^[A-Za-z0-9.-]+$")
    client_id: str = Field(pattern=r"^[A-Za-z0-9-]+$")
    client_secret: Secret
    sites: list[HttpUrl] = Field(default_factory=list, max_length=200)
    people: list[str] = Field(default_factory=list, max_length=1_000)
    site_groups: dict[str, str] = Field(default_factory=dict, max_length=1_000)
    full_every: Seconds = 86_400.0
    api_url: HttpUrl = HttpUrl("https://graph.microsoft.com/v1.0")
    login_url: HttpUrl = HttpUrl("https://login.microsoftonline.com")
    file_hosts: list[str] = Field(
        default=["sharepoint.com", "sharepoint.us", "sharepoint.cn"], max_length=20
    )

    @model_validator(mode="after")
    def _reads_something(self) -> Self:
        if not (self.sites or self.people):
            raise ValueError("names no `sites` and no `people`")
        return self


class SlackConfig(_Common):
    """Answered threads of channels that the bot is in; each channel is named, or it is not read."""

    TELLS_READERS: ClassVar[bool] = True

    kind: Literal["slack"]
    channels: list[Annotated[str, Field(pattern=r"^[CG][A-Z0-9]{2,20}$")]] = Field(
        min_length=1, max_length=200
    )
    days: int = Field(365, ge=1, le=3_650)
    token: Secret
    pause: Annotated[float, BeforeValidator(_seconds), Field(le=60)] = 2.0
    api_url: HttpUrl = HttpUrl("https://slack.com/api")


class S3Config(_Common):
    """Objects of a bucket; `readers` may read all of them."""

    kind: Literal["s3"]
    endpoint: HttpUrl
    bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,62}$")
    prefix: str = ""
    region: str = Field("us-east-1", pattern=r"^[a-z0-9-]+$")
    access_key: Secret
    secret_key: Secret
    session_token: Secret | None = None
    url_template: str | None = None


VendorConfig = (
    ConfluenceConfig
    | JiraConfig
    | GitHubConfig
    | NotionConfig
    | GoogleDriveConfig
    | SharePointConfig
    | SlackConfig
    | S3Config
)
SourceConfig = Annotated[
    FolderConfig | WebsiteConfig | GitConfig | VendorConfig, Field(discriminator="kind")
]


_SOURCE: TypeAdapter[SourceConfig] = TypeAdapter(SourceConfig)


class SourcesFile(_Strict):
    """The whole file: sources by name, and named sets of them."""

    sources: dict[Annotated[str, Field(pattern=_NAME)], SourceConfig] = Field(default_factory=dict)
    sets: dict[Annotated[str, Field(pattern=_NAME)], list[str]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sets_name_sources(self) -> Self:
        for name, members in self.sets.items():
            unknown = sorted(set(members) - set(self.sources))
            if unknown or not members:
                raise ValueError(f"sets.{name}: names no source of this file: {unknown}")
        return self


def read_sources(path: Path, environment: Mapping[str, str]) -> SourcesFile:
    """Read and check the file at `path`; secrets are taken from `environment`, or from files.

    Raises:
        SourcesError: With one line for each thing that is wrong; it never holds a secret.
    """
    try:
        text = path.read_text(encoding="utf-8")
        values = yaml.safe_load(text) if len(text) <= _MAX_FILE_CHARS else None
    except (OSError, UnicodeDecodeError) as error:
        raise SourcesError([f"{path}: can't be read ({type(error).__name__})"]) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark is not None else ""
        raise SourcesError([f"{path}: is no valid YAML{where}"]) from error
    try:
        return SourcesFile.model_validate(values or {}, context={"environment": environment})
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
        raise SourcesError(
            [_line(path, detail["loc"], detail["msg"]) for detail in details]
        ) from None


def read_source(values: Mapping[str, object], environment: Mapping[str, str]) -> SourceConfig:
    """Read and check what is said of one source, in the form of the file.

    Raises:
        FieldsError: With a sentence for each field that is wrong; it never holds a value.
    """
    try:
        return _SOURCE.validate_python(dict(values), context={"environment": environment})
    except ValidationError as error:
        problems: dict[str, str] = {}
        for detail in error.errors(include_url=False, include_input=False, include_context=False):
            _, *steps = map(str, detail["loc"] or ("",))  # the union's branch comes first
            name = steps[0] if steps else "kind"
            where = f"{' '.join(steps[1:])}: " if steps[1:] else ""
            problems.setdefault(name, f"{where}{_plain(detail['msg'])}")
        raise FieldsError(problems) from None


def _line(path: Path, place: tuple[int | str, ...], message: str) -> str:
    steps = [str(step) for at, step in enumerate(place) if at != 2 or place[0] != "sources"]  # noqa: PLR2004 - the union's branch
    where = f"{'.'.join(steps)}: " if steps else ""
    return f"{path}: {where}{_plain(message)}"


def _plain(message: str) -> str:
    own = message.removeprefix("Value error, ")
    is_word = message[1:2].islower()  # and no abbreviation
    return own if own != message or not is_word else f"{message[:1].lower()}{message[1:]}"
