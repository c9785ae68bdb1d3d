"""Personal data that comes in by any way is kept, sent, logged, counted and traced nowhere."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import aiohttp

from bot.loading import Models
from bot.models.providers import embedding_model
from knowledge.types import PersonalData
from tests.running import Running, captured_logs, running
from tests.running_teams import RunningTeams, running_teams
from tests.servers.echoing import Echoing, EchoingIndex
from tests.servers.openai import Answer, Failure, ModelServer
from tests.servers.openai.requests import ChatRequest
from tests.servers.slack import SlackServer
from tests.servers.slack.files import upload
from tests.servers.slack.people import DIRECT
from tests.servers.teams import TeamsServer
from tests.stored import everything_in
from tests.tracing import traced

EMBEDDINGS = "openai:text-embedding-3-small"
TYPES = {
    "name": "{0} Oyelaran",
    "mail": "{0}.oyelaran@example.org",
    "phone": "+49 171 55501{1}",
    "card": "4539148803436467",
    "iban": "DE89 3704 0044 0532 0130 00",
    "ssn": "536-90-41{1}",
    "address": "{1} Zanzarick Street",
    "ip": "203.0.113.{1}",
    "token": "ghp_a8Sd7f6G5h4J3k2L1qWeRtYuIoP0zXcVbN{1}",
    "password": "hunter{1}-Zebra!",
}
SAID = (
    "My name is {name} ({mail}, {phone}), of {address}. My card {card}, account {iban} and SSN "
    "{ssn} are with {ip}; the token is {token} and my password is {password}."
)


def canaries(first_name: str, number: int) -> dict[str, str]:
    """Return one canary of every type; those of one place are found in no other."""
    return {kind: form.format(first_name, number) for kind, form in TYPES.items()}


ASKED, HISTORY = canaries("Marguerite", 41), canaries("Siobhan", 42)
DOCUMENT, ANSWERED = canaries("Leopoldina", 43), canaries("Bartholomea", 44)
ERROR, TOOLS = canaries("Wilhelmina", 45), canaries("Philippa", 46)
ATTACHED = canaries("Theodosia", 47)
INDEX, VENDOR, TEAMS = (
    canaries("Evangeline", 48),
    canaries("Seraphina", 49),
    canaries("Rosamunde", 50),
)
DISPLAYED, FILE_NAME = "Hildegard Quaxley", "Ottoline Vexmoor"
ATTACHED_NAME = "Cornelius Bexwright"


def writing(request: ChatRequest) -> Answer | Failure:
    """Fail with an error full of personal data where it is asked to; else answer with some."""
    if "fail now" in request.last_user_text:
        return Failure(status=400, code="bad", message=SAID.format(**ERROR))
    if "<passage" not in request.last_user_text:
        return Answer(text="Who prints the badges?")
    return Answer(text=f"Badges are printed on Mondays. [1] {SAID.format(**ANSWERED)} [1]")


async def test_no_canary_of_any_type_is_anywhere_but_in_the_thread(
    data_dir: Path, models: Models, slack: SlackServer, model: ModelServer, tmp_path: Path
) -> None:
    model.script = writing
    embeddings = embedding_model(EMBEDDINGS, api_key=model.api_key, base_url=model.base_url)
    models = replace(models, embeddings=embeddings)  # a provider's: it sees what is embedded
    page = tmp_path / f"{FILE_NAME}.md"
    page.write_text(f"# Badges\n\nBadges are printed on Mondays.\n\n{SAID.format(**DOCUMENT)}\n")
    async with running(
        data_dir, models, slack, model=model, embedding_model=EMBEDDINGS, moderation="openai"
    ) as citewell:
        slack.workspace.users["U0HILD"] = citewell.people.a_user(DISPLAYED)
        with captured_logs() as written, traced() as traces:
            await citewell.parts.ingest([page], None, lambda *_: None, treat=PersonalData.MASK)
            await talk(citewell, slack)
            await talk_while_tools_fail(citewell, slack, model)
            logs = written.getvalue()
        metrics = await metrics_of(citewell)
        kept = await everything_in(citewell)

    sent = b"\n".join(call.body for call in model.requests)
    places = {"metrics": metrics, "logs": logs.encode(), "traces": "\n".join(traces).encode()}
    assert len(model.chats) >= 3
    assert all(places.values())
    for origin in (ASKED, HISTORY, DOCUMENT, ANSWERED, ERROR, TOOLS, ATTACHED):
        for kind, canary in origin.items():
            for name, place in (*places.items(), ("requests", sent), ("kept", kept)):
                assert canary.encode() not in place, (name, kind, canary)
    for name in (*DISPLAYED.split(), *FILE_NAME.split(), *ATTACHED_NAME.split()):
        for where, place in (*places.items(), ("requests", sent)):
            assert name.encode() not in place, (where, name)
    assert not {
        name for name in (b"Quaxley", b"Bexwright") if name in kept
    }  # a document's own name stays, since nobody could open it else


async def talk(citewell: Running, slack: SlackServer) -> None:
    """Ask in a thread that holds personal data, once more in it, and once so that it fails."""
    ts = await citewell.people.tell(f"{SAID.format(**HISTORY)} Who prints badges?", user="U0HILD")
    await slack.replies(ts)
    again = f"{SAID.format(**ASKED)} And when are the badges printed?"
    await citewell.people.tell(again, thread_ts=ts)
    await slack.replies(ts, 2)
    page = f"# Printing\n\nBadges are printed on Mondays.\n\n{SAID.format(**ATTACHED)}\n"
    file = upload(slack, f"{ATTACHED_NAME}.md", page.encode())
    beside = await citewell.people.say("Who prints?", channel=DIRECT, files=[file])
    await slack.replies(beside)
    await citewell.people.tell("And on which day are they printed?", thread_ts=beside)
    await slack.replies(beside, 2)
    failing = await citewell.people.tell("When are the badges printed, fail now?", user="U0HILD")
    (apology,) = await slack.replies(failing)
    assert "language model" in apology.words
    while (await citewell.parts.durable.mailbox.counts())["open"]:  # noqa: ASYNC110
        await asyncio.sleep(0)  # a record is closed, and logged, a moment after its reply shows


async def talk_while_tools_fail(citewell: Running, slack: SlackServer, model: ModelServer) -> None:
    """Ask while what is beyond the network answers with errors that quote personal data."""
    failure = Failure(status=400, code="bad", message=SAID.format(**TOOLS))
    model.failing = {"embeddings": failure, "moderations": failure}
    for error in (SAID.format(**TOOLS), TOOLS["mail"]):
        slack.fail("assistant.threads.setStatus", error=error)
        slack.fail("users.info", error=error)
    failing = await citewell.people.tell("Where are the badges printed?", user="U0NEW")
    (apology,) = await slack.replies(failing)
    assert "Error id" in apology.words
    assert all(canary not in apology.words for canary in TOOLS.values())
    while (await citewell.parts.durable.mailbox.counts())["open"]:  # noqa: ASYNC110
        await asyncio.sleep(0)


async def metrics_of(citewell: Running) -> bytes:
    """Return what a scraper gets."""
    base = citewell.url.removesuffix("/slack/events")
    async with aiohttp.ClientSession() as session, session.get(f"{base}/metrics") as response:
        return await response.read()


async def test_no_canary_in_an_error_of_the_index_a_source_or_teams_is_anywhere(
    models: Models, teams: TeamsServer, model: ModelServer, tmp_path: Path
) -> None:
    model.script = writing
    page = tmp_path / "docs" / "badges.md"
    page.parent.mkdir()
    page.write_text(f"# Badges\n\nBadges are printed.\n\n{SAID.format(**DOCUMENT)}\n")
    async with (
        EchoingIndex(SAID.format(**INDEX)) as index,
        Echoing(SAID.format(**VENDOR)) as vendor,
        Echoing(SAID.format(**VENDOR), status=200) as polite,
    ):
        sources = tmp_path / "sources.yaml"
        sources.write_text(json.dumps({"sources": refused_sources(page.parent, vendor, polite)}))
        with captured_logs() as written, traced() as traces:
            async with running_teams(
                tmp_path / "data",
                models,
                teams,
                model=model,
                qdrant_url=index.url(),
                sources_file=sources,
                limits_factor=1000,
            ) as citewell:
                await talk_in_teams(citewell, teams)
                for name in ("wiki", "chat", "drive"):
                    await citewell.parts.syncing.start(name)
                    await until_stopped(citewell, name)
                await citewell.parts.syncing.start("docs")
                await until(lambda: any("KnowledgeUnavailable" in said for said in traces))
                kept = await everything_in(citewell)
        logs = written.getvalue()

    sent = b"\n".join(call.body for call in model.requests)
    places = {"logs": logs.encode(), "traces": "\n".join(traces).encode(), "kept": kept}
    shown = "\n".join(message.text for message in teams.workspace.messages).encode()
    assert min(index.asked, vendor.asked, polite.asked) >= 1
    for origin in (DOCUMENT, INDEX, VENDOR, TEAMS):
        for kind, canary in origin.items():
            for name, place in (*places.items(), ("requests", sent), ("shown", shown)):
                assert canary.encode() not in place, (name, kind, canary)


def refused_sources(folder: Path, vendor: Echoing, polite: Echoing) -> dict[str, object]:
    """Return one source that can be read, and others whose vendors refuse in many words."""
    token = folder.parent / "token"
    token.write_text("vendor-valid")
    wiki = {"kind": "confluence", "spaces": ["ENG"], "email": "bot@example.org"}
    secret = {"token": {"file": str(token)}}
    return {
        "docs": {"kind": "folder", "path": str(folder), "personal": "mask"},
        "wiki": {**wiki, **secret, "url": vendor.url()},
        "drive": {**wiki, **secret, "url": polite.url()},
        "chat": {"kind": "slack", "channels": ["C0HELP"], "api_url": polite.url("api"), **secret},
    }


async def talk_in_teams(citewell: RunningTeams, teams: TeamsServer) -> None:
    """Ask while Teams refuses what is posted and who asks, in words that quote personal data."""
    words = SAID.format(**TEAMS)
    teams.fail("member", status=400, code="BadArgument", words=words, times=2)
    teams.fail("post", status=400, code="BadArgument", words=words, times=2)
    await citewell.people.mention("Where are the badges printed?")
    await citewell.people.mention("And who prints the badges?")
    while (await citewell.parts.durable.mailbox.counts())["open"]:  # noqa: ASYNC110
        await asyncio.sleep(0)


async def until_stopped(citewell: RunningTeams, name: str) -> None:
    """Wait until a sync ended with an error."""
    async with asyncio.timeout(60):
        while not (await citewell.parts.syncing.ledger.run(name)).error:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until it is."""
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
