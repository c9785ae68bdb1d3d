"""What helps on from an answer, and in which language it is."""

from bot.controls.chatconfig import ChannelConfig
from tests.parity.registry import LEAVE, PRIVATELY, behaviour
from tests.parity.sides import Place, Seen, Side
from tests.servers.openai import ModelServer

_UNKNOWN = "How many moons does the planet Zorgon have?"
_ALONE = "Teams shows nothing to one person in a channel, so it goes to the personal chat."


async def _set(side: Side, place: Place, config: ChannelConfig) -> None:
    await side.configure(lambda c: {"channels": {**c.channels, side.key_of(place): config}})


async def _with_button(side: Side, label: str) -> tuple[Seen, str, Place]:
    """Ask in a channel twice, so that what is tried is remembered; return what has the button."""
    await side.replies(await side.ask(LEAVE, side.fresh_channel(), mention=True))
    await side.settled()
    place = await side.ask(LEAVE, side.fresh_channel(), mention=True)
    await side.replies(place)
    await side.settled()
    seen = next(s for s in side.standing(place) if any(label in b for b in s.buttons))
    return seen, next(b for b in seen.buttons if label in b), place


@behaviour("What Citewell says by itself is in the language of who wrote, or the channel's own")
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask("Danke!", side.fresh_channel(), mention=True)
    assert "Gern geschehen" in (await side.replies(place))[0].words
    channel = side.fresh_channel()
    await _set(side, channel, ChannelConfig(language="es"))
    place = await side.ask(_UNKNOWN, channel, mention=True)
    assert "No encontr" in (await side.replies(place))[0].words
    return "yes"


@behaviour("Further questions stand under an answer, and are asked by a press")
async def _(side: Side, model: ModelServer) -> str:
    seen, label, place = await _with_button(side, "What does")
    before = len(side.standing(place))
    await side.press(seen, label, user="ben")
    notice, answer, *_ = (await side.replies(place, before + 2))[before:]
    assert "asks:" in notice.words
    assert "[1]" in answer.words
    return "as whoever pressed"


@behaviour("Sources beyond the cited ones are shown to who wants them", why=_ALONE)
async def _(side: Side, model: ModelServer) -> str:
    await side.meet()
    seen, label, _ = await _with_button(side, "Show more sources")
    await side.press(seen, label)
    await side.private("the answer doesn't cite it")
    return PRIVATELY[side.name]


@behaviour("Where a channel wants it, who asked sees the answer first, and shares it", why=_ALONE)
async def _(side: Side, model: ModelServer) -> str:
    await side.meet()
    channel = side.fresh_channel()
    await _set(side, channel, ChannelConfig(ephemeral=True))
    place = await side.ask(LEAVE, channel, mention=True)
    await side.private("Only you see this")
    await side.settled()
    assert side.standing(place) == []
    label = "Share to the channel"
    shown = [side.seen(each) for each in side.told("")]
    await side.press(next(s for s in reversed(shown) if label in s.buttons), label)
    shared = await side.replies(place)
    assert "Shared by" in " ".join(each.words for each in shared)
    return PRIVATELY[side.name]
