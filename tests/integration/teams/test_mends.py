"""Each fault of botbuilder as shipped, and that our mend takes it away: without one, it can go."""

import asyncio
import json
import subprocess
import sys
import time
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from botbuilder.core import ActivityHandler, InvokeResponse, TurnContext
from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication
from botbuilder.schema import Activity, Entity
from botframework.connector.auth import JwtTokenExtractor
from botframework.connector.auth.jwt_token_extractor import _OpenIdMetadata

from adapters.teams.connector import http_session
from adapters.teams.mends import (
    CHANNEL_KEYS_URL,
    ChannelKeys,
    OpenEntity,
    tenant_of,
)
from tests.servers.teams import TeamsPeople, TeamsServer

LABEL = {"type": "https://schema.org/Message", "additionalType": ["AIGeneratedContent"]}
_SEARCHED = """
import time
from msrest.universal_http.requests import ClientRetryPolicy
from adapters.teams.mends import mend_retry_codes
def spent():
    began = time.perf_counter()
    for _ in range(50): ClientRetryPolicy()
    return time.perf_counter() - began
shipped = spent(); codes = ClientRetryPolicy().policy.status_forcelist
mend_retry_codes()
mended = spent()
assert ClientRetryPolicy().policy.status_forcelist == codes
print(shipped / mended)
"""


class _Answering(ActivityHandler):  # type: ignore[misc]
    """A bot that answers an invoke with what it is given."""

    def __init__(self, body: Any) -> None:
        super().__init__()
        self._body = body

    async def on_invoke_activity(self, _turn: TurnContext) -> InvokeResponse:
        return InvokeResponse(status=200, body=self._body)


@pytest.fixture
async def microsoft(teams: TeamsServer, monkeypatch: pytest.MonkeyPatch) -> TeamsServer:
    """Microsoft's servers in the environment; botbuilder knows no keys yet."""
    for name, value in teams.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(JwtTokenExtractor, "metadataCache", {})
    return teams


async def _as_shipped(teams: TeamsServer, body: Any, activity: dict[str, Any], token: str) -> int:
    configuration = type(
        "Configuration", (), {"APP_ID": teams.app_id, "APP_PASSWORD": teams.password}
    )
    adapter = CloudAdapter(ConfigurationBotFrameworkAuthentication(configuration))

    async def serve(request: web.Request) -> web.Response:
        response: web.Response = await adapter.process(request, _Answering(body))
        return response

    application = web.Application()
    application.router.add_post("/api/messages", serve)
    async with TestClient(TestServer(application)) as client:
        headers = {"Authorization": f"Bearer {token}"}
        response = await client.post("/api/messages", json=activity, headers=headers)
        return response.status


def test_the_list_of_codes_is_slow_as_shipped() -> None:
    ratio = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", _SEARCHED], capture_output=True, text=True, check=True
    ).stdout

    assert float(ratio) > 3


def test_a_plain_entity_loses_its_properties() -> None:
    plain = Activity(type="message", entities=[Entity().from_dict(LABEL)]).serialize()
    ours = Activity(type="message", entities=[OpenEntity(LABEL)]).serialize()

    assert plain["entities"] == [{"type": LABEL["type"]}]
    assert ours["entities"] == [LABEL]


async def test_an_invoke_that_is_answered_with_an_object_ends_in_an_error(
    microsoft: TeamsServer,
) -> None:
    async with http_session() as session:  # ours answers with aiohttp's own JSON: a thumb gets 200
        ChannelKeys(session).install()
        people = TeamsPeople(microsoft, "")
        invoke = {**people.activity(""), "type": "invoke", "name": "message/submitAction"}
        status = await _as_shipped(microsoft, {"a": 1}, invoke, microsoft.signer.token())

    assert status == 500


async def test_a_garbage_token_ends_in_an_error(microsoft: TeamsServer) -> None:
    activity = TeamsPeople(microsoft, "").activity("hello")

    assert await _as_shipped(microsoft, {}, activity, "garbage") == 500


async def test_a_token_without_an_end_is_believed(microsoft: TeamsServer) -> None:
    async with http_session() as session:
        ChannelKeys(session).install()
        activity = TeamsPeople(microsoft, "").activity("hello")
        status = await _as_shipped(microsoft, {}, activity, microsoft.signer.token(exp=None))

    assert status == 201


async def test_keys_are_fetched_on_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(_request: web.Request) -> web.Response:
        await asyncio.sleep(0.3)
        return web.json_response({"jwks_uri": str(server.make_url("/keys")), "keys": []})

    application = web.Application()
    application.router.add_get("/{any}", slow)
    server = TestServer(application)
    await server.start_server()

    def blocking(_url: str) -> _Response:
        time.sleep(0.3)
        return _Response()

    monkeypatch.setattr("requests.get", blocking)

    async def longest_pause(fetch: Any) -> float:
        pauses = []
        task = asyncio.create_task(fetch)
        while not task.done():
            began = time.monotonic()
            await asyncio.sleep(0.01)
            pauses.append(time.monotonic() - began)
        await asyncio.gather(task, return_exceptions=True)
        return max(pauses)

    shipped = await longest_pause(_OpenIdMetadata("http://keys.example")._refresh())
    async with aiohttp.ClientSession() as session:
        mended = await longest_pause(
            ChannelKeys(session, url=str(server.make_url("/described"))).get("x")
        )
    await server.close()

    assert shipped > 0.5
    assert mended < 0.25


class _Response:
    """What `requests` would give."""

    def raise_for_status(self) -> None: ...

    def json(self) -> dict[str, Any]:
        return {"jwks_uri": "http://keys.example/keys", "keys": []}


async def test_keys_that_were_changed_are_found(microsoft: TeamsServer) -> None:
    async with http_session() as session:
        keys = ChannelKeys(session, min_gap_s=0)
        assert (await keys.get("key-1")).endorsements
        microsoft.signer.add("key-2", ["msteams"])
        assert (await keys.get("key-2")).endorsements == ["msteams"]
        with pytest.raises(PermissionError):
            await keys.get("nobody")

    shipped = _OpenIdMetadata(CHANNEL_KEYS_URL)
    shipped.keys = [{"kid": "another"}]
    with pytest.raises(IndexError):
        shipped._find("key-1")


def test_the_tenant_stays_empty_as_shipped(teams: TeamsServer) -> None:
    activity = TeamsPeople(teams, "").activity("hello")
    del activity["conversation"]["tenantId"]
    shipped = Activity().deserialize(json.loads(json.dumps(activity)))

    assert shipped.conversation.tenant_id is None
    assert tenant_of(activity) == teams.workspace.tenant
