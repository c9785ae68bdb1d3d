"""What a message's menu offers."""

import time

from bot.feedback.verified import Verified
from tests.parity.registry import LEAVE, behaviour, scripted
from tests.parity.sides import Side
from tests.servers.openai import Answer, ModelServer


@behaviour(
    "A message is looked up from its menu, for who asks alone",
    why="Teams answers with a dialog, and with what was found in the personal chat.",
)
async def _(side: Side, model: ModelServer) -> str:
    await side.meet()
    said = await side.ask(LEAVE, side.fresh_channel(), user="ben", mention=False)
    where = await side.use_on_message("ask-about", LEAVE, said, expect="30 days")
    assert side.standing(said) == []
    return where


@behaviour(
    "A thread is summed up, with a message behind each sentence",
    why="Not possible: Teams brings a bot no other messages of a thread, and says so.",
)
async def _(side: Side, model: ModelServer) -> str:
    await side.meet()
    place = await side.ask("When is the launch?", side.fresh_channel(), user="ben", mention=False)
    await side.ask("The launch is on 4 May.", place, mention=False)
    expected = "launch is on 4 May" if side.name == "Slack" else "can't read the other messages"
    with scripted(model, lambda _: Answer(text="- The launch is on 4 May. [2]")):
        await side.use_on_message("summarize-thread", "When is the launch?", place, expect=expected)
    return "yes, for who asks alone" if side.name == "Slack" else "not possible"


@behaviour("A message can be proposed to the reviewers, from its menu")
async def _(side: Side, model: ModelServer) -> str:
    await side.configure(lambda _: {"rights": {}})
    await side.meet()
    words = "The badge desk is upstairs."
    said = await side.ask(words, side.fresh_channel(), user="ben", mention=False)
    await side.propose(words, said, question="Where is the badge desk?")
    thread = side.thread(said)
    feedback = side.parts.durable.administration.feedback
    found = await feedback.candidates(f"{thread.platform}:{thread.workspace}", 5)
    (kept,) = [each for each in found if each.shown.question == "Where is the badge desk?"]
    await feedback.dismiss(kept.id)
    return "in a form"


@behaviour("An answer that was verified is shown for other wordings, to the company alone")
async def _(side: Side, model: ModelServer) -> str:
    known = Verified(
        question="Which version of Python do we support?",
        answer="3.11 to 3.13.",
        title="Wiki",
        url="https://wiki.example/python",
        expert="Ben Okafor",
        at_s=time.time(),
        expires_s=time.time() + 86_400,
    )
    asked = "What Python versions are supported?"
    thread = side.thread(await side.meet())
    store = side.parts.durable.administration.verified.store
    await store.verify(f"{thread.platform}:{thread.workspace}", known)
    place = await side.ask(asked, side.fresh_channel(), user="guest", mention=True)
    (guests,) = await side.replies(place)
    place = await side.ask(asked, side.fresh_direct(), mention=False)
    seen = (await side.replies(place))[-1]
    assert "3.11" not in guests.words
    assert "Verified by Ben Okafor" in seen.words
    assert known.question in seen.words
    return "with the question that was answered"
