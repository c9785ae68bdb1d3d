"""Commands, buttons, forms, thumbs and private words."""

from datetime import date, timedelta

from bot.controls.chatconfig import Role
from bot.record.query import Query
from tests.parity.registry import LEAVE, PRIVATELY, behaviour
from tests.parity.sides import Side
from tests.servers.openai import ModelServer

_TOKEN = "ghp_a8Sd7f6G5h4J3k2L1qWeRtYuIoP0zXcVbNm9"
_ASKED = "How many days of annual leave are there in all?"
_RIGHT = {
    "answer": "32 days since the new agreement.",
    "title": "Works agreement 2026",
    "url": "https://docs.brindlemoor.example/agreement",
    "until": (date.today() + timedelta(days=90)).isoformat(),  # noqa: DTZ011
}
_BOARD = "What is the yearly bonus of the board?"
_LABEL = "Answer me privately"
_ALONE = "In Teams a command is a message, and so is its answer, in the personal chat."


@behaviour("Commands answer the person alone", why=_ALONE)
async def _(side: Side, model: ModelServer) -> str:
    channel = side.fresh_channel()
    assert "passages indexed" in (await side.command("status", channel)).words
    assert "language model" in (await side.command("help", channel)).words
    return PRIVATELY[side.name]


@behaviour("Who may do what by commands is decided by rights; people are named by a mention")
async def _(side: Side, model: ModelServer) -> str:
    place = side.fresh_direct()
    refused = await side.command(f"block {side.naming('ben')} a test", place, user="cyd")
    await side.grant("ann", Role.ADMIN)
    done = await side.command(f"block {side.naming('ben')} a test", side.fresh_channel())
    asked = await side.ask(LEAVE, side.fresh_channel(), user="ben", mention=True)
    (seen,) = await side.replies(asked)
    await side.command(f"unblock {side.naming('ben')}", side.fresh_channel())
    assert "is for a Citewell admin" in refused.words
    assert side.person("ben").id in done.words
    assert "may not answer you" in seen.words
    return "yes"


@behaviour("A dangerous command asks before it is done")
async def _(side: Side, model: ModelServer) -> str:
    await side.grant("ann", Role.ADMIN)
    place = side.fresh_direct()
    asks = await side.command("pause We are moving", place)
    assert "Everybody" in asks.words
    asked = await side.ask("Thanks", side.fresh_channel(), mention=True)
    assert "moving" not in (await side.replies(asked))[0].words
    await side.press(asks, "Do it")
    await side.private("Done")
    asked = await side.ask(LEAVE, side.fresh_channel(), mention=True)
    assert (await side.replies(asked))[0].words.strip() == "We are moving"
    await side.command("resume", place)
    return "yes"


@behaviour("A thumb counts once, and can be changed")
async def _(side: Side, model: ModelServer) -> str:
    store = side.parts.durable.administration.feedback
    place = await side.ask(LEAVE, side.fresh_channel(), mention=True)
    (seen,) = await side.replies(place)
    assert seen.has_thumbs
    await side.settled()
    for thumb, count in (("up", 1), ("up", 2), ("down", 1), ("up", 3)):
        await side.thumb(place, seen, thumb, "It is old")
        await side.private("Noted: helpful" if thumb == "up" else "Noted: not helpful", count)
    assert await store.totals() == {"up": 1, "down": 0}
    return "yes"


@behaviour("A thumb down asks why, and an expert's answer comes first from then on")
async def _(side: Side, model: ModelServer) -> str:
    await side.grant("ben", Role.REVIEWER)
    place = await side.ask(_ASKED, side.fresh_channel(), mention=True)
    (seen,) = await side.replies(place)
    await side.settled()
    before = len(side.told("Noted: not helpful"))
    await side.thumb(place, seen, "down", "the agreement is new")
    await side.private("Noted: not helpful", before + 1)
    queue = await side.command("review", side.fresh_direct(), user="ben")
    assert "the agreement is new" in queue.words
    await side.press(queue, "Put 1 right", user="ben")
    bad = await side.submit({**_RIGHT, "url": "javascript:alert(1)"}, user="ben")
    assert "An address begins with https://" in bad
    assert await side.submit(_RIGHT, user="ben") == ""
    place = await side.ask(_ASKED, side.fresh_channel(), mention=True)
    (verified,) = await side.replies(place)
    assert "32 days" in verified.words
    assert "Verified by Ben" in verified.words
    assert _RIGHT["url"] in verified.links
    place = await side.ask(_ASKED, side.fresh_channel(), user="guest", mention=True)
    assert "32 days" not in (await side.replies(place))[0].words
    return "in dialogs"


@behaviour(
    "Who writes a secret is told so alone, and it is kept nowhere",
    why="Teams shows nothing to one person in a channel, so it goes to the personal chat.",
)
async def _(side: Side, model: ModelServer) -> str:
    await side.meet()
    place = await side.ask(f"My token is {_TOKEN}. {LEAVE}", side.fresh_channel(), mention=True)
    assert "30 days" in (await side.replies(place))[0].words
    await side.private("change it now")
    assert not model.has_seen(_TOKEN)
    return PRIVATELY[side.name]


@behaviour(
    "What only the asker may read is offered, and told to the asker alone",
    why="Teams shows nothing to one person in a channel, so it goes to the personal chat.",
)
async def _(side: Side, model: ModelServer) -> str:
    await side.meet()
    place = await side.ask(_BOARD, side.fresh_channel(), mention=True)
    (seen,) = await side.replies(place)
    offer = await side.private("One more document")
    await side.press(offer, _LABEL, user="ben")
    await side.press(offer, _LABEL)
    answer = await side.private("4,711")
    assert "4,711" not in seen.words + offer.words
    assert answer.id != offer.id
    await side.ask("And how much is it for the board?", place, user="ben", mention=True)
    assert "4,711" not in (await side.replies(place, 2))[1].words
    return PRIVATELY[side.name]


@behaviour("An answer can be accounted for")
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask(LEAVE, side.fresh_channel(), mention=True)
    await side.replies(place)
    await side.settled()
    thread = str(side.thread(place))
    found = [e async for e in side.parts.durable.ledger.find(Query()) if thread in str(e)]
    assert [entry.outcome for entry in found] == ["answered"]
    await side.grant("ann", Role.OWNER)
    why = f"why {found[0].channel}/{found[0].asked}"
    told = await side.command(why, side.fresh_direct())
    assert "answered from the documents" in told.words
    assert "What the model was shown" in told.words
    assert "Annual leave" in told.words
    return "yes"
