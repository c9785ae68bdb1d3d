"""What experts wrote, and what people found wrong, in the form of a golden set's questions."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from bot.evaluation.cases import QuestionLine
from bot.feedback.store import PROPOSED, FeedbackStore
from bot.feedback.verified import Verified
from bot.ports import Redactor
from guardrails.types import Placeholders
from knowledge.types import Passage

_MOST_DOWN_VOTED = 1_000
PageOf = Callable[[Verified], Awaitable[Passage | None]]
"""Returns a passage of a verified answer's page; None where no such page is indexed."""


class ExportedCase(QuestionLine, frozen=True):
    """A question as the evaluations read it, with what an expert answered and where that stands."""

    answer: str = ""
    url: str = ""
    source: str = ""


async def cases_of(
    feedback: FeedbackStore, *, redactor: Redactor, page_of: PageOf
) -> list[ExportedCase]:
    """Return each verified answer that holds, in each wording, and each down-voted question.

    Personal data and secrets are masked. What was down-voted names no document: nobody said yet
    which would have been right.

    Raises:
        KnowledgeUnavailableError: The index did not answer in time.
    """

    async def masked(text: str, workspace: str) -> str:
        return (await redactor.redact(text, Placeholders(), workspace=workspace)).text

    found: list[ExportedCase] = []
    verified = feedback.verified
    for place in await verified.places():
        workspace = place.partition(":")[2]
        for name, each in (await verified.all(place)).items():
            if each.expires_s <= time.time():
                continue
            page = await page_of(each)
            until = f"{datetime.fromtimestamp(each.expires_s, UTC):%Y-%m-%d}"
            answer = await masked(each.answer, workspace)
            for number, wording in enumerate((each.question, *each.wordings)):
                found.append(
                    ExportedCase(
                        id=f"verified-{name}-{number}",
                        question=await masked(wording, workspace),
                        relevant=(page.document_id,) if page is not None else (),
                        type="verified",
                        answer=answer,
                        url=each.url,
                        source=f"an expert's answer, valid until {until}",
                    )
                )
    for candidate in await feedback.candidates("", _MOST_DOWN_VOTED):
        if candidate.reason != PROPOSED:
            workspace = candidate.place.partition(":")[2]
            found.append(
                ExportedCase(
                    id=f"down-voted-{candidate.id}",
                    question=await masked(candidate.shown.question, workspace),
                    type="down-voted",
                    label=candidate.reason,
                    source="a thumb down in the chat",
                )
            )
    return found
