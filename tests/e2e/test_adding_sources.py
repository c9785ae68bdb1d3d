"""Owners add a source in the chat, ask from it, and take it out again; nobody gains more by it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.controls.chatconfig import Role
from bot.loading import Models
from tests.running import Running, running
from tests.servers.notion import TOKEN, Notion, Page, rich
from tests.servers.slack import ANN, BEN, SlackServer
from tests.servers.slack.gestures import modal_of, press, submit
from tests.servers.slack.workspace import Modal

QUESTION = "What colour are the quinces in our orchard?"
SETTINGS: dict[str, Any] = {
    "chat_source_secrets": "WORDS_TOKEN@127.0.0.1 EMPTY_TOKEN",
    "chat_source_private_hosts": "127.0.0.1",
    "chat_source_max": 2,
    "limits_factor": 1000,
}


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it is so."""
    for _ in range(1_200):
        if await is_so():
            return
        await asyncio.sleep(0.05)
    raise TimeoutError


@pytest.fixture
async def notion(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Notion]:
    """Notion with one page, whose token stands in the environment."""
    monkeypatch.setenv("WORDS_TOKEN", TOKEN)
    monkeypatch.setenv("UNLISTED_TOKEN", "nobody-may-use-it")
    async with Notion() as it:
        words = "The quinces in our orchard are golden."
        it.pages["p1"] = Page(
            title="Quinces",
            edited="2026-07-01T00:00:00.000Z",
            blocks=[("paragraph", rich(words), [])],
        )
        yield it


@pytest.fixture(params=["http"])
async def citewell(
    request: pytest.FixtureRequest, tmp_path: Path, models: Models, notion: Notion
) -> AsyncIterator[Running]:
    """Citewell with Ann as the owner of the workspace, and Ben as an administrator."""
    assert notion.pages
    async with (
        SlackServer(has_rate_limits=False) as slack,
        running(tmp_path, models, slack, has_socket=request.param == "socket", **SETTINGS) as it,
    ):
        slack.workspace.users[ANN] |= {"is_admin": True, "is_owner": True}
        key = f"user:slack:{slack.workspace.team}:{BEN}"
        await it.parts.durable.administration.store.change(
            "test", "rights", lambda c: c.model_copy(update={"rights": {key: Role.ADMIN}})
        )
        yield it
        assert slack.violations == []


async def say(citewell: Running, text: str, *, user: str = ANN) -> str:
    """Use a command and return what its writer reads."""
    return citewell.people.shown(await citewell.people.command(text, user=user), user=user).words


async def asked(citewell: Running) -> str:
    """Ask about quinces and return the answer."""
    return (await citewell.slack.replies(await citewell.people.mention(QUESTION)))[0].words


def of(notion: Notion, **values: str) -> dict[str, str]:
    """Return how the form is filled in to read `notion`."""
    filled = {"name": "words", "token": "WORDS_TOKEN", "api_url": str(notion.url("/"))}
    return {**filled, **values}


@pytest.mark.parametrize("citewell", ["http", "socket"], indirect=True)
async def test_a_source_is_added_synced_asked_from_and_taken_out(
    citewell: Running, notion: Notion
) -> None:
    people, seen = citewell.people, citewell.slack.workspace.ephemerals
    ledger = citewell.parts.syncing.ledger
    await say(citewell, "sources add notion")
    modal = await modal_of(people)
    wrong = await submit(people, modal, of(notion, name="Not a name", every="often"))
    taken = await submit(people, modal, of(notion, sets="garden"))
    await citewell.slack.until(lambda: seen)
    question, asked_before = seen[-1], list(notion.asked)
    await press(people, question, "Read it")
    await until(lambda: _is_synced(citewell, "words"))
    found = await asked(citewell)
    listed = await say(citewell, "sources")
    bound = await say(citewell, "channel sets garden")
    in_set = await asked(citewell)
    await say(citewell, "channel sets all")
    by_admin = await say(citewell, "sources remove words", user=BEN)
    held = people.shown(await people.command("sources remove words"))
    await press(people, held, "Do it")

    async def is_gone() -> bool:
        return not await citewell.parts.index.documents() and "words" not in await ledger.names()

    await until(is_gone)
    after = await asked(citewell)
    history = await say(citewell, "config history")

    assert "a number and a unit" in wrong["every"]
    assert "small letters" in wrong["name"]
    assert taken == {}
    assert "words (notion) would be read every 1h" in question.words
    assert "WORDS_TOKEN" in question.words
    assert TOKEN not in question.words
    assert "say nothing: everyone. Rights are enforced" in question.words
    assert asked_before == []
    assert "golden" in found
    assert "words (notion, added here): 1 document, synced" in listed
    assert "set garden: words" in listed
    assert "Done" in bound
    assert "golden" in in_set
    assert "Only a Citewell owner takes out" in by_admin
    assert "golden" not in after
    assert "sources add words" in history
    assert "sources remove words" in history
    assert TOKEN not in history
    assert notion.violations == []


async def _is_synced(citewell: Running, name: str) -> bool:
    return (await citewell.parts.syncing.ledger.run(name)).finished_s > 0


async def version(citewell: Running) -> int:
    """Return how often anything was changed."""
    return (await citewell.parts.durable.administration.store.current()).version


async def forged(citewell: Running, modal: Modal, values: dict[str, str]) -> str:
    """Send what the form would not let one enter; return what is said to be wrong."""
    people = citewell.people
    team = people.slack.workspace.team
    fields = {
        name: {"value": {"type": "plain_text_input", "value": value}}
        for name, value in {"readers": "everyone", **values}.items()
    }
    view = {**modal.view, "id": modal.id, "state": {"values": fields}}
    done = await people.interact(
        {
            "type": "view_submission",
            "team": {"id": team},
            "user": {"id": ANN, "team_id": team},
            "view": view,
            "trigger_id": people.slack.workspace.trigger(),
        }
    )
    return str(done.body)


async def test_what_may_not_be_named_in_the_chat_is_refused_with_what_to_do(
    citewell: Running, notion: Notion
) -> None:
    before = await version(citewell)
    by_admin = await say(citewell, "sources add notion", user=BEN)
    folder = await say(citewell, "sources add folder")
    typo = await say(citewell, "sources add notoin")
    help_ = await say(citewell, "help sources add")
    await say(citewell, "sources add notion")
    modal = await modal_of(citewell.people)
    told = {
        name: await forged(citewell, modal, of(notion, **{field: value}))
        for name, field, value in (
            ("unlisted", "token", "UNLISTED_TOKEN"),
            ("pasted", "token", "ntn_real-looking-secret"),
            ("unset", "token", "EMPTY_TOKEN"),
            ("elsewhere", "api_url", "https://93.184.216.34/"),
            ("metadata", "api_url", "http://169.254.169.254/latest/"),
            ("path", "api_url", "file:///etc/passwd"),
            ("hostile", "name", "../../etc"),
            ("script", "name", "<!channel>`"),
            ("long", "readers", "x" * 3_001),
            ("nobody", "readers", " "),
        )
    }
    await say(citewell, "sources add git")
    git = await modal_of(citewell.people, 2)
    told["local"] = await forged(citewell, git, {"name": "local", "repository": "/etc"})
    told["ssh"] = await forged(citewell, git, {"name": "local", "repository": "git@127.0.0.1:a/b"})

    assert "for a Citewell owner" in by_admin
    assert "Say which kind" in folder
    assert "Did you mean notion" in typo
    assert "google-drive" in help_
    for name in ("unlisted", "pasted"):
        assert "CITEWELL_CHAT_SOURCE_SECRETS" in told[name]
        assert "real-looking" not in told[name]
    assert "not set in the environment" in told["unset"]
    assert "may not be shown to 93.184.216.34" in told["elsewhere"]
    assert "Must begin with https" in told["metadata"]
    assert "URL scheme should be" in told["path"]
    assert all("small letters" in told[name] for name in ("hostile", "script"))
    assert "too long" in told["long"]
    assert "readers" in told["nobody"]
    assert all("Must begin with https" in told[name] for name in ("local", "ssh"))
    assert await version(citewell) == before
    assert citewell.slack.workspace.ephemerals == []
    assert notion.asked == []


async def test_of_two_owners_at_once_one_adds_and_the_other_is_told(
    citewell: Running, notion: Notion
) -> None:
    people, seen = citewell.people, citewell.slack.workspace.ephemerals
    citewell.slack.workspace.users[BEN] |= {"is_admin": True, "is_owner": True}
    for number, user in enumerate((ANN, BEN), start=1):
        await say(citewell, "sources add notion", user=user)
        modal = await modal_of(people, number)
        await submit(people, modal, of(notion, every="1d"), user=user)
        await citewell.slack.until(lambda: len(seen) == number)  # noqa: B023 - awaited here
    mine, yours = seen[0], seen[1]
    await press(people, mine, "Read it", user=BEN)
    await citewell.slack.until(lambda: len(seen) >= 3)
    stolen = seen[2].words
    await asyncio.gather(press(people, mine, "Read it"), press(people, yours, "Read it", user=BEN))
    await citewell.slack.until(lambda: len(seen) >= 5)
    await press(people, mine, "Read it")
    await citewell.slack.until(lambda: len(seen) >= 6)
    told = [each.words for each in seen[3:5]]
    sources = (await citewell.parts.durable.administration.store.current()).config.sources

    assert "too old, answered, or not yours" in stolen
    assert sum("read within seconds" in each for each in told) == 1
    assert sum("name of another source" in each for each in told) == 1
    assert "too old, answered" in seen[5].words
    assert list(sources) == ["words"]
