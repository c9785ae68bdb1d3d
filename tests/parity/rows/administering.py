"""What administrators and people set and ask by commands."""

from bot.controls.chatconfig import Role
from tests.parity.registry import LEAVE, behaviour
from tests.parity.sides import Side
from tests.servers.openai import ModelServer

_LOOKING = {
    "my-data": "Kept of you",
    "sources": "passages",
    "channel": "mode",
    "rights": "owner",
    "usage": "question",
    "config history": "parity",
    "flags": "on",
    "prompts": "answer",
    "audit": "ann",
    "gaps": "",
    "review": "",
    "verified": "",
}
_HOSTILE = ("limits person questions 1e999", "channel mode loud", "rights grant @everybody emperor")


@behaviour("A command of each group answers its administrator")
async def _(side: Side, model: ModelServer) -> str:
    await side.grant("ann", Role.OWNER)
    place = side.fresh_direct()
    for command in _LOOKING:
        words = (await side.command(command, place)).words
        assert words.strip(), command
        assert "Nothing was changed" not in words, command
        assert "is for a Citewell" not in words, command
    return "yes"


@behaviour("Hostile arguments of commands change nothing")
async def _(side: Side, model: ModelServer) -> str:
    await side.grant("ann", Role.OWNER)
    store, place = side.parts.durable.administration.store, side.fresh_direct()
    before = (await store.current()).version
    for command in _HOSTILE:
        assert "Nothing was changed" in (await side.command(command, place)).words, command
    assert (await store.current()).version == before
    return "yes"


@behaviour("Whoever wants to be forgotten is, and reads what went")
async def _(side: Side, model: ModelServer) -> str:
    side.introduce("fay", "Fay Winter")
    place = await side.ask(LEAVE, side.fresh_direct(), user="fay", mention=False)
    await side.replies(place)
    await side.settled()
    asks = await side.command("forget me", side.fresh_channel(), user="fay")
    await side.press(asks, "Do it", user="fay")
    assert "answers in the ledger:" in (await side.private("Erased:")).words
    return "yes"


@behaviour("A channel is greeted when the bot is added")
async def _(side: Side, model: ModelServer) -> str:
    seen = await side.add_us(side.fresh_channel())
    assert "ention me" in seen.words
    return "yes"
