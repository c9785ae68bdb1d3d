"""Who may read less at the source finds less after the next sync, whichever source it is."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.loading import Models
from bot.syncing.standings import sync_and_follow
from bot.wiring import Parts, open_parts
from knowledge.types import EVERYONE, Principal
from tests.running import settings_for
from tests.servers import confluence, github, graph, jira, notion, s3, slackchannels
from tests.servers.googledrive import File, GoogleDrive


def words(name: str) -> str:
    return f"Apples in the {name} are red."


ANN = "user:email:ann@acme.example"
OPEN = "---\nreaders: [everyone, public]\n---\n\n"
SECRETS = {
    "JIRA": jira.TOKEN,
    "GITHUB": github.TOKEN,
    "NOTION": notion.TOKEN,
    "SLACK": slackchannels.TOKEN,
    "GRAPH": graph.SECRET,
    "CONFLUENCE": confluence.TOKEN,
    "S3A": s3.ACCESS,
    "S3S": s3.SECRET,
}


@dataclass(kw_only=True)
class Vendors:
    """Everybody's servers, each with a document about apples that all may read."""

    jira: jira.Jira
    github: github.GitHub
    notion: notion.Notion
    slack: slackchannels.SlackChannels
    graph: graph.Graph
    drive: GoogleDrive
    s3: s3.S3

    @property
    def sources(self) -> dict[str, dict[str, object]]:
        """What the sources file says."""
        return {
            "jira": {
                "kind": "jira", "url": self.jira.url(), "projects": ["ENG"],
                "email": jira.EMAIL, "token": "${JIRA}",
            },
            "github": {
                "kind": "github", "api_url": self.github.url(), "token": "${GITHUB}",
                "repositories": ["acme/larder"],
            },
            "notion": {"kind": "notion", "api_url": self.notion.url(), "token": "${NOTION}"},
            "slack": {
                "kind": "slack", "api_url": self.slack.url("/api"), "channels": ["C0HELP"],
                "token": "${SLACK}", "pause": "0s",
            },
            "sharepoint": {
                "kind": "sharepoint", "tenant": graph.TENANT, "client_id": graph.CLIENT,
                "client_secret": "${GRAPH}", "people": ["ann@acme.example"],
                "api_url": self.graph.url("/v1.0"), "login_url": self.graph.url("/login"),
                "file_hosts": ["127.0.0.1"],
            },
            "drive": {
                "kind": "google-drive", "credentials": "${DRIVE}", "domain": "acme.example",
                "api_url": self.drive.url("/drive"),
            },
            "s3": {
                "kind": "s3", "endpoint": self.s3.url(), "bucket": "docs",
                "region": "eu-central-1", "access_key": "${S3A}", "secret_key": "${S3S}",
            },
        }  # fmt: skip

    def fill(self) -> None:
        """Put a document about apples into each."""
        self.jira.issues = {"1": jira.Issue(summary="Apples", text=words("jira"), age_s=9_000_000)}
        entry = github.Entry(
            number=1, title="Apples", updated="2026-01-02T00:00:00Z", body=words("tracker")
        )
        self.github.issues = {1: entry}
        blocks: list[tuple[str, dict[str, Any], list[Any]]] = [
            ("paragraph", notion.rich(words("notes")), [])
        ]
        page = notion.Page(title="Apples", edited="2026-01-02T00:00:00.000Z", blocks=blocks)
        self.notion.pages = {"p1": page}
        self.slack.channels = {"C0HELP": slackchannels.Channel(name="help")}
        ts = self.slack.write("C0HELP", "U1", "Which colour have apples?")
        self.slack.write("C0HELP", "U2", words("talk"), thread=ts)
        all_of_us = [graph.link("organization")]
        self.graph.items |= {
            "d": graph.Item(name="Fruit", content=None, shared=all_of_us),
            "f": graph.Item(
                name="apples.md", parent="d", content=f"{OPEN}{words('library')}".encode()
            ),
        }
        company = {"type": "domain", "domain": "acme.example"}
        self.drive.files = {
            "f": File(name="apples.txt", content=words("drive").encode(), shared=[company])
        }
        self.s3.objects = {"apples.md": words("bucket").encode()}

    def narrow(self) -> None:
        """Let fewer people read each, where the vendor knows who may."""
        self.jira.browse = [{"type": "user", "parameter": "ann"}]
        self.jira.people["ann"] = "ann@acme.example"
        self.slack.channels["C0HELP"].is_private = True
        ann = [graph.person("ann@acme.example")]
        self.graph.change("d", graph.Item(name="Fruit", content=None, shared=ann))
        share = {"type": "user", "emailAddress": "ann@acme.example"}
        self.drive.change(
            "f", File(name="apples.txt", content=words("drive").encode(), shared=[share])
        )


@pytest.fixture
async def vendors(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Vendors]:
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        vendors = Vendors(
            jira=await enter(jira.Jira()),
            github=await enter(github.GitHub()),
            notion=await enter(notion.Notion()),
            slack=await enter(slackchannels.SlackChannels()),
            graph=await enter(graph.Graph()),
            drive=await enter(GoogleDrive()),
            s3=await enter(s3.S3()),
        )
        for name, secret in {**SECRETS, "DRIVE": vendors.drive.key_file}.items():
            monkeypatch.setenv(name, secret)
        vendors.fill()
        yield vendors


def sources_file(folder: Path, sources: Mapping[str, object]) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "sources.yaml"
    path.write_text(json.dumps({"sources": sources}))
    return path


@asynccontextmanager
async def opened(
    data_dir: Path, models: Models, sources: Mapping[str, object]
) -> AsyncIterator[Parts]:
    file = sources_file(data_dir, sources)
    settings = settings_for(data_dir, sources_file=file)
    async with open_parts(settings, models=models, syncs=True) as parts:
        yield parts


async def synced(parts: Parts) -> dict[str, str]:
    """Sync all sources; return why some stopped, or did not take a document."""
    wrong = {}
    for name in parts.syncing.sources:
        standing = await sync_and_follow(
            parts.syncing, name, is_full=False, on_progress=lambda *_: None
        )
        if standing.run.error or standing.failures:
            wrong[name] = standing.run.error or str(standing.failures)
    return wrong


async def found(parts: Parts, *readers: str) -> set[str]:
    named = frozenset({EVERYONE, *map(Principal, readers)})
    passages = await parts.finder.retrieve("Which colour have apples?", readers=named, limit=20)
    locations = {passage.location for passage in passages}
    return {each.removeprefix("source:").partition("/")[0] for each in locations}


async def test_who_may_read_less_finds_less_after_the_next_sync(
    vendors: Vendors, models: Models, tmp_path: Path
) -> None:
    sources = vendors.sources
    every = set(sources)
    async with opened(tmp_path / "data", models, sources) as parts:
        assert await synced(parts) == {}
        before = await found(parts)
    vendors.narrow()
    for name in ("github", "notion", "s3"):  # these tell nobody who may read: the file does
        sources[name]["readers"] = ["group:fruit"]
    async with opened(tmp_path / "data", models, sources) as parts:
        assert await synced(parts) == {}
        after = await found(parts)
        still = await found(parts, ANN, "group:fruit", "channel:slack:T1:C0HELP")

    assert before == still == every
    assert after == set()


async def test_a_document_that_fewer_may_read_and_that_can_not_be_had_leaves_the_index(
    vendors: Vendors, models: Models, tmp_path: Path
) -> None:
    sources = {"sharepoint": vendors.sources["sharepoint"]}
    async with opened(tmp_path / "data", models, sources) as parts:
        await synced(parts)
        before = await found(parts)
        vendors.narrow()
        vendors.graph.holds_back.add("f")
        wrong = await synced(parts)
        after = await found(parts, ANN)

    assert (before, after) == ({"sharepoint"}, set())
    assert "may not be downloaded" in wrong["sharepoint"]
