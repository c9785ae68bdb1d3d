"""What a company's settings add, each tried in a workplace of its own."""

import asyncio

import aiohttp

from bot.controls.chatconfig import Role
from tests.parity.registry import LEAVE, SENTENCES, behaviour, scripted
from tests.parity.sides import Side
from tests.parity.slack_side import SlackSide
from tests.servers.desk import desk
from tests.servers.openai import BROKEN, Answer, ModelServer
from tests.servers.openai.requests import ChatRequest
from tests.servers.website import Website

JUDGE = "gpt-4.1-nano"
DOUBTED = "Annual leave at Brindlemoor is 30 paid days for everyone. [1]"
QUINCES = "What colour are the quinces in our orchard?"
UNKNOWN = "How many moons does the planet Zorgon of jane.roe@example.com have?"


@behaviour("What a second model does not uphold is not shown (`CITEWELL_JUDGE_MODEL`)")
async def _(side: Side, model: ModelServer) -> str:
    def script(request: ChatRequest) -> Answer:
        if request.model != JUDGE:
            return Answer(text=f"{SENTENCES[0]}{DOUBTED}")
        return Answer(text="NO" if "paid days for everyone" in request.last_user_text else "YES")

    async with side.another(judge_model=f"openai:{JUDGE}") as (own, its):
        with scripted(its, script):
            place = await own.ask(LEAVE, own.fresh_channel(), mention=True)
            (seen,) = await own.replies(place)
    assert "30 days of paid annual leave" in seen.words
    assert "paid days for everyone" not in seen.words
    return "yes"


@behaviour("A second model writes where the first one is away (`CITEWELL_FALLBACK_MODEL`)")
async def _(side: Side, model: ModelServer) -> str:
    async with side.another(fallback_model="offline") as (own, its):
        with scripted(its, lambda _: BROKEN):
            place = await own.ask(LEAVE, own.fresh_channel(), mention=True)
            (seen,) = await own.replies(place)
    assert "30 days" in seen.words
    return "yes"


@behaviour("A model that keeps failing is left alone, and health says so")
async def _(side: Side, model: ModelServer) -> str:
    async with side.another() as (own, its), aiohttp.ClientSession() as session:
        with scripted(its, lambda _: BROKEN):
            for _ in range(6):
                place = await own.ask(LEAVE, own.fresh_channel(), mention=True)
                (seen,) = await own.replies(place)
                assert "language model is not reachable" in seen.words
            await own.settled()
        async with session.get(f"{own.base_url}/readyz") as ready:
            health = await ready.json()
    assert len(its.chats) == 5
    assert health["parts"]["model"]["reason"] == "circuit_open"
    return "after five failures"


@behaviour("A provider's endpoint judges questions and answers, masked (`CITEWELL_MODERATION`)")
async def _(side: Side, model: ModelServer) -> str:
    async with side.another(moderation="openai") as (own, its):
        its.flags = {"forbidden fruit": "illicit/violent", "paid annual": "hate"}
        with scripted(its, lambda _: Answer(text=SENTENCES[0])):
            words = []
            for text in ("Mail ann@example.org about the forbidden fruit", LEAVE):
                place = await own.ask(text, own.fresh_channel(), mention=True)
                (seen,) = await own.replies(place)
                words.append(seen.words)
        assert not its.has_seen("ann@example.org")
    assert "hurting anybody" in words[0]
    assert "so I took it back" in words[1]
    return "yes"


@behaviour("From a direct chat a human is asked by a ticket, with the masked question and a link")
async def _(side: Side, model: ModelServer) -> str:
    async with desk() as tickets:
        given = {"ticket_url": tickets.url, "ticket_private_hosts": "127.0.0.1"}
        async with side.another(**given) as (own, _its):
            place = await own.ask(UNKNOWN, own.fresh_direct(), mention=False)
            await own.replies(place)
            await own.settled()
            place = await own.ask("a human, please", place, mention=False)
            _, opened = await own.replies(place, 2)
    (ticket,) = tickets.tickets
    assert "opened a ticket" in opened.words
    assert "Zorgon" in ticket["question"]
    assert "jane.roe" not in ticket["question"]
    assert ticket["thread"].startswith("https://")
    return "yes"


@behaviour("An owner adds a source, it is asked from, and it is taken out with all that came of it")
async def _(side: Side, model: ModelServer) -> str:
    async with Website() as site, side.another(chat_source_private_hosts="127.0.0.1") as (own, its):
        site.add("/guide/", "<h1>Quinces</h1><p>The quinces in our orchard are golden.</p>")
        await own.grant("ann", Role.OWNER)
        place = await own.meet()
        await own.command("sources add website", place)
        if not isinstance(own, SlackSide):  # there the form is a message before the reply
            await own.private("Fill in the form")
        wrong = await own.submit({"name": "orchard", "start": "http://169.254.169.254/"})
        await own.submit({"name": "orchard", "start": site.url("/guide/"), "delay": "0s"})
        asks = await own.private("Nothing is read before you confirm it", 1)
        before = list(site.asked)
        await own.press(asks, "Read it")
        await own.private("read within seconds")
        while not (await own.parts.syncing.ledger.run("orchard")).finished_s:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        with scripted(its, lambda _: Answer(text="The quinces in our orchard are golden. [1]")):
            asked = await own.ask(QUINCES, own.fresh_channel(), mention=True)
            (seen,) = await own.replies(asked)
        await own.press(await own.command("sources remove orchard", place), "Do it")
        while "orchard" in await own.parts.syncing.ledger.names():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        again = await own.ask(QUINCES, own.fresh_channel(), mention=True)
        (after,) = await own.replies(again)
    assert "private network" in wrong
    assert before == []
    assert any("/guide/" in link for link in seen.links)
    assert not any("/guide/" in link for link in after.links)
    return "yes"


@behaviour(
    "A connection that the platform closed is opened again",
    why="Teams delivers over HTTP alone, Slack over HTTP or a socket.",
)
async def _(side: Side, model: ModelServer) -> str:
    if not isinstance(side, SlackSide):
        return "there is none"
    async with side.another(has_socket=True) as (own, _its):
        assert isinstance(own, SlackSide)
        await own.slack.disconnect_sockets()
        place = await own.ask(LEAVE, own.fresh_channel(), mention=True)
        await own.replies(place)
    return "yes"
