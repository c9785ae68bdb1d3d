"""A person can be erased, and nothing of them is left in Redis; keys change without a loss."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from bot.crypto import key_id_of
from bot.durable import Durable
from bot.loading import Models
from bot.memory.placeholders import RedisPlaceholderStore
from bot.record.query import Query
from tests.processes import environment, run
from tests.running import Running, running
from tests.servers.openai import BROKEN, Answer, ModelServer
from tests.servers.openai.requests import ChatRequest
from tests.servers.slack import SlackServer
from tests.servers.slack.gestures import press
from tests.servers.slack.people import ANN, BEN

NAME = "Marguerite Oyelaran"
EMAIL = "ann@brindlemoor.example"
LEAVE = "How many days of annual leave do I get?"
ANSWER = "Everyone at Brindlemoor has 30 days of paid annual leave a year. [1]"
OF_NOBODY = (
    "citewell:sources:",  # names of sources and sets
    "citewell:pseudonyms",  # the ledger's own key
    "citewell:stream",  # which threads have work
    "citewell:task-workers:",
    "citewell:workers",
)
"""What may rest without an end."""


def named(request: ChatRequest) -> Answer:
    if "<passage" not in request.last_user_text:
        return Answer(text="How much annual leave does <PERSON_1> get?")
    return Answer(text=ANSWER)


async def settled(citewell: Running) -> None:
    while (await citewell.parts.durable.mailbox.counts())["open"]:
        await citewell.slack.until(lambda: True)


async def all_that_is_kept(citewell: Running) -> str:
    """Return every key and value of Redis, the sealed ones opened."""
    redis, durable = citewell.parts.redis, citewell.parts.durable
    pieces = [repr(piece) async for piece in _raw(redis)]
    maps = RedisPlaceholderStore(redis, durable.cipher, ttl_s=60)
    pieces += [f"{known.values} {known.people}" async for _, known in maps.all()]
    for name in ("citewell:open", "citewell:dead"):
        pieces += [str(record) for record in await durable.mailbox.records(name, limit=1000)]
    return "\n".join(pieces)


async def _raw(redis: Redis) -> AsyncIterator[object]:
    async for key in redis.scan_iter("*"):
        yield key
        yield await redis.dump(key)
        match await redis.type(key):
            case b"string":
                yield await redis.get(key)
            case b"list":
                yield await redis.lrange(key, 0, -1)
            case b"hash":
                yield await redis.hgetall(key)
            case b"set":
                yield await redis.smembers(key)
            case b"zset":
                yield await redis.zrange(key, 0, -1)
            case b"stream":
                yield await redis.xrange(key)


async def talked(citewell: Running, slack: SlackServer, model: ModelServer) -> tuple[str, str]:
    """Let Ann ask twice, once in vain, and Ben ask about himself and about Ann."""
    model.script = named
    first = await citewell.people.mention(f"I am {NAME}. {LEAVE}", user=ANN)
    await slack.replies(first)
    bens = await citewell.people.mention(f"Ask for {NAME}, my colleague: {LEAVE}", user=BEN)
    (answer,) = await slack.replies(bens)
    await press(citewell.people, answer, "Ask a human", user=ANN)
    await slack.replies(bens, 2)
    await citewell.people.command("language en", user=ANN)
    model.script = BROKEN
    failed = await citewell.people.mention(f"{NAME} again: {LEAVE}", user=ANN)
    await slack.replies(failed)
    model.script = named
    await settled(citewell)
    return first, bens


async def test_nothing_is_left_of_a_person_who_is_forgotten(
    sample_dir: Path, models: Models, slack: SlackServer, model: ModelServer, tmp_path: Path
) -> None:
    async def citewell_(*words: str) -> tuple[int | None, str]:
        code, out, err = await run(*words, cwd=tmp_path, env=environment(sample_dir))
        return code, out + err

    async with running(
        sample_dir, models, slack, model=model, human_group="slack:T0BRINDLE:S0PEOPLE"
    ) as citewell:
        await talked(citewell, slack, model)
        whose = f"slack:{slack.workspace.team}:{ANN}"
        before = await all_that_is_kept(citewell)
        endless = [
            key.decode()
            async for key in citewell.parts.redis.scan_iter("citewell:*")
            if await citewell.parts.redis.ttl(key) == -1
        ]
        listed = await citewell_("audit", "--person", EMAIL, "--json")
        kept = await citewell_("forget", EMAIL, "--name", NAME, "--dry-run", "--json")
        done, told = await citewell_("forget", EMAIL, "--name", NAME, "--json")
        receipt = _json_in(told)
        shown = await citewell_("forget", "--receipt", receipt["id"])
        again = await citewell_("forget", whose, "--name", NAME, "--dry-run", "--json")
        after = await all_that_is_kept(citewell)
        entries = [entry async for entry in citewell.parts.durable.ledger.find(Query())]
        pseudonym = await citewell.parts.durable.erasure.forgetter.subject(*whose.split(":"))

    assert NAME in before
    assert pseudonym.pseudonym in before
    assert sorted({key for key in endless if not key.startswith(OF_NOBODY)}) == []
    assert done == 0
    assert receipt["counts"] == {
        "messages": 2,
        "threads": 2,
        "names in other threads": 1,
        "notes of who wrote in threads": 2,
        "answers in the ledger": 2,
        "questions for your home": 1,
        "questions without an answer": 0,
        "answers kept for feedback, and thumbs": 1,
        "names on verified answers": 0,
        "requests for a human": 1,
        "days of usage": 1,
        "memberships mirrored from sources": 0,
        "conversations in Teams": 0,
        "verified addresses": 1,
        "notes that you were welcomed": 0,
        "the language that you set": 1,
    }
    assert f"meant is {whose}" in told
    assert len(listed[1].splitlines()) == 2
    assert _json_in(kept[1]) == receipt["counts"]
    assert set(_json_in(again[1]).values()) == {0}
    for piece in (NAME, "Marguerite", "Oyelaran", EMAIL, ANN, pseudonym.pseudonym):
        assert piece not in after, piece
    assert len(entries) == 1
    assert receipt["id"] in shown[1]
    assert NAME not in shown[1]


def _json_in(told: str) -> dict[str, Any]:
    """Return the line of JSON in what a command wrote."""
    (line,) = (line for line in told.splitlines() if line.startswith("{"))
    read: dict[str, Any] = json.loads(line)
    return read


async def test_a_conversation_goes_on_when_the_key_is_changed(
    sample_dir: Path, models: Models, slack: SlackServer, model: ModelServer
) -> None:
    model.script = named
    old, new = "the-first-key-of-this-house", "the-key-that-follows-it"
    async with running(sample_dir, models, slack, model=model, encryption_key=old) as citewell:
        ts = await citewell.people.tell(f"I am {NAME}, my boss is Dora Weber. {LEAVE}")
        await slack.replies(ts)
        await settled(citewell)
        people = citewell.people
    async with running(
        sample_dir, models, slack, model=model, encryption_key=new, old_encryption_keys=f"x {old}"
    ) as citewell:
        durable = citewell.parts.durable
        whose = await durable.erasure.forgetter.subject("slack", slack.workspace.team, ANN)
        found = await durable.erasure.forgetter.kept(whose)
        before = await sealed_with(durable)
        people._url = citewell.url
        await people.tell("Must Dora approve my annual leave?", thread_ts=ts)
        await slack.replies(ts, 2)
        await settled(citewell)
        after = await sealed_with(durable)

    assert found["answers in the ledger"] == 1
    assert "Must <PERSON_2> approve" in model.chats[-1].body.decode()
    assert durable.cipher.key_id not in before
    assert after == {durable.cipher.key_id}


async def sealed_with(durable: Durable) -> set[str]:
    """Return the ids of the keys with which maps and pseudonyms are sealed."""
    keys = [key async for key in durable.redis.scan_iter("citewell:placeholders:*")]
    return {
        key_id_of(value) for key in keys if isinstance(value := await durable.redis.get(key), bytes)
    }
