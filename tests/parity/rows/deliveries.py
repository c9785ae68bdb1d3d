"""What comes in and goes out, and what of it may go wrong."""

import asyncio

from tests.parity.registry import LEAVE, PRIVATELY, SENTENCES, behaviour, scripted
from tests.parity.sides import Side
from tests.servers.openai import Answer, Gate, ModelServer


@behaviour("What forged it is refused")
async def _(side: Side, model: ModelServer) -> str:
    assert await side.forged() == 401
    return "401"


@behaviour("What can't be read is refused without an error")
async def _(side: Side, model: ModelServer) -> str:
    assert await side.garbage() == 400
    return "400"


@behaviour("A message is written before it is acknowledged")
async def _(side: Side, model: ModelServer) -> str:
    gate = Gate()
    with scripted(model, lambda _: Answer(text=SENTENCES[0], gate=gate)):
        place = await side.ask(LEAVE, side.fresh_channel(), mention=True)
        assert (await side.parts.durable.mailbox.counts())["open"] == 1
        gate.open()
        await side.replies(place)
    return "yes"


@behaviour("While Redis is away the platform is asked to deliver again")
async def _(side: Side, model: ModelServer) -> str:
    await side.parts.redis.client_pause(side.patience_ms)
    assert await side.tried_once("Thanks", side.fresh_channel()) == 503
    await side.parts.redis.ping()
    await side.again()
    await side.settled()
    return "503"


@behaviour(
    "Too much at once is refused kindly, and taken later",
    why="Teams shows nothing to one person in a channel, so everybody there reads that word.",
)
async def _(side: Side, model: ModelServer) -> str:
    gate = Gate()
    with scripted(model, lambda _: Answer(text=SENTENCES[0], gate=gate)):
        for _ in range(4):
            await side.ask(LEAVE, side.fresh_channel(), mention=True)
        over = side.fresh_channel()
        assert await side.tried_once(LEAVE, over) == 503
        gate.open()
        await side.settled()
        await side.again()
        await side.settled()
    return PRIVATELY["Slack"] if side.name == "Slack" else "in the thread"


@behaviour("A stream that is refused becomes one whole message")
async def _(side: Side, model: ModelServer) -> str:
    side.fail_stream(is_begun=False)
    place = await side.ask(LEAVE, side.fresh_direct(), mention=False)
    await side.settled()
    (seen,) = side.standing(place)
    assert seen.words.count("30 days") >= 1
    assert seen.links
    assert not seen.is_streamed
    return "yes"


@behaviour("A stream that breaks is finished in one whole message")
async def _(side: Side, model: ModelServer) -> str:
    gate = Gate()
    gate.let_through(2)
    with scripted(model, lambda _: Answer(pieces=SENTENCES, gate=gate)):
        place = await side.ask(LEAVE, side.fresh_direct(), mention=False)
        await side.begun(place)
        side.fail_stream(is_begun=True)
        gate.open()
        async with asyncio.timeout(60):
            await side.settled()
    (seen,) = side.standing(place)
    assert seen.words.count("30 days") >= 1
    assert seen.links
    return "yes"
