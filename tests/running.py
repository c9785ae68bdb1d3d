"""Runs Citewell's real parts in the test's own process, against the stand-ins."""

import io
import logging
import os
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from bot.cli.serving import receiving
from bot.loading import Models
from bot.observability.logs import configure_logs
from bot.settings import Settings
from bot.wiring import Parts, open_parts
from tests.servers.openai import ModelServer
from tests.servers.slack import SlackPeople, SlackServer

SAMPLE = Path(__file__).parents[1] / "deploy" / "sample-company"
URL = "https://docs.brindlemoor.example/{page}/"
_LOWEST_PORT, _PORT_COUNT = 10_000, 20_000
_PORTS = (_LOWEST_PORT + number % _PORT_COUNT for number in count(os.getpid() * 199))


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Citewell, connected to a Slack of the tests' own."""

    parts: Parts
    slack: SlackServer
    people: SlackPeople
    settings: Settings
    url: str


@contextmanager
def captured_logs() -> Iterator[io.StringIO]:
    """Collect what Citewell would log at its most talkative, libraries included."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logs("json", "debug")
    root.setLevel(logging.DEBUG)
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    handler.setStream(stream)
    try:
        yield stream
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


def free_port() -> int:
    """Return a port that nothing listens on and that no other test of this process was given.

    It is below those that the kernel gives to whoever asks for any, and processes that run at the
    same time begin at different ones: nobody else takes it before who asked for it listens.
    """
    while True:
        port = next(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def settings_for(data_dir: Path, **given: object) -> Settings:
    """Return settings that read no environment and no file."""
    return Settings.model_validate({"data_dir": data_dir, "log_format": "json", **given})


@asynccontextmanager
async def running(
    data_dir: Path,
    models: Models,
    slack: SlackServer,
    *,
    has_socket: bool = False,
    model: ModelServer | None = None,
    **given: object,
) -> AsyncIterator[Running]:
    """Run Citewell on the index in `data_dir`, over HTTP or Socket Mode."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/slack/events"
    vendor = (
        {}
        if model is None
        else {
            "openai_api_key": model.api_key,
            "openai_base_url": model.base_url,
            "chat_model_retries": 0,
        }
    )
    settings = settings_for(
        data_dir,
        slack_bot_token=slack.bot_token,
        slack_signing_secret=slack.signing_secret,
        slack_app_token=slack.app_token if has_socket else None,
        slack_api_url=slack.api_url,
        port=port,
        **vendor,
        **given,
    )
    async with AsyncExitStack() as stack:
        parts = await stack.enter_async_context(
            open_parts(settings, is_serving=True, models=models)
        )
        await stack.enter_async_context(receiving(settings, parts.durable, parts.index))
        people = SlackPeople(slack, url=None if has_socket else url)
        yield Running(parts=parts, slack=slack, people=people, settings=settings, url=url)


async def ingested(folder: Path, data_dir: Path, models: Models, url: str | None = URL) -> None:
    """Index `folder` in `data_dir`."""
    async with open_parts(settings_for(data_dir), models=models) as parts:
        await parts.ingest([folder], url, lambda *_: None)


def copied(data_dir: Path, to: Path) -> Path:
    """Copy an index, so that a test may change it.

    Its files are mostly room kept free for more: holes in the copy, not 200 MB for each test.
    """
    to.mkdir(parents=True, exist_ok=True)
    command = ["cp", "--recursive", "--sparse=always", str(data_dir / "index"), str(to / "index")]
    subprocess.run(command, check=True, timeout=60)  # noqa: S603 - our own words
    return to
