"""What administrators do from Slack about sources, sets of them, and who is answered from what."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.controls.chatconfig import Role
from bot.loading import Models
from tests.running import Running, running
from tests.servers.slack import ANN, BEN, CHANNEL, SlackServer
from tests.servers.slack.gestures import press

FRUIT = "What colour are the apples in our orchard?"
HOSTILE = (
    "sources sync ../../etc",
    "sources pause 'fruit\ncitewell'",
    "sources remove",
    "sources errors `code`",
    "sources fruit",
    "channel sets nuts",
    "channel sets 'a > b'",
    "channel sets",
    "channel sets fruit <#X_FOREIGN:1>",
    "acl",
    "acl <@UBEN>",
    "acl <!subteam^S1> apples",
    "acl <@U0NOBODY> <#C9> ",
    "audit yesterday",
    "audit 7d nonsense",
    "audit 999999999d",
)


@pytest.fixture
async def citewell(tmp_path: Path, models: Models, slack: SlackServer) -> AsyncIterator[Running]:
    """Citewell with two folders as sources, one of them readable by Ben alone, and an admin."""
    for name, text in (
        ("fruit", "# Apples\n\nThe apples in our orchard are red.\n"),
        ("board", "# Plans\n\nThe board wants the apples in our orchard to become blue.\n"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.md").write_text(text)
    (tmp_path / "board" / "bad.pdf").write_bytes(b"nothing")
    file = tmp_path / "sources.yaml"
    file.write_text(
        json.dumps(
            {
                "sources": {
                    "fruit": {"kind": "folder", "path": str(tmp_path / "fruit"), "every": "1d"},
                    "board": {
                        "kind": "folder",
                        "path": str(tmp_path / "board"),
                        "every": "1d",
                        "readers": [f"user:{slack.workspace.team}:{BEN}"],
                    },
                },
                "sets": {"open": ["fruit"], "closed": ["board"]},
            }
        )
    )
    async with running(tmp_path / "data", models, slack, sources_file=file) as it:
        key = f"user:slack:{slack.workspace.team}:{ANN}"
        await it.parts.durable.administration.store.change(
            "test", "rights", lambda c: c.model_copy(update={"rights": {key: Role.ADMIN}})
        )
        await synced(it, "fruit")
        await synced(it, "board")
        yield it
    assert slack.violations == []


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it is so."""
    for _ in range(1_200):
        if await is_so():
            return
        await asyncio.sleep(0.05)
    raise TimeoutError


async def synced(citewell: Running, name: str, after_s: float = 0.0) -> None:
    """Wait until a source was synced after a time."""
    ledger = citewell.parts.syncing.ledger

    async def is_so() -> bool:
        return (await ledger.run(name)).finished_s > after_s

    await until(is_so)


async def say(citewell: Running, text: str, *, user: str = ANN) -> str:
    """Use a command and return what its writer reads."""
    return citewell.people.shown(await citewell.people.command(text, user=user), user=user).words


async def test_sources_are_looked_at_paused_synced_and_removed(
    citewell: Running, tmp_path: Path
) -> None:
    ledger = citewell.parts.syncing.ledger
    listed = await say(citewell, "sources")
    errors = await say(citewell, "sources errors board")
    paused = await say(citewell, "sources pause fruit")
    refused = await say(citewell, "sources sync fruit")
    await say(citewell, "sources resume fruit")
    (tmp_path / "fruit" / "pears.md").write_text("# Pears\n\nPears are green.\n")
    before = await ledger.run("fruit")
    begun = await say(citewell, "sources sync fruit")
    await synced(citewell, "fruit", before.finished_s)
    held = citewell.people.shown(await citewell.people.command("sources remove board"))
    await press(citewell.people, held, "Do it")
    await citewell.slack.until(lambda: citewell.slack.workspace.ephemerals)
    await ledger.pause("old", is_paused=True)  # as one that the file has no more
    asked = citewell.people.shown(await citewell.people.command("sources remove old"))
    await press(citewell.people, asked, "Do it")

    async def is_gone() -> bool:
        return "old" not in await ledger.names()

    await until(is_gone)
    history = await say(citewell, "config history")

    assert "fruit (folder, every 1,440 minutes): 1 document, synced" in listed
    assert "1 failed (sources errors)" in listed
    assert "set closed: board" in listed
    assert "bad.pdf: is not a PDF" in errors
    assert "fruit is paused" in paused
    assert "is paused: sources resume fruit first" in refused
    assert "within seconds" in begun
    assert (await ledger.run("fruit")).indexed == 1
    assert "is still in sources.yaml" in citewell.slack.workspace.ephemerals[0].words
    assert "would be taken out" in asked.words
    assert f"user:slack:{citewell.slack.workspace.team}:{ANN} sources remove old" in history


async def test_a_channel_is_bound_to_sets_and_let_go_again(citewell: Running) -> None:
    bound = await say(citewell, "channel sets closed")
    nothing = (await citewell.slack.replies(await citewell.people.mention(FRUIT)))[0]
    shown = await say(citewell, "channel")
    await say(citewell, "channel sets all")
    found = (await citewell.slack.replies(await citewell.people.mention(FRUIT)))[0]

    assert f"channels > slack:{citewell.slack.workspace.team}:{CHANNEL} > sets" in bound
    assert "red" not in nothing.words
    assert "sets: closed" in shown
    assert "red" in found.words


async def test_who_is_answered_from_what_is_shown_as_far_as_the_admin_may_read(
    citewell: Running,
) -> None:
    people = citewell.people
    people.a_user(BEN)
    ben = await say(citewell, f'acl <@{BEN}> "{FRUIT}"')
    there = await say(citewell, f'ask-as <@{BEN}> <#{CHANNEL}|general> "{FRUIT}"')
    member = await say(citewell, f'acl <@{ANN}> "{FRUIT}"', user=BEN)
    history = await say(citewell, "config history")
    ts = await people.mention(FRUIT)
    await citewell.slack.replies(ts)

    async def is_recorded() -> bool:
        return "answered" in await say(citewell, "audit 1d")

    await until(is_recorded)
    audit = await say(citewell, "audit 1d")

    assert "Found (2)" in ben
    assert "Apples" in ben
    assert "1 that you may not read either" in ben
    assert "Plans" not in ben
    assert "Found (1)" in there
    assert "Withheld (1)" in there
    assert "for a Citewell admin" in member
    assert f"asked as user:slack:{citewell.slack.workspace.team}:{BEN}" in history
    assert f"why {CHANNEL}/{ts}" in audit


async def test_hostile_arguments_change_nothing(citewell: Running) -> None:
    store = citewell.parts.durable.administration.store
    before = (await store.current()).version
    answers = [await say(citewell, text) for text in HOSTILE]

    assert (await store.current()).version == before
    assert all("Nothing was changed" in answer for answer in answers), answers
