"""What people read at first, and on their home."""

from bot.controls.chatconfig import Role
from tests.parity.registry import LEAVE, behaviour
from tests.parity.sides import Side
from tests.servers.openai import ModelServer

SAUNA = "Which colour has the sauna of the moon office?"


@behaviour("A newcomer reads once what may be asked, what is known, and what is kept of them")
async def _(side: Side, model: ModelServer) -> str:
    side.introduce("cleo", "Cleo Brandt")
    words, _ = await side.welcome("cleo")
    assert "I'm Citewell" in words
    assert "documents that you may read" in words
    assert "forget me" in words
    return "yes"


@behaviour(
    "A home shows one's own questions, what one may read, and what is left for today",
    why="Teams has no home for a bot but a web page: there it is a card, by the word `home`.",
)
async def _(side: Side, model: ModelServer) -> str:
    await side.configure(lambda _: {"rights": {}})
    place = await side.ask(LEAVE, side.fresh_channel(), mention=True)
    await side.replies(place)
    await side.settled()
    words = await side.home()
    assert LEAVE in words
    assert "What you may read" in words
    assert "questions today" in words
    assert "For review" not in words
    return "the home tab" if side.name == "Slack" else "a card in the personal chat"


@behaviour(
    "A button of the home shows what it promises",
    why="In Teams a message can hold links and buttons, which the words of a dialog can't.",
)
async def _(side: Side, model: ModelServer) -> str:
    await side.home()
    assert "Kept of you" in await side.press_home("What is kept of you")
    return "in a dialog" if side.name == "Slack" else "in a message below"


@behaviour("Who wrote nothing yet is greeted in the language that they use the platform in")
async def _(side: Side, model: ModelServer) -> str:
    side.introduce("dora", "Dora Klein")
    side.reads_in("dora", "fr-FR")
    words, prompts = await side.welcome("dora")
    assert "je suis Citewell" in words
    assert "Que sais-tu faire ?" in prompts
    return "yes"


@behaviour("A language that a person chose is spoken to them, and to nobody else")
async def _(side: Side, model: ModelServer) -> str:
    told = await side.command("language de", side.fresh_direct())
    assert "Ich spreche mit dir Deutsch" in told.words
    place = await side.ask(LEAVE, side.fresh_channel(), mention=True)
    (answer,) = await side.replies(place)
    await side.settled()
    words = await side.home()
    kept = await side.command("my-data", side.fresh_direct())
    others = await side.command("my-data", side.fresh_direct(), user="ben")
    undone = await side.command("language auto", side.fresh_direct())
    assert "Quellen" in answer.words
    assert "Was du lesen darfst" in words
    assert "die Sprache, die du gewählt hast: 1" in kept.words
    assert "Kept of you" in others.words
    assert "I speak the language that you write in" in undone.words
    return "answers, home, forms and receipts"


@behaviour("Questions that found no answer come together for reviewers, and for nobody else")
async def _(side: Side, model: ModelServer) -> str:
    await side.configure(lambda _: {"rights": {}})
    await side.replies(await side.ask(SAUNA, side.fresh_channel(), mention=True))
    await side.settled()
    refused = await side.command("gaps", side.fresh_direct())
    await side.grant("ann", Role.REVIEWER)
    told = await side.command("gaps", side.fresh_direct())
    assert "is for a Citewell reviewer" in refused.words
    assert SAUNA in told.words
    return "yes"
