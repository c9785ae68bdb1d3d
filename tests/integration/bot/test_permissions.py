"""Modes, knowledge sets, and the explanation of why a document is used or withheld."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.types import Audience, Person, Visibility
from bot.controls.chatconfig import with_values
from bot.loading import Models
from bot.steps.access import Why, access_of
from bot.steps.readers import Readers
from bot.steps.searching import AclMode, AudienceRetriever
from bot.steps.sets import KnowledgeSets, sets_in
from bot.syncing.standings import sync_and_follow
from bot.types import Question
from bot.wiring import Parts, open_parts
from tests.builders import a_thread
from tests.running import captured_logs, settings_for

ANN = Person(id="U1", workspace="T1", email="ann@acme.example")
ALONE = Audience(visibility=Visibility.PERSON, person=ANN)
ROOM = Audience(visibility=Visibility.CHANNEL, person=ANN, channel="slack:T1:C1")
OUTSIDE = replace(ROOM, has_outsiders=True)
APPLES = Question(text="What colour are apples?", standalone="What colour are apples?")
PAGES = {
    "open/all.md": "# Apples\n\nApples are red, all over the place.\n",
    "open/world.md": "---\nreaders: public\n---\n# Apples abroad\n\nApples abroad are blue.\n",
    "closed/ann.md": "# Apples of Ann\n\nThe apples of Ann are green and sour.\n",
    "closed/ben.md": "---\nreaders: 'user:T1:U2'\n---\n# Ben\n\nBen's apples are yellow.\n",
}


@pytest.fixture
async def parts(tmp_path: Path, models: Models) -> AsyncIterator[Parts]:
    for place, text in PAGES.items():
        page = tmp_path / place
        page.parent.mkdir(exist_ok=True)
        page.write_text(text)
    sources = {
        "open": {"kind": "folder", "path": str(tmp_path / "open")},
        "closed": {
            "kind": "folder", "path": str(tmp_path / "closed"),
            "readers": ["user:email:ann@acme.example"],
        },
    }  # fmt: skip
    file = tmp_path / "sources.yaml"
    file.write_text(json.dumps({"sources": sources, "sets": {"fruit": ["open"]}}))
    settings = settings_for(tmp_path / "data", sources_file=file)
    async with open_parts(settings, models=models, syncs=True) as parts:
        for name in sources:
            await sync_and_follow(parts.syncing, name, is_full=False, on_progress=lambda *_: None)
        yield parts


async def found(
    parts: Parts, audience: Audience, sets: KnowledgeSets, mode: AclMode = AclMode.ENFORCE
) -> set[str]:
    readers = Readers(parts.durable.directory)
    retriever = AudienceRetriever(parts.finder, readers, sets, limit=6, timeout_s=20, mode=mode)
    finding = await retriever.retrieve(APPLES, audience=audience, thread=a_thread())
    return {passage.document_id for passage in finding.passages}


async def test_modes_sets_and_reasons(parts: Parts, tmp_path: Path) -> None:
    sets = KnowledgeSets(parts.durable.administration.store, sets_in(tmp_path / "sources.yaml"))

    await _modes_hold_outsiders_and_warn_by_id(parts, sets)
    await _a_bound_channel_finds_its_sets_alone(parts, sets)
    await _each_document_says_why(parts)


async def _modes_hold_outsiders_and_warn_by_id(parts: Parts, sets: KnowledgeSets) -> None:
    with captured_logs() as logs:
        warned = await found(parts, ROOM, sets, AclMode.WARN)
    off = await found(parts, ROOM, sets, AclMode.OFF)
    lines = [json.loads(line) for line in logs.getvalue().splitlines()]
    told = [line for line in lines if str(line["event"]).startswith("acl_would_deny")]

    assert await found(parts, ROOM, sets) == {"all.md", "world.md"}
    assert await found(parts, ALONE, sets) == {"all.md", "world.md", "ann.md"}
    assert warned == off == {"all.md", "world.md", "ann.md", "ben.md"}
    assert told[0]["denied"] == 2
    assert len(told) == 3
    assert "apples" not in logs.getvalue().lower()
    assert await found(parts, OUTSIDE, sets, AclMode.OFF) == {"world.md"}


async def _a_bound_channel_finds_its_sets_alone(parts: Parts, sets: KnowledgeSets) -> None:
    store = parts.durable.administration.store

    async def bind(*names: str) -> None:
        values = {f"channels > {ROOM.channel} > sets": list(names) or None}
        await store.change("test", "channel", lambda config: with_values(config, values))

    await bind("fruit")
    everything = await found(parts, ROOM, sets, AclMode.OFF)
    later = KnowledgeSets(store, {})  # the set is gone from the file
    nothing = await found(parts, ROOM, later, AclMode.OFF)
    await bind()

    assert everything == {"all.md", "world.md"}
    assert nothing == set()
    assert len(await found(parts, ROOM, sets, AclMode.OFF)) == 4


async def _each_document_says_why(parts: Parts) -> None:
    readers = Readers(parts.durable.directory)
    access = await access_of(APPLES, ROOM, finder=parts.finder, readers=readers, limit=10)
    withheld = {each.document_id: (each.why, each.needs) for each in access.withheld}

    assert {each.document_id: each.because for each in access.used} == {
        "all.md": ("everyone",),
        "world.md": ("public",),
    }
    assert withheld == {
        "ann.md": (Why.NOT_THE_AUDIENCE, ("user:email:ann@acme.example",)),
        "ben.md": (Why.NOT_THE_PERSON, ("user:T1:U2",)),
    }
