"""Asking and answering."""

import asyncio

from adapters.ports import ChatAdapter
from adapters.types import Button, IncomingAction, Reply
from tests.builders import a_message
from tests.parity.registry import CARRY, CONSENTED, LEAVE, PRIVATELY, SENTENCES, behaviour, scripted
from tests.parity.sides import Side
from tests.servers.openai import Answer, Gate, ModelServer


@behaviour("A direct message is answered with its sources")
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask(LEAVE, side.fresh_direct(), mention=False)
    seen = (await side.replies(place))[-1]
    assert "30 days" in seen.words
    assert "[1]" in seen.words
    assert seen.links[0].startswith("https://docs.brindlemoor.example/handbook/leave/")
    return "numbered marks, and the sources below as links" if seen.is_streamed else "whole"


@behaviour("A direct answer grows while it is written")
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask(LEAVE, side.fresh_direct(), mention=False)
    seen = (await side.replies(place))[-1]
    return "streamed" if seen.is_streamed else "one message"


@behaviour("A mention in a channel is answered in its thread")
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask(LEAVE, side.fresh_channel(), mention=True)
    (seen,) = await side.replies(place)
    assert "30 days" in seen.words
    assert seen.links
    return "yes"


@behaviour(
    "An answer in a channel grows while it is written",
    why="Teams streams in personal chats only; elsewhere the answer is one message.",
)
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask(LEAVE, side.fresh_channel(), mention=True)
    (seen,) = await side.replies(place)
    return "streamed" if seen.is_streamed else "one message, when it is whole"


@behaviour(
    "People see what is being done meanwhile",
    why="Teams has a bar in personal chats and a sign of typing in group chats.",
)
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask(LEAVE, side.fresh_direct(), mention=False)
    await side.replies(place)
    notes = [note.lower() for note in side.notes(place)]
    assert any("searching the documents" in note for note in notes)
    return "a line beside the thread" if side.name == "Slack" else "a bar above the answer"


@behaviour("A follow-up in a thread of ours needs no mention",
           why="Teams delivers it where the team's owner consented to reading along.")  # fmt: skip
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask(LEAVE, side.fresh_channel(), mention=True)
    await side.replies(place)
    await side.ask(CARRY, place, mention=False)
    seen = await side.replies(place, 2)
    assert seen[1].links
    return CONSENTED[side.name]


@behaviour("What is not to us is left alone")
async def _(side: Side, model: ModelServer) -> str:
    alone = await side.ask("Who has the key?", side.fresh_channel(), mention=False)
    place = await side.ask(LEAVE, side.fresh_channel(), mention=True)
    await side.replies(place)
    assert side.standing(alone) == []
    return "yes"


@behaviour("A message that is delivered again is answered once")
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask("Thank you!", side.fresh_direct(), mention=False)
    await side.replies(place)
    for _ in range(3):
        await side.again()
    await side.settled()
    assert len(side.standing(place)) == 1
    return "yes"


@behaviour("A guest reads only public documents")
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask(LEAVE, side.fresh_channel(), user="guest", mention=True)
    (seen,) = await side.replies(place)
    assert "30 days" not in seen.words
    assert seen.links == ()
    return "yes"


@behaviour("A question that waits can be changed or taken back")
async def _(side: Side, model: ModelServer) -> str:
    gate, before = Gate(), len(model.chats)
    with scripted(model, lambda _: Answer(text=SENTENCES[0], gate=gate)):
        place = await side.ask(LEAVE, side.fresh_channel(), mention=True)
        await gate.until_held()
        await side.ask("What about Berlin?", place, user="ben", mention=False)
        await side.edit("What about Hamburg?", place)
        await side.ask("And Paris?", place, mention=False)
        await side.take_back(place)
        gate.open()
        await side.replies(place, 2)
        await side.settled()
    asked = " ".join(str(chat.body) for chat in model.chats[before:])
    assert ("Hamburg" in asked, "Berlin" in asked, "Paris" in asked) == (True, False, False)
    return "yes"


@behaviour(
    "Stop ends the answer where it stands, and stops nothing else",
    why="Teams offers Stop while an answer is streamed, so in personal chats.",
)
async def _(side: Side, model: ModelServer) -> str:
    gate = Gate()
    gate.let_through(2)
    with scripted(model, lambda _: Answer(pieces=SENTENCES, gate=gate)):
        place = await side.ask(LEAVE, side.fresh_direct(), mention=False)
        await side.begun(place)
        await side.stop(place)
        gate.open()
        seen = (await side.replies(place))[-1]
    assert "Stopped." in seen.words
    assert "31 March" not in seen.words
    await side.stop(place)  # too late for anything
    await side.ask(LEAVE, place, mention=False)
    assert "30 days" in (await side.replies(place, 2))[-1].words
    return "wherever it is streamed"


@behaviour("A very long answer is split, and nothing of it is lost")
async def _(side: Side, model: ModelServer) -> str:
    clause = "everyone at Brindlemoor has 30 days of paid annual leave a year"
    sentence = f"{' and '.join([clause] * 10).capitalize()}. [1] "
    with scripted(model, lambda _: Answer(text=sentence * 20, chunk_chars=4000)):
        place = await side.ask(LEAVE, side.fresh_channel(), mention=True)
        await side.settled()
    standing = side.standing(place)
    assert sum(seen.words.partition("Sources")[0].count("30 days") for seen in standing) == 200
    assert len(standing) > 1
    return "yes"


@behaviour("Thanks and an emoji get a kind word, and nothing is searched")
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask("Thank you!", side.fresh_direct(), mention=False)
    assert "welcome" in (await side.replies(place))[0].words
    assert "earching" not in " ".join(side.notes(place))
    return "yes"


@behaviour("Forty thousand characters get a clear word")
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask("a b c d " * 5000, side.fresh_direct(), mention=False)
    (seen,) = await side.replies(place)
    assert "39,999 characters; I can read 8,000" in seen.words
    return "yes"


@behaviour("Thirty turns stay one conversation")
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask(LEAVE, side.fresh_channel(), mention=True)
    await side.replies(place)
    for number in range(28):
        await side.ask("Thanks" if number % 2 else "Hello", place, mention=True)
        await side.replies(place, number + 2)
    await side.ask(CARRY, place, mention=True)
    replies = await side.replies(place, 30)
    assert len(replies) == 30
    assert replies[-1].links
    return "yes"


@behaviour(
    "A newcomer is offered questions to ask",
    why="Slack shows them in the agent pane, Teams as a card when the app is installed.",
)
async def _(side: Side, model: ModelServer) -> str:
    side.introduce("dan", "Dan Ford")
    words, prompts = await side.welcome("dan")
    place = await side.ask(prompts[0], side.fresh_direct(), user="dan", mention=False)
    assert "answer" in words
    assert len(prompts) == 4
    assert (await side.replies(place))[-1].links
    return "in the pane" if side.name == "Slack" else "as a card"


@behaviour("A button does what it promises, once")
async def _(side: Side, model: ModelServer) -> str:
    pressed: asyncio.Queue[IncomingAction] = asyncio.Queue()

    async def note(action: IncomingAction, _adapter: ChatAdapter) -> None:
        pressed.put_nowait(action)

    side.parts.durable.interactions.on_action("parity", note)
    place = await side.ask("Thank you!", side.fresh_channel(), mention=True)
    await side.replies(place)
    button = Button(action="parity", label="Press me", value="seven")
    await side.adapter.send(side.thread(place), Reply(text="Press it", buttons=(button,)))
    seen = next(each for each in await side.replies(place, 2) if "Press it" in each.words)
    for _ in range(2):
        await side.press(seen, "Press me")
    action = await asyncio.wait_for(pressed.get(), 60)
    assert (action.value, action.person.id) == ("seven", side.person().id)
    return "yes"


@behaviour(
    "What only one person should read reaches that person alone",
    why="Teams shows nothing to one person in a channel, so it goes to the personal chat.",
)
async def _(side: Side, model: ModelServer) -> str:
    await side.meet()
    place = await side.ask("Thank you!", side.fresh_channel(), mention=True)
    await side.replies(place)
    reply = Reply(text="A word for you alone")
    await side.adapter.send_privately(side.thread(place), side.person(), reply)
    await side.private("A word for you alone")
    return PRIVATELY[side.name]


@behaviour(
    "A conversation is named after its first question",
    why="Not possible: Teams has no names for a bot's conversations.",
)
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask(LEAVE, side.fresh_direct(), mention=False)
    await side.replies(place)
    return "yes" if side.title(place) == LEAVE else "not possible"


@behaviour(
    "A reply whose end was never heard of is not posted twice",
    why="Teams can't be asked what stands, so who asked is told that the answer may stand above.",
)
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask("Thank you!", side.fresh_channel(), mention=True)
    await side.replies(place)
    adapter, thread = side.adapter, side.thread(place)
    message = a_message(message_id="1000000000.000001", thread=thread, person=side.person())
    if side.name == "Slack":
        sent = await adapter.stream(message).finish(Reply(text="You have 30 days."))
        found = await adapter.find_reply(message, known=frozenset({place.root}))
        assert found is not None
        assert set(sent.messages) <= set(found.messages)
        return "the thread is looked through, and what stands is completed"
    assert await side.parts.durable.references.begin(f"{thread}:{message.message_id}:0")
    await adapter.stream(message).finish(Reply(text="You have 30 days."))
    words = " ".join(seen.words for seen in await side.replies(place, 2))
    assert "30 days" not in words
    assert "whether it stands above" in words
    return "the person is told, and asked to look"
