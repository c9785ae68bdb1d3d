"""What a source that is added in the chat may name: nothing that whoever runs us did not list."""

import asyncio
import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from pydantic import HttpUrl

from bot.controls.chatconfig import AddedSource, ChatConfig
from knowledge.errors import SourceError
from knowledge.ingestion.sources.configuration import FieldsError, SourceConfig, read_source
from knowledge.ingestion.sources.fields import KINDS, Shape, fields_of
from knowledge.ingestion.sources.guarded import checked_address, is_public

SECRETS_SETTING = "CITEWELL_CHAT_SOURCE_SECRETS"
HOSTS_SETTING = "CITEWELL_CHAT_SOURCE_PRIVATE_HOSTS"
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_LOOK_UP_S = 1.0
_PORTS = {"https": 443, "http": 80}
_MAX_ADDRESSES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSources:
    """Checks what is said of a source in the chat.

    `secrets` are the names that may be used, each with the hosts that it may be shown to beside
    its vendor's own; `private_hosts` may have private addresses; `environment` holds the secrets,
    and is asked for listed ones only; `most` sources may be added in one workspace. `mode` is how
    readers' rights hold here, for whoever is asked to confirm.
    """

    secrets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    private_hosts: frozenset[str] = frozenset()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    most: int = 20
    mode: str = "enforce"

    def read(self, says: Mapping[str, object]) -> SourceConfig:
        """Return what is said of a source, checked as the file is and for what the chat may not.

        Raises:
            FieldsError: With a sentence for each field that is wrong or not allowed.
        """
        kind = str(says.get("kind", ""))
        if kind not in KINDS:
            offered = ", ".join(KINDS)
            raise FieldsError({"kind": f"must be one of {offered}; others stand in the file only"})
        if hidden := sorted(KINDS[kind].FILE_ONLY & set(says)):
            raise FieldsError(dict.fromkeys(hidden, "is set in the file only"))
        used = self._secrets_in(kind, says)
        config = read_source(says, self._listed())
        problems = {
            name: problem
            for name, place in _addresses(config)
            if (problem := self._problem(name, place, config, used))
        }
        template = getattr(config, "url_template", None)
        if template and not str(template).startswith(("https://", "http://")):
            problems["url_template"] = "must begin with https:// or http://"
        if problems:
            raise FieldsError(problems)
        return config

    async def find(self, config: SourceConfig) -> None:
        """Look up, for a moment, where a source is.

        Raises:
            FieldsError: A host does not exist, or is in a private network and not allowed.
        """
        places = list(_addresses(config))[:_MAX_ADDRESSES]
        found = await asyncio.gather(*(self._found(place) for _, place in places))
        problems = {
            name: problem for (name, _), problem in zip(places, found, strict=True) if problem
        }
        if problems:
            raise FieldsError(problems)

    def refusals(self, config: ChatConfig, *, taken: frozenset[str] = frozenset()) -> list[str]:
        """Return what is wrong with the sources of a configuration; the file has the `taken`."""
        lines = [f"sources > {name}: the file has it" for name in config.sources if name in taken]
        for name, added in config.sources.items():
            try:
                self.read(added.says)
            except FieldsError as error:
                lines += [f"sources > {name} > {field}: {p}" for field, p in error.problems.items()]
        return lines

    def has_room(self, config: ChatConfig, workspace: str) -> bool:
        """Return whether one more may be added in `workspace`."""
        return len(of_workspace(config, workspace)) < self.most

    def _listed(self) -> dict[str, str]:
        return {name: self.environment.get(name, "") for name in self.secrets}

    def _secrets_in(self, kind: str, says: Mapping[str, object]) -> tuple[str, ...]:
        """Return the names of the secrets that are used, all of them listed."""
        named: list[str] = []
        for each in fields_of(kind):
            if each.shape is not Shape.SECRET or each.name not in says:
                continue
            found = _REFERENCE.fullmatch(str(says[each.name]))
            if found is None or found[1] not in self.secrets:
                raise FieldsError(
                    {
                        each.name: "must be the name of a secret that may be used from the chat: "
                        f"whoever runs Citewell lists them in {SECRETS_SETTING}. Never write a "
                        "secret itself here"
                    }
                )
            named.append(found[1])
        return tuple(named)

    def _problem(
        self, name: str, place: SplitResult, config: SourceConfig, used: tuple[str, ...]
    ) -> str:
        host = (place.hostname or "").lower()
        is_allowed = host in self.private_hosts
        if place.username or place.password:
            return "must hold no name and no password"
        if place.scheme != "https" and not (place.scheme == "http" and (is_allowed or not used)):
            return "must begin with https://"
        if not is_allowed and (_is_local(host) or _is_private(host)):
            return f"{host} is in a private network; {_allow(host)}"
        is_shown = name not in {"start", "sites"} and not _is_vendors_own(config, name)
        unknown = [each for each in used if is_shown and host not in self.secrets[each]]
        if unknown:
            return (
                f"{unknown[0]} may not be shown to {host}; whoever runs Citewell may allow it with "
                f"{SECRETS_SETTING}={unknown[0]}@{host}"
            )
        return ""

    async def _found(self, place: SplitResult) -> str:
        host, port = place.hostname or "", place.port or _PORTS[place.scheme]
        try:
            async with asyncio.timeout(_LOOK_UP_S):
                await checked_address(host, port, self.private_hosts)
        except TimeoutError:
            return ""  # each connection is checked as well
        except SourceError as error:
            return f"{error}" if error.is_temporary else f"{error}; {_allow(host)}"
        return ""


NO_SECRETS = ChatSources()
"""Where nothing was listed."""


def of_workspace(config: ChatConfig, workspace: str) -> dict[str, AddedSource]:
    """Return the sources that were added in `workspace`, by name."""
    return {name: each for name, each in config.sources.items() if each.workspace == workspace}


def listed_secrets(text: str) -> dict[str, frozenset[str]]:
    """Return the hosts by name of secret, of `NAME` and `NAME@HOST` between commas and spaces."""
    found: dict[str, frozenset[str]] = {}
    for word in filter(None, re.split(r"[,\s]+", text)):
        name, _, host = word.partition("@")
        found[name] = found.get(name, frozenset()) | ({host.lower()} if host else set())
    return found


def _addresses(config: SourceConfig) -> Iterator[tuple[str, SplitResult]]:
    """Yield what a source's settings name on the web, by field."""
    for name in type(config).model_fields:
        value = getattr(config, name)
        if name == "repository":
            yield name, urlsplit(str(value))
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, HttpUrl):
                yield name, urlsplit(str(each))


def _is_vendors_own(config: SourceConfig, name: str) -> bool:
    return bool(getattr(config, name) == type(config).model_fields[name].default)


def _is_local(host: str) -> bool:
    return not host or host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


def _is_private(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return not is_public(host)


def _allow(host: str) -> str:
    return f"whoever runs Citewell may allow it with {HOSTS_SETTING}={host}"
