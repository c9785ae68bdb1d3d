"""The moderation endpoint of OpenAI, or of a server that speaks its API."""

import asyncio
from collections.abc import Mapping

import openai

from bot.errors import ModerationUnavailableError
from guardrails.moderation import HATE, MODERATION, SELF_HARM, SEXUAL_MINORS, VIOLENCE
from guardrails.types import Verdict

_MODEL = "omni-moderation-latest"
_TIMEOUT_S = 3.0
_MAX_CHARS = 20_000
_KINDS: Mapping[str, str] = {
    "sexual/minors": SEXUAL_MINORS,
    "self-harm": SELF_HARM,
    "self-harm/intent": SELF_HARM,
    "self-harm/instructions": SELF_HARM,
    "violence": VIOLENCE,
    "violence/graphic": VIOLENCE,
    "harassment/threatening": VIOLENCE,
    "illicit/violent": VIOLENCE,
    "hate": HATE,
    "hate/threatening": HATE,
}
_OTHER = "other"


class OpenAIModerator:
    """Asks the endpoint, for three seconds at most."""

    def __init__(self, *, api_key: str, base_url: str | None) -> None:
        self._client = openai.AsyncOpenAI(
            api_key=api_key, base_url=base_url, timeout=_TIMEOUT_S, max_retries=1
        )

    async def judge(self, text: str) -> Verdict | None:
        """Return the verdict on `text`; None where it is fine.

        Raises:
            ModerationUnavailableError: It did not tell in time.
        """
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                made = await self._client.moderations.create(model=_MODEL, input=text[:_MAX_CHARS])
            flagged = [name for r in made.results if r.flagged for name in _flagged(r.categories)]
            is_flagged = any(result.flagged for result in made.results)
        except (openai.OpenAIError, TimeoutError, OSError, ValueError, TypeError) as error:
            raise ModerationUnavailableError(type(error).__name__) from error
        if not is_flagged:
            return None
        kind = next((_KINDS[name] for name in _KINDS if name in flagged), _OTHER)
        return Verdict(kind=MODERATION, action="refuse", reason=kind)


def _flagged(categories: openai.types.moderation.Categories) -> list[str]:
    return [name for name, is_so in categories.model_dump(by_alias=True).items() if is_so]
