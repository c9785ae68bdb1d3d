"""What people can count on: each behaviour is tried on a platform, and says what was seen."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from adapters.ports import ChatAdapter
from adapters.types import Button, FieldKind, Form, FormField, IncomingAction, Reply
from tests.builders import a_message
from tests.parity.sides import Place, Side
from tests.servers.openai import Answer, Gate, ModelServer

LEAVE = "How many days of annual leave do I get?"
CARRY = "And how many of them can I carry over?"
SENTENCES = (
    "Everyone at Brindlemoor has 30 days of paid annual leave a year. [1] ",
    "Everyone has it on top of the public holidays. [1] ",
    "Unused days must be taken by 31 March. [1] ",
)
Try = Callable[[Side, ModelServer], Awaitable[str]]


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """One row: what is promised, how it is tried, and why platforms differ where they do."""

    promise: str
    run: Try
    why: str = ""


BEHAVIOURS: list[Behaviour] = []


def behaviour(promise: str, *, why: str = "") -> Callable[[Try], Try]:
    """Add a row."""

    def added(run: Try) -> Try:
        BEHAVIOURS.append(Behaviour(promise=promise, run=run, why=why))
        return run

    return added


def _channel(side: Side) -> Place:
    return Place(channel=side.channel)


def _direct(side: Side) -> Place:
    return Place(channel=side.direct)


@behaviour("A direct message is answered with its sources")
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask(LEAVE, _direct(side), mention=False)
    seen = (await side.replies(place))[-1]
    assert "30 days" in seen.words
    assert "[1]" in seen.words
    assert seen.links[0].startswith("https://docs.brindlemoor.example/handbook/leave/")
    return "numbered marks, and the sources below as links" if seen.is_streamed else "whole"


@behaviour("A direct answer grows while it is written")
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask(LEAVE, _direct(side), mention=False)
    seen = (await side.replies(place))[-1]
    return "streamed" if seen.is_streamed else "one message"


@behaviour("A mention in a channel is answered in its thread")
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask(LEAVE, _channel(side), mention=True)
    (seen,) = await side.replies(place)
    assert "30 days" in seen.words
    assert seen.links
    return "yes"


@behaviour(
    "An answer in a channel grows while it is written",
    why="Teams streams in personal chats only; elsewhere the answer is one message.",
)
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask(LEAVE, _channel(side), mention=True)
    (seen,) = await side.replies(place)
    return "streamed" if seen.is_streamed else "one message, when it is whole"


@behaviour(
    "People see what is being done meanwhile",
    why="Teams has a bar in personal chats and a sign of typing in group chats.",
)
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask(LEAVE, _direct(side), mention=False)
    await side.replies(place)
    notes = [note.lower() for note in side.notes(place)]
    assert any("searching the documents" in note for note in notes)
    return "a line beside the thread" if side.name == "Slack" else "a bar above the answer"


@behaviour("A follow-up in a thread of ours needs no mention",
           why="Teams delivers it where the team's owner consented to reading along.")  # fmt: skip
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask(LEAVE, _channel(side), mention=True)
    await side.replies(place)
    await side.ask(CARRY, place, mention=False)
    seen = await side.replies(place, 2)
    assert len(seen) == 2
    return "yes" if side.name == "Slack" else "yes, with that consent"


@behaviour("What is not to us is left alone")
async def _(side: Side, model: ModelServer) -> str:
    alone = await side.ask("Who has the key?", _channel(side), mention=False)
    place = await side.ask(LEAVE, _channel(side), mention=True)
    await side.replies(place)
    assert side.standing(alone) == []
    return "yes"


@behaviour("A message that is delivered again is answered once")
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask("Thank you!", _direct(side), mention=False)
    count = len(await side.replies(place))
    for _ in range(3):
        await side.again()
    last = await side.ask("Hello", _direct(side), mention=False)
    seen = await side.replies(last, count + 1 if last == place else 1)
    assert len(seen) == (count + 1 if last == place else 1)
    return "yes"


@behaviour("What forged it is refused")
async def _(side: Side, model: ModelServer) -> str:
    assert await side.forged() == 401
    return "401"


@behaviour("A guest reads only public documents")
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask(LEAVE, _channel(side), user="guest", mention=True)
    (seen,) = await side.replies(place)
    assert "30 days" not in seen.words
    assert seen.links == ()
    return "yes"


@behaviour("Personal data is masked before the model, and back in the answer")
async def _(side: Side, model: ModelServer) -> str:
    question = "Please tell ann.miller@example.org how many days of annual leave there are"
    place = await side.ask(question, _channel(side), mention=True)
    await side.replies(place)
    assert "ann.miller@example.org" not in " ".join(str(chat.body) for chat in model.chats)
    return "yes"


@behaviour("A question that waits can be changed or taken back")
async def _(side: Side, model: ModelServer) -> str:
    gate, before = Gate(), len(model.chats)
    script, model.script = model.script, lambda _: Answer(text=SENTENCES[0], gate=gate)
    place = await side.ask(LEAVE, _channel(side), mention=True)
    await gate.until_held()
    await side.ask("What about Berlin?", place, user="ben", mention=False)
    await side.edit("What about Hamburg?", place)
    await side.ask("And Paris?", place, mention=False)
    await side.take_back(place)
    gate.open()
    await side.replies(place, 2)
    model.script = script
    asked = " ".join(str(chat.body) for chat in model.chats[before:])
    assert ("Hamburg" in asked, "Berlin" in asked, "Paris" in asked) == (True, False, False)
    return "yes"


@behaviour(
    "Stop ends the answer where it stands",
    why="Teams offers Stop while an answer is streamed, so in personal chats.",
)
async def _(side: Side, model: ModelServer) -> str:
    gate = Gate()
    script, model.script = model.script, lambda _: Answer(pieces=SENTENCES, gate=gate)
    gate.let_through(2)
    before = len(side.standing(_direct(side))) if side.name == "Teams" else 0
    place = await side.ask(LEAVE, _direct(side), mention=False)
    await side.begun(place)
    await side.stop(place)
    gate.open()
    seen = (await side.replies(place, before + 1))[-1]
    model.script = script
    assert "Stopped." in seen.words
    assert "31 March" not in seen.words
    return "wherever it is streamed"


@behaviour("A very long answer is split, and nothing of it is lost")
async def _(side: Side, model: ModelServer) -> str:
    script = model.script
    model.script = lambda _: Answer(text=SENTENCES[0] * 400, chunk_chars=4000)
    place = await side.ask(LEAVE, _channel(side), mention=True)
    while sum(seen.words.count("30 days") for seen in side.standing(place)) < 400:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    model.script = script
    assert len(side.standing(place)) > 1
    return "yes"


@behaviour(
    "Commands answer",
    why="In Teams a command is a message, and so is its answer: ask in the personal chat.",
)
async def _(side: Side, model: ModelServer) -> str:
    words, is_private = await side.command("status")
    assert "passages indexed" in words
    return "seen by the person alone" if is_private else "as a message where it was asked"


@behaviour(
    "A newcomer is offered questions to ask",
    why="Slack shows them in the agent pane, Teams as a card when the app is installed.",
)
async def _(side: Side, model: ModelServer) -> str:
    assert len(await side.welcome()) == 4
    return "in the pane" if side.name == "Slack" else "as a card"


@behaviour("A button does what it promises, once")
async def _(side: Side, model: ModelServer) -> str:
    pressed: asyncio.Queue[IncomingAction] = asyncio.Queue()

    async def note(action: IncomingAction, _adapter: ChatAdapter) -> None:
        pressed.put_nowait(action)

    side.parts.durable.interactions.on_action("parity", note)
    place = await side.ask("Thank you!", _channel(side), mention=True)
    await side.replies(place)
    adapter = side.parts.durable.adapters[side.name.lower()]
    button = Button(action="parity", label="Press me", value="seven")
    await adapter.send(side.thread(place), Reply(text="Press it", buttons=(button,)))
    seen = next(each for each in await side.replies(place, 2) if "Press it" in each.words)
    for _ in range(2):
        await side.press(place, seen)
    action = await asyncio.wait_for(pressed.get(), 10)
    assert (action.value, action.person.id) == ("seven", side.ann().id)
    return "yes"


@behaviour(
    "What only one person should read reaches that person alone",
    why="Teams shows nothing to one person in a channel, so it goes to the personal chat.",
)
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask("Thank you!", _channel(side), mention=True)
    await side.replies(place)
    adapter = side.parts.durable.adapters[side.name.lower()]
    reply = Reply(text="A word for you alone")
    await adapter.send_privately(side.thread(place), side.ann(), reply)
    return side.private("A word for you alone")


@behaviour(
    "A form asks for several things at once",
    why="A dialog in Teams can only be the answer to a press, so the form is a card.",
)
async def _(side: Side, model: ModelServer) -> str:
    adapter = side.parts.durable.adapters[side.name.lower()]
    assert adapter.capabilities.has_forms
    if side.name == "Slack":
        return "a dialog"
    place = await side.ask("Thank you!", _channel(side), mention=True)
    await side.replies(place)
    field = FormField(name="why", label="Why?", kind=FieldKind.LONG_TEXT)
    form = Form(name="parity", title="Tell us", fields=(field,))
    await adapter.open_form(str(side.thread(place)), form)
    assert any("Tell us" in seen.words for seen in await side.replies(place, 2))
    return "a card"


@behaviour(
    "A message is looked up from its menu, for who asks alone",
    why="Teams answers with a dialog, and with what was found in the personal chat.",
)
async def _(side: Side, model: ModelServer) -> str:
    await side.replies(await side.ask("Thank you!", _direct(side), mention=False))
    said = await side.ask(LEAVE, _channel(side), user="ben", mention=False)
    where = await side.use_on_message("ask-about", LEAVE, said, expect="30 days")
    assert side.standing(said) == []
    return where


@behaviour(
    "A thread is summed up, with a message behind each sentence",
    why="Not possible: Teams brings a bot no other messages of a thread, and says so.",
)
async def _(side: Side, model: ModelServer) -> str:
    await side.replies(await side.ask("Thank you!", _direct(side), mention=False))
    script = model.script
    model.script = lambda _: Answer(text="- The launch is on 4 May. [2]")
    place = await side.ask("When is the launch?", _channel(side), user="ben", mention=False)
    await side.ask("The launch is on 4 May.", place, mention=False)
    expected = "launch is on 4 May" if side.name == "Slack" else "can't read the other messages"
    await side.use_on_message("summarize-thread", "When is the launch?", place, expect=expected)
    model.script = script
    return "yes, for who asks alone" if side.name == "Slack" else "not possible"


@behaviour("A message can be proposed to the reviewers, from its menu")
async def _(side: Side, model: ModelServer) -> str:
    await side.replies(await side.ask("Thank you!", _direct(side), mention=False))
    said = await side.ask("The badge desk is upstairs.", _channel(side), user="ben", mention=False)
    await side.propose("The badge desk is upstairs.", said, question="Where is the badge desk?")
    thread = side.thread(said)
    feedback = side.parts.durable.administration.feedback
    (kept,) = await feedback.candidates(f"{thread.platform}:{thread.workspace}", 5)
    assert kept.shown.question == "Where is the badge desk?"
    return "in a form"


@behaviour(
    "A conversation is named after its first question",
    why="Not possible: Teams has no names for a bot's conversations.",
)
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask(LEAVE, _direct(side), mention=False)
    await side.replies(place)
    return "yes" if side.title(place) == LEAVE else "not possible"


@behaviour(
    "A reply whose end was never heard of is not posted twice",
    why="Teams can't be asked what stands, so who asked is told that the answer may stand above.",
)
async def _(side: Side, model: ModelServer) -> str:
    place = await side.ask("Thank you!", _channel(side), mention=True)
    await side.replies(place)
    adapter = side.parts.durable.adapters[side.name.lower()]
    thread = side.thread(place)
    message = a_message(message_id="1000000000.000001", thread=thread, person=side.ann())
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
