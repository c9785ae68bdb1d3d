"""What a message says about who asks survives the wait in Redis, sealed."""

import json
from dataclasses import replace

from pydantic import TypeAdapter
from redis.asyncio import Redis

from adapters.types import Audience, IncomingMessage, Person, Visibility
from bot.crypto import Cipher
from bot.queue.mailbox import Mailbox
from tests.builders import a_message

EMAIL = "ann@brindlemoor.example"


async def test_who_asks_waits_sealed_and_comes_back_whole(redis: Redis, cipher: Cipher) -> None:
    mailbox = Mailbox(redis, cipher, ttl_s=60, lease_s=2)
    ann = Person(
        id="U_ANN",
        workspace="T1",
        name="Ann Reed",
        email=EMAIL,
        groups=frozenset({"slack:T1:S0FINANCE"}),
    )
    audience = Audience(visibility=Visibility.CHANNEL, person=ann, has_outsiders=True)
    message = replace(a_message(person=ann), audience=audience)
    await mailbox.accept(message)
    kept = [await redis.dump(key) or b"" for key in await redis.keys()]
    claim = await mailbox.claim(message.thread)

    assert claim is not None
    assert claim.messages == (message,)
    assert not any(EMAIL.encode() in value or b"Ann Reed" in value for value in kept)


def test_a_message_that_an_older_release_accepted_is_read() -> None:
    adapter = TypeAdapter(IncomingMessage)
    kept = json.loads(adapter.dump_json(a_message()))
    for person in (kept["person"], kept["audience"]["person"]):
        for name in ("name", "email", "groups"):
            del person[name]
    del kept["audience"]["has_outsiders"]

    assert adapter.validate_json(json.dumps(kept)) == a_message()
