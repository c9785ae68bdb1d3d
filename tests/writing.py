"""Writes an answer from passages, as the line does, for tests of what is shown of it."""

from collections.abc import AsyncIterator

from adapters.types import Reply, SentReply, ThreadId
from bot.steps.citing import Unsupported
from bot.steps.drafting import Draft
from bot.types import Answer, Evidence, ModelChunk
from guardrails.types import Placeholders
from knowledge.types import EVERYONE, Passage


def evidence(
    number: int, text: str, *, superseded: bool = False, is_suspicious: bool = False
) -> Evidence:
    passage = Passage(
        chunk_id=f"c{number}",
        document_id=f"d{number}",
        location=f"file:///d{number}",
        position=0,
        title=f"Leave {number}",
        heading_path=(),
        url=f"https://docs.example/{number}",
        text=text,
        readers=frozenset({EVERYONE}),
        score=1.0,
        superseded=superseded,
    )
    return Evidence(
        number=number, passage=passage, text=text, title=passage.title, is_suspicious=is_suspicious
    )


class Shown:
    """A reply stream that keeps what was shown."""

    def __init__(self) -> None:
        self.text = ""

    async def progress(self, note: str) -> None:
        """Show nothing."""

    async def append(self, text: str) -> None:
        self.text += text

    async def finish(self, reply: Reply) -> SentReply:
        thread = ThreadId(platform="p", workspace="w", channel="c", thread="t")
        return SentReply(thread=thread, messages=(reply.text,))


async def written(
    said: str, *found: Evidence, unsupported: Unsupported = Unsupported.REMOVE
) -> tuple[Answer, str]:
    """Return the answer that a model's words make, and what of it may be remembered."""

    async def chunks() -> AsyncIterator[ModelChunk]:
        yield ModelChunk(text=said)

    shown = Shown()
    draft = Draft(found, Placeholders(), shown, unsupported=unsupported)
    answer = await draft.write(chunks(), redactions={})
    assert shown.text in ("", answer.text)
    return answer, draft.masked
