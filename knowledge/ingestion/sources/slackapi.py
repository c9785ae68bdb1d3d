"""Slack's Web API as a source reads it: what its answers mean, and not too many calls."""

import asyncio
import re
import time
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from knowledge.errors import SourceError
from knowledge.ingestion.sources.api import ForbiddenError, JsonApi, MissingError, RejectedError

_TOKEN = frozenset(
    "invalid_auth not_authed token_revoked token_expired account_inactive user_removed_from_team"
    " ekm_access_denied org_login_required".split()
)
_MISSING = frozenset(
    "channel_not_found not_in_channel thread_not_found message_not_found user_not_found"
    " is_archived".split()
)
_CODE = re.compile(r"[a-z][a-z_:.,]{0,60}")
_BUSY = frozenset("ratelimited internal_error fatal_error service_unavailable".split())


def _as_code(said: object) -> object:
    """Return what has the form of Slack's codes: what is said in an error's place may be a text."""
    return said if isinstance(said, str) and _CODE.fullmatch(said) else ""


Code = Annotated[str, BeforeValidator(_as_code)]


class Answer(BaseModel):
    """What every answer has."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    ok: bool
    error: Code = ""
    needed: Code = ""


class Following(BaseModel):
    """Where a listing goes on."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    cursor: str = Field("", alias="next_cursor")


Told = TypeVar("Told", bound=Answer)


class SlackApi:
    """Calls methods with a bot's token, at least `pause_s` apart: answers need some of them too."""

    def __init__(self, api_url: str, token: str, *, pause_s: float) -> None:
        self._api = JsonApi("Slack", api_url, {"Authorization": f"Bearer {token}"})
        self._pause_s = pause_s
        self._next_s = 0.0

    async def call(self, method: str, model: type[Told], **params: str | int) -> Told:
        """Return what `method` answers.

        Raises:
            MissingError: There is no such channel, thread or person, or not for the bot.
            RejectedError: The call makes no sense to Slack: a cursor is too old.
            SourceError: Slack refuses, or stays busy.
        """
        now_s = time.monotonic()
        turn_s = max(self._next_s, now_s)
        self._next_s = turn_s + self._pause_s
        await asyncio.sleep(turn_s - now_s)
        told = await self._api.get(f"/{method}", model, **params)
        if told.ok:
            return told
        if told.error in _MISSING:
            raise MissingError(told.error)
        if told.error in _BUSY:
            raise SourceError("Slack asks to come back later", is_temporary=True)
        if told.error in _TOKEN:
            raise SourceError(f"Slack refuses ({told.error}): check that the token is valid")
        if told.error == "missing_scope":
            raise ForbiddenError(f"Slack's app lacks the scope {told.needed or '(not named)'}")
        raise RejectedError(f"Slack answers {told.error or 'an unknown error'} to {method}")

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()
