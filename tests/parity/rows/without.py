"""Watching it, and what happens where something is not there."""

import aiohttp

from knowledge.indexes.edge import EdgeIndex
from tests.parity.registry import LEAVE, behaviour
from tests.parity.sides import Side
from tests.servers.openai import ModelServer


@behaviour("Health names each part, the platform too")
async def _(side: Side, model: ModelServer) -> str:
    async with aiohttp.ClientSession() as session, session.get(f"{side.base_url}/readyz") as ready:
        parts = (await ready.json())["parts"]
    assert ready.status == 200
    assert set(parts) == {"redis", "index", "model", side.name.lower()}
    return "yes"


@behaviour("Without the documents nothing is answered, and the apology has an id")
async def _(side: Side, model: ModelServer) -> str:
    index, before = side.parts.index, len(model.chats)
    assert isinstance(index, EdgeIndex)
    await index.close()  # so only rows with workplaces of their own may follow
    place = await side.ask(LEAVE, side.fresh_channel(), mention=True)
    (seen,) = await side.replies(place)
    assert "documents are not reachable" in seen.words
    assert "Error id" in seen.words
    assert len(model.chats) == before
    return "yes"
