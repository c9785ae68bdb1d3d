"""How a run searches: as answering does, or with something switched."""

from enum import StrEnum

from pydantic import BaseModel, ValidationError

from bot.errors import StartError


class FollowUps(StrEnum):
    """What makes a follow-up stand alone."""

    ANSWERING = "answering"  # what the settings say: a model's prompt where there is one
    WORDS = "words"
    OFF = "off"


class Configuration(BaseModel, frozen=True, extra="forbid"):
    """One way to search; the defaults are what answers people."""

    redaction: bool = True
    followups: FollowUps = FollowUps.ANSWERING
    titles: bool = True  # titles and other passages of the same document add to a score
    versions: bool = True  # the current one first, or the one that is asked for
    folding: bool = True  # passages that repeat another one come last
    joining: bool = True  # passages go on to the text around them
    threshold: bool = True  # the verdict that nothing was found

    def __str__(self) -> str:
        changed = self.model_dump(mode="json", exclude_defaults=True)
        return ",".join(f"{name}={_shown(value)}" for name, value in changed.items()) or "default"


def parse_configuration(text: str) -> Configuration:
    """Return `name=value,…` as a configuration; `default` changes nothing.

    Raises:
        StartError: A name or value is none of those that there are.
    """
    named = text.strip()
    pairs = [] if named in {"", "default"} else [part.partition("=") for part in named.split(",")]
    given = {name.strip(): value.strip() for name, _, value in pairs}
    try:
        return Configuration.model_validate(given)
    except ValidationError as error:
        wrong = ", ".join(str(detail["loc"][0]) for detail in error.errors(include_url=False))
        known = ", ".join(
            f"{name}={_shown(field.default)}" for name, field in Configuration.model_fields.items()
        )
        raise StartError(f"{named!r} is no configuration ({wrong}); there are: {known}") from error


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)
