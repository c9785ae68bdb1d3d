"""What administrators change by commands."""

from bot.controls.chatconfig import Role
from tests.parity.registry import LEAVE, behaviour
from tests.parity.sides import Side
from tests.servers.openai import ModelServer

_MOVE = "We move on Friday."


@behaviour("A word of a command that is nearly right is answered with what was meant")
async def _(side: Side, model: ModelServer) -> str:
    await side.grant("ann", Role.OWNER)
    words = (await side.command("chanel mode off", side.fresh_channel())).words
    assert "Did you mean" in words
    assert "channel [SETTING]" in words
    return "with its arguments"


@behaviour("A flag holds from the next answer on")
async def _(side: Side, model: ModelServer) -> str:
    await side.grant("ann", Role.OWNER)
    seen: list[bool] = []
    for value in ("off", "on"):
        done = await side.command(f"flags thumbs {value}", side.fresh_channel())
        assert f"thumbs: default \u2192 {str(value == 'on').lower()}" in done.words or seen
        place = await side.ask(LEAVE, side.fresh_channel(), mention=True)
        seen.append((await side.replies(place))[0].has_thumbs)
    assert seen == [False, True]
    return "yes"


@behaviour("A version of a prompt is used after a confirmation, and rolled back")
async def _(side: Side, model: ModelServer) -> str:
    await side.grant("ann", Role.OWNER)
    question = await side.command("prompts activate answer 4", side.fresh_channel())
    await side.press(question, "Do it")
    await side.private("prompts > answer")
    before = len(model.chats)
    place = await side.ask(LEAVE, side.fresh_channel(), mention=True)
    await side.replies(place)
    assert "<quoted>" not in str(model.chats[before].body)
    done = await side.command("prompts rollback answer", side.fresh_channel())
    assert "4 \u2192 default" in done.words
    return "yes"


@behaviour("An announcement stands once in a channel, as a message of its own")
async def _(side: Side, model: ModelServer) -> str:
    await side.grant("ann", Role.OWNER)
    channel = side.fresh_channel()
    question = await side.command(f'announce here "{_MOVE}"', channel)
    for _ in range(2):
        await side.press(question, "Do it")
    await side.server.until(lambda: any(_MOVE in m.words for m in side.messages(channel)))
    await side.private("too old, answered")
    standing = [m for m in side.messages(channel) if _MOVE in m.words]
    assert len(standing) == 1
    return "yes"


@behaviour(
    "Who looks after a channel is called by who wants a human",
    why="Teams lets no app call a group.",
)
async def _(side: Side, model: ModelServer) -> str:
    await side.grant("ann", Role.OWNER)
    channel = side.fresh_channel()
    done = await side.command(f"channel owners {side.naming('ben')}", channel)
    assert "owners: default" in done.words
    place = await side.ask("A human, please", channel, mention=True)
    post = next(s for s in await side.replies(place, 2) if "A human, please." in s.words)
    assert "I take it" in post.buttons
    return "people and user groups" if side.name == "Slack" else "people"


@behaviour("Limits are set one by one in words, or all of them in one form")
async def _(side: Side, model: ModelServer) -> str:
    await side.grant("ann", Role.OWNER)
    limits = await side.command("limits", side.fresh_direct())
    await side.press(limits, "Change them")
    bad = await side.submit({"person_messages": "many"})
    assert "valid integer" in bad
    assert await side.submit({"person_messages": "900", "channel_tokens": "5000000"}) == ""
    done = await side.private("limits > channel > tokens")
    assert "900" in done.words
    await side.command("config undo " + done.words.split("config undo ")[1].split()[0].strip("`"),
                       side.fresh_direct())  # fmt: skip
    now = (await side.parts.durable.administration.store.current()).config.limits
    assert now.person.messages is None
    return "yes"
