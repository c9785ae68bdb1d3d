"""When Citewell speaks in a channel."""

from bot.addressee.types import ChannelMode
from bot.controls.chatconfig import ChannelConfig, Role
from tests.parity.registry import (
    CARRY,
    CONSENTED,
    LEAVE,
    PRIVATELY,
    SENTENCES,
    behaviour,
    scripted,
)
from tests.parity.sides import Place, Side
from tests.servers.openai import Answer, Gate, ModelServer

_WHY = "Teams delivers what mentions nobody where the team's owner consented to reading along."


async def _in_mode(side: Side, mode: ChannelMode) -> Place:
    """Return a new channel that is in `mode`."""
    place = side.fresh_channel()
    key = side.key_of(place)
    await side.configure(lambda c: {"channels": {**c.channels, key: ChannelConfig(mode=mode)}})
    return place


@behaviour("In mention mode only a mention is answered")
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask(LEAVE, await _in_mode(side, ChannelMode.MENTION), mention=True)
    await side.replies(place)
    await side.ask(CARRY, place, mention=False)
    await side.ask(CARRY, place, mention=True)
    await side.replies(place, 2)
    await side.settled()
    assert len(side.standing(place)) == 2
    return "yes"


@behaviour("In thread mode people may talk with each other", why=_WHY)
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask(LEAVE, await _in_mode(side, ChannelMode.THREAD), mention=True)
    await side.replies(place)
    for user, text in (
        ("ben", "oh nice, more than I thought"),
        ("ben", "did you take all of yours?"),
        ("ann", "not yet, and you?"),
        ("ann", f"{side.naming('ben')} shall we plan it?"),
    ):
        await side.ask(text, place, user=user, mention=False)
    await side.settled()
    assert [seen.words for seen in side.standing(place)[1:]] == []
    await side.ask(CARRY, place, mention=True)
    assert (await side.replies(place, 2))[1].links
    return CONSENTED[side.name]


@behaviour("In auto-answer mode what the documents answer is answered", why=_WHY)
async def _(side: Side, model: ModelServer) -> str:
    channel = await _in_mode(side, ChannelMode.AUTO_ANSWER)
    place = await side.ask(f"Hi all, {LEAVE}", channel, mention=False)
    (seen,) = await side.replies(place)
    await side.settled()
    await side.ask(CARRY, place, mention=False)
    _, second = await side.replies(place, 2)
    assert "30 days" in seen.words
    assert seen.links
    assert second.links
    return CONSENTED[side.name]


@behaviour("In auto-answer mode nothing is seen of what is not answered")
async def _(side: Side, model: ModelServer) -> str:
    channel, told = await _in_mode(side, ChannelMode.AUTO_ANSWER), side.told("change it now")
    places = [
        await side.ask(text, channel, mention=False)
        for text in (
            "How many moons does the planet Zorgon have?",
            "anyone up for lunch?",
            f"{side.naming('ben')} {LEAVE}",
            "FYI the office is closed on Monday",
            "How do I get " + "a very " * 1500 + "long badge?",
            "How do I open the Zorgon moons with ghp_a8Sd7f6G5h4J3k2L1qWeRtYuIoP0zXcVbNm9?",
        )
    ]
    await side.settled()
    assert [side.standing(place) + side.notes(place) for place in places] == [[]] * 6
    assert side.told("change it now") == told
    return "yes"


@behaviour(
    "Where it is switched off, a mention gets one private word",
    why="Teams shows nothing to one person in a channel, so it goes to the personal chat.",
)
async def _(side: Side, model: ModelServer) -> str:
    await side.meet()
    place = await side.ask(LEAVE, await _in_mode(side, ChannelMode.OFF), mention=True)
    await side.private("switched off in this channel")
    assert side.standing(place) == []
    return PRIVATELY[side.name]


@behaviour("Nobody is looked up for what no mode wants")
async def _(side: Side, model: ModelServer) -> str:
    before = side.looked_up()
    await side.ask("see you at lunch", side.fresh_channel(), user="zoe", mention=False)
    assert side.looked_up() == before
    return "yes"


@behaviour(
    "An administrator sets a channel's mode in that channel",
    why="In Teams a command is a message, and its answer comes in the personal chat.",
)
async def _(side: Side, model: ModelServer) -> str:
    await side.grant("ann", Role.ADMIN)
    channel = side.fresh_channel()
    done = await side.command("channel mode off", channel)
    assert "Done" in done.words
    await side.ask(LEAVE, channel, mention=True)
    await side.private("switched off in this channel")
    return PRIVATELY[side.name]


@behaviour("People who began to talk while an answer is written are left alone", why=_WHY)
async def _(side: Side, model: ModelServer) -> str:
    gate, channel = Gate(), await _in_mode(side, ChannelMode.THREAD)
    with scripted(model, lambda _: Answer(text=SENTENCES[0], gate=gate)):
        place = await side.ask(LEAVE, channel, mention=True)
        await gate.until_held()
        await side.ask("did you take all of yours?", place, user="ben", mention=False)
        gate.open()
        await side.replies(place)
        await side.settled()
    await side.ask("not yet, and you?", place, mention=False)
    await side.settled()
    assert len(side.standing(place)) == 1
    return CONSENTED[side.name]
