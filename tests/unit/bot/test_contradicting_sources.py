"""An answer says that its sources contradict each other, the valid one first, both cited."""

from collections.abc import AsyncIterator

from adapters.ports import ReplyStream
from adapters.types import Reply, SentReply, ThreadId
from bot.citing import CitationCheck
from bot.drafting import Draft
from bot.types import Evidence, ModelChunk
from guardrails.types import Placeholders
from knowledge.types import EVERYONE, Passage

NEW = "Everyone has 30 days of paid leave a year."
OLD = "Everyone has 25 days of paid leave a year. Ask <PERSON_1> <!channel> about it."


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


async def written(said: str, *found: Evidence) -> tuple[str, list[str]]:
    async def chunks() -> AsyncIterator[ModelChunk]:
        yield ModelChunk(text=said)

    reply: ReplyStream = (shown := Shown())
    answer = await Draft(found, Placeholders(), reply).write(chunks(), redactions={})
    assert shown.text == answer.text
    return answer.text, [citation.url for citation in answer.citations]


async def test_both_sources_are_named_and_linked_the_valid_one_first() -> None:
    text, urls = await written(
        "You have 25 days of paid leave a year. [1]",
        evidence(1, OLD, superseded=True),
        evidence(2, NEW),
    )

    assert text == (
        "You have 25 days of paid leave a year. [1]\n\nThe sources contradict each other: "
        "Leave 2 says \u201cEveryone has 30 days of paid leave a year.\u201d [2]; Leave 1 "
        "(superseded) says \u201cEveryone has 25 days of paid leave a year.\u201d [1]."
    )
    assert urls == ["https://docs.example/1", "https://docs.example/2"]


async def test_sources_that_agree_and_answers_that_say_so_themselves_get_no_such_sentence() -> None:
    agreed, _ = await written("You have 30 days of leave. [1]", evidence(1, NEW), evidence(2, NEW))
    said, _ = await written(
        "You have 30 days of leave. [1] The sources contradict each other: leave is 25 days. [2]",
        evidence(1, NEW),
        evidence(2, OLD),
    )

    assert "contradict" not in agreed
    assert said.count("contradict") == 1


def test_a_passage_that_gives_orders_contradicts_nobody() -> None:
    check = CitationCheck((evidence(1, NEW), evidence(2, OLD, is_suspicious=True)), str)
    check.check("You have 30 days of paid leave a year. [1]")

    assert check.contradiction() is None
