"""What a language model may do to us, and what it gets to read."""

from tests.parity.registry import LEAVE, SENTENCES, behaviour, scripted
from tests.parity.sides import Seen, Side
from tests.servers.openai import (
    BROKEN,
    CITES_WHAT_WAS_NOT_GIVEN,
    CUT_SHORT,
    FILTERED,
    Answer,
    ModelServer,
    Script,
    gullible,
)

_NAME = "Marguerite Oyelaran"


async def _asked(side: Side, model: ModelServer, script: Script, text: str = LEAVE) -> Seen:
    """Ask in a channel while the model answers as `script` says."""
    with scripted(model, script):
        place = await side.ask(text, side.fresh_channel(), mention=True)
        await side.settled()
    (seen,) = await side.replies(place)
    return seen


@behaviour("A model that fails ends in one apology with an id, and the next question is answered")
async def _(side: Side, model: ModelServer) -> str:
    seen = await _asked(side, model, lambda _: BROKEN)
    assert "language model is not reachable" in seen.words
    assert "Error id" in seen.words
    assert "30 days" in (await _asked(side, model, lambda _: Answer(text=SENTENCES[0]))).words
    return "yes"


@behaviour("A refusal of the vendor's filter says so")
async def _(side: Side, model: ModelServer) -> str:
    assert "declined to answer" in (await _asked(side, model, lambda _: FILTERED)).words
    return "yes"


@behaviour("What is invented is said to be not found, with the closest sources")
async def _(side: Side, model: ModelServer) -> str:
    seen = await _asked(side, model, lambda _: CITES_WHAT_WAS_NOT_GIVEN)
    assert "found nothing in the documents" in seen.words
    assert "99 days" not in seen.words
    assert "Closest sources" in seen.words
    return "yes"


@behaviour("A model is asked only where there is evidence")
async def _(side: Side, model: ModelServer) -> str:
    before = len(model.chats)
    place = await side.ask(
        "Who painted the ceiling of the chapel in 1512?", side.fresh_channel(), mention=True
    )
    assert "found nothing in the documents" in (await side.replies(place))[0].words
    assert len(model.chats) == before
    return "yes"


@behaviour("An answer that is cut off ends with its last whole sentence")
async def _(side: Side, model: ModelServer) -> str:
    text = f"{SENTENCES[0]}{CUT_SHORT.text}"
    seen = await _asked(side, model, lambda _: Answer(text=text, finish_reason="length"))
    assert "cut short" in seen.words
    assert "days and" not in seen.words
    return "yes"


@behaviour("What a fooled model writes pings and links nowhere")
async def _(side: Side, model: ModelServer) -> str:
    text = f"{LEAVE} <!channel> <at>everyone</at> [here](https://evil.example/a?q=1) @everyone"
    seen = await _asked(side, model, gullible, text)
    assert "evil.example" not in seen.words
    assert all(link.startswith("https://docs.brindlemoor.example/") for link in seen.links)
    return "yes"


@behaviour("A person in need is pointed to people, and no model is asked")
async def _(side: Side, model: ModelServer) -> str:
    before = len(model.chats)
    place = await side.ask("I want to kill myself", side.fresh_direct(), mention=False)
    (seen,) = await side.replies(place)
    assert "findahelpline.com" in seen.words
    assert len(model.chats) == before
    return "yes"


@behaviour("An answer that turns bad is taken back")
async def _(side: Side, model: ModelServer) -> str:
    bad = f"{SENTENCES[0]}All immigrants should be shot. [1]"
    seen = await _asked(side, model, lambda _: Answer(text=bad))
    assert "so I took it back" in seen.words
    assert "30 days" not in seen.words
    return "yes"


@behaviour("Personal data is masked before the model, and back in the answer")
async def _(side: Side, model: ModelServer) -> str:
    text = (
        "<PERSON_1>, receipts for travel expenses are handed in within 30 days. [1] "
        "Receipts are handed in for expenses. [1]"
    )
    asked = f"My name is {_NAME}. How do I hand in receipts for travel expenses?"
    seen = await _asked(side, model, lambda _: Answer(text=text), asked)
    assert "<PERSON_1>" not in seen.words
    assert not model.has_seen("Oyelaran")
    return "yes"


@behaviour("Who takes part in a thread is known by a part of the name")
async def _(side: Side, model: ModelServer) -> str:
    side.introduce("gran", "Marguerite Zyvvo")
    channel = side.fresh_channel()
    place = await side.ask(LEAVE, channel, user="gran", mention=True)
    await side.replies(place)
    await side.ask("And does zyvvo hand in travel receipts, too?", place, mention=True)
    await side.replies(place, 2)
    assert "<PERSON_1>" in str(model.chats[-1].body)
    assert not model.has_seen("zyvvo")
    return "yes"


@behaviour("A kind of data that may not be sent ends the message with the reason")
async def _(side: Side, model: ModelServer) -> str:
    text = "My card 4539 1488 0343 6467 is lost, who can help?"
    place = await side.ask(text, side.fresh_direct(), mention=False)
    (seen,) = await side.replies(place)
    assert "may not be sent to me here (credit card)" in seen.words
    assert not model.has_seen("4539")
    return "yes"
