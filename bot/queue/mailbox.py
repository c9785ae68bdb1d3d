"""Where each accepted message is on its way: a state machine in Redis, fenced by leases."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any
from urllib.parse import quote, unquote

import structlog
from pydantic import TypeAdapter
from redis.asyncio import Redis

from adapters.types import Addressed, IncomingDeletion, IncomingMessage, ThreadId
from bot.crypto import Cipher, UndecipherableError
from bot.queue import mailbox_scripts as scripts
from bot.queue.claims import Claim, Closed, Look, Record, State, Taken, Written

log = structlog.get_logger(__name__)

OPEN = "citewell:open"
DEAD = "citewell:dead"
_MESSAGE = TypeAdapter(IncomingMessage)
_SEEN_TTL_S = 30 * 60  # platforms deliver again for up to five minutes
_EARLY_TTL_S = 10 * 60
_CLOSED_TTL_S = 24 * 3600
_DEAD_TTL_S = 7 * 24 * 3600
_REPLIES_TTL_S = 24 * 3600
_MAX_WAITING = 50
_MAX_TOGETHER = 10
_MAX_DEAD = 10_000
_HOLD_STEP_S = 0.1


class Mailbox:
    """Keeps each thread's messages, in the order they were written, sealed, until each is closed.

    A worker claims a thread's turn with a token and a lease; whatever it changes is refused once
    the lease is another's. What is open stands on a watch list as well.
    """

    def __init__(
        self,
        redis: Redis,
        cipher: Cipher,
        *,
        ttl_s: int,
        lease_s: float,
        on_state: Callable[[State], None] = lambda _: None,
    ) -> None:
        self._redis = redis
        self._cipher = cipher
        self._ttl_s = ttl_s
        self._on_state = on_state
        self.lease_s = lease_s
        names = ("WATCH DUE POSTPONE ACCEPT QUEUED EDIT REMOVE CLAIM RENEW NOTE CLOSE HAND_BACK "
                 "LOOK REOPEN")  # fmt: skip
        self._scripts = {n: redis.register_script(getattr(scripts, n)) for n in names.split()}

    async def watch(self, message: IncomingMessage, *, after_s: float, max_open: int) -> bool:
        """Put `message` on the watch list; False where the list is full."""
        entry = _entry(message.thread, message.message_id)
        return bool(await self._run("WATCH", [OPEN], entry, _ms(after_s), max_open) != -1)

    async def is_ours(self, message: IncomingMessage) -> bool:
        """Return whether `message` was written to us, or in a thread that we have a part in."""
        if message.addressed not in {Addressed.FOLLOW_UP, Addressed.OVERHEARD}:
            return True
        return bool(await self._redis.exists(_key(message.thread, "ours")))

    async def unwatch(self, message: IncomingMessage) -> None:
        """Take `message` off the watch list: it is closed already, or was not taken."""
        await self._redis.zrem(OPEN, _entry(message.thread, message.message_id))

    async def accept(self, message: IncomingMessage) -> tuple[Taken, State | None]:
        """Take `message` once; also tells where it is now.

        A redelivery may find it `received`: whoever took it died before there was a task.
        """
        thread, kept_as = message.thread, quote(message.message_id, safe="")
        taken, state = await self._run(
            "ACCEPT",
            [
                _record(thread, message.message_id),
                _key(thread, f"seen:{quote(message.event_id, safe='')}"),
                _key(thread, "waiting"),
                _key(thread, "ours"),
            ],
            kept_as,
            self._sealed(message),
            _author(message),
            round(message.sent_at_s * 1e6),
            self._ttl_s,
            _SEEN_TTL_S,
            _MAX_WAITING,
            # A question to a whole channel does not make its thread ours.
            0 if message.addressed is Addressed.OVERHEARD else self._ttl_s,
        )
        if taken == b"new":
            self._on_state(State.RECEIVED)
        return Taken(taken.decode()), _state(state)

    async def queued(self, message: IncomingMessage) -> None:
        """Note that a task which will answer `message` is in the queue."""
        if await self._run("QUEUED", [_record(message.thread, message.message_id)]):
            self._on_state(State.QUEUED)

    async def edit(self, message: IncomingMessage) -> str:
        """Give a waiting message new words: `changed`, `early` (kept until it comes), or `late`."""
        done = await self._run(
            "EDIT",
            [_record(message.thread, message.message_id), _key(message.thread, "waiting")],
            quote(message.message_id, safe=""),
            self._sealed(message),
            _EARLY_TTL_S,
            "1" if await self.is_ours(message) else "0",
        )
        return str(done.decode())

    async def remove(self, deletion: IncomingDeletion) -> str:
        """Take a waiting message back: `removed`, `early` (before it came), or `late`."""
        thread = deletion.thread
        done = await self._run(
            "REMOVE",
            [_record(thread, deletion.message_id), _key(thread, "waiting")],
            quote(deletion.message_id, safe=""),
            _CLOSED_TTL_S,
        )
        if done == b"removed":
            self._on_state(State.REMOVED)
            await self._redis.zrem(OPEN, _entry(thread, deletion.message_id))
        return str(done.decode())

    async def claim(self, thread: ThreadId, token: str = "") -> Claim | None:
        """Take what is to be answered next in `thread`; None where nothing is, or another has it.

        `token` is that of a claim which `close` left open for more.
        """
        token = token or secrets.token_hex(8)
        keys = [_key(thread, name) for name in ("lease", "turn", "waiting", "replies")]
        kind, *found = await self._run(
            "CLAIM",
            keys,
            token,
            _ms(self.lease_s),
            _record_prefix(thread),
            _MAX_TOGETHER,
            _DEAD_TTL_S,
        )
        if kind in {b"busy", b"empty"}:
            return None
        places, deaths, known, *records = found
        own = tuple(map(_text, places.split()))
        rows = list(zip(records[::3], records[1::3], records[2::3], strict=True))
        if kind == b"new":
            for _ in rows:
                self._on_state(State.ANSWERING)
        opened = (self._opened(thread, sealed) for _, sealed, _ in rows)
        return Claim(
            thread=thread,
            token=token,
            ids=tuple(_text(row[0]) for row in rows),
            messages=tuple(message for message in opened if message is not None),
            is_takeover=kind == b"taken_over",
            deaths=deaths,
            age_s=max(row[2] for row in rows) / 1000,
            places=own,
            known=frozenset(map(_text, known)) - set(own),
        )

    async def renew(self, claim: Claim) -> bool:
        """Keep the claim for another lease; False where it is lost."""
        key = _key(claim.thread, "lease")
        return bool(await self._run("RENEW", [key], claim.token, _ms(self.lease_s)))

    async def note(self, claim: Claim, places: Sequence[str]) -> bool:
        """Note where the reply stands; False where the claim is lost."""
        keys = [_key(claim.thread, name) for name in ("lease", "turn", "replies")]
        kept_as = " ".join(quote(place, safe="") for place in places)
        return bool(await self._run("NOTE", keys, claim.token, _REPLIES_TTL_S, kept_as))

    async def close(self, claim: Claim, closed: Closed) -> bool:
        """End the claimed turn; True where more waits in the thread, kept for the same token."""
        keys = [_key(claim.thread, name) for name in ("lease", "turn", "waiting")]
        is_dead = closed.state is State.FAILED
        done = await self._run(
            "CLOSE",
            keys,
            claim.token,
            _ms(self.lease_s),
            _record_prefix(claim.thread),
            closed.state,
            closed.error_id,
            closed.reason,
            _DEAD_TTL_S if is_dead else _CLOSED_TTL_S,
        )
        if done == b"lost":
            log.warning("claim_lost", thread=str(claim.thread))
            return False
        for message_id in claim.ids:
            self._on_state(closed.state)
            await self.settle(claim.thread, message_id, is_dead=is_dead)
        return bool(done == b"more")

    async def settle(self, thread: ThreadId, message_id: str, *, is_dead: bool) -> None:
        """Take a closed message off the watch list, a failed one over to the dead letters."""
        entry = _entry(thread, message_id)
        if is_dead:
            await self._redis.zadd(DEAD, {entry: time.time()})
            await self._redis.zremrangebyrank(DEAD, 0, -_MAX_DEAD - 1)
            await self._redis.zremrangebyscore(DEAD, "-inf", time.time() - _DEAD_TTL_S)
            await self._redis.expire(DEAD, _DEAD_TTL_S)
        await self._redis.zrem(OPEN, entry)

    async def hand_back(self, claim: Claim, *, after_s: float = 0.0) -> None:
        """Give the turn back as it is, to be looked at again after `after_s`."""
        keys = [_key(claim.thread, name) for name in ("lease", "turn")]
        await self._run("HAND_BACK", keys, claim.token)
        entries = [_entry(claim.thread, message_id) for message_id in claim.ids]
        await self._run("POSTPONE", [OPEN], _ms(after_s), *entries)

    async def due(self, *, limit: int, again_s: float) -> list[Look]:
        """Return messages that stand on the watch list and are to be looked at now."""
        entries: Iterable[bytes] = await self._run("DUE", [OPEN], limit, _ms(again_s))
        return [await self.look(*_parsed(entry)) for entry in entries]

    async def look(self, thread: ThreadId, message_id: str) -> Look:
        """Return how a message is; without a state where nothing is known of it."""
        keys = [_record(thread, message_id), _key(thread, "lease")]
        state, age_ms, is_held = await self._run("LOOK", keys)
        return Look(
            thread=thread,
            message_id=message_id,
            state=_state(state),
            age_s=age_ms / 1000,
            is_held=bool(is_held),
        )

    async def counts(self) -> dict[str, int]:
        """Return how many messages are open, and how many are dead letters."""
        return {"open": await self._redis.zcard(OPEN), "dead": await self._redis.zcard(DEAD)}

    async def records(self, name: str, *, limit: int) -> list[Record]:
        """Return what stands on the list `name` (`OPEN`, `DEAD`), the oldest first."""
        entries: list[bytes] = await self._redis.zrange(name, 0, limit - 1)  # type: ignore[assignment]
        found = [await self.record(*_parsed(entry)) for entry in entries]
        known = (record for record in found if record is not None)
        return sorted(known, key=lambda record: record.accepted_at_s)

    async def record(self, thread: ThreadId, message_id: str) -> Record | None:
        """Return one message as the operator sees it, or None where nothing is known of it."""
        fields = await self._redis.hgetall(_record(thread, message_id))
        kept = {_text(name): _bytes(value) for name, value in fields.items()}
        if "at" not in kept:
            return None
        return Record(
            thread=thread,
            message_id=message_id,
            state=State(_text(kept["state"])),
            accepted_at_s=int(kept["at"]) / 1000,
            error_id=_text(kept.get("error", b"")),
            reason=_text(kept.get("reason", b"")),
            message=self._opened(thread, kept.get("sealed", b"")),
        )

    async def reopen(self, record: Record) -> str:
        """Let a failed message wait again: `reopened`, `busy`, `forgotten` or `not_failed`."""
        thread = record.thread
        keys = [_record(thread, record.message_id)]
        keys += [_key(thread, name) for name in ("waiting", "turn", "lease")]
        done = await self._run("REOPEN", keys, quote(record.message_id, safe=""), self._ttl_s)
        if done == b"reopened":
            entry = _entry(thread, record.message_id)
            await self._run("WATCH", [OPEN], entry, 0, _MAX_DEAD * 10)
            await self._redis.zrem(DEAD, entry)
            self._on_state(State.RECEIVED)
        return _text(done)

    async def drop(self, record: Record) -> None:
        """Forget a dead letter and its words."""
        await self._redis.zrem(DEAD, _entry(record.thread, record.message_id))
        await self._redis.hdel(_record(record.thread, record.message_id), "sealed")

    async def written_by(
        self, platform: str, workspace: str, person: str
    ) -> AsyncIterator[Written]:
        """Yield every message of a person that is known, closed ones too."""
        prefix = f"citewell:{{{quote(platform, safe='')}:"
        async for key in self._redis.scan_iter(f"{prefix}*:message:*", count=500):
            name = _text_of(key)
            thread = ThreadId.parse(name[len("citewell:{") : name.index("}")])
            author, state, sealed = await self._redis.hmget(name, ["author", "state", "sealed"])
            whose = _text_of(author).split(" ")[:2] if author else []
            if not author and sealed and (early := self._opened(thread, _bytes(sealed))):
                whose = [early.person.workspace, early.person.id]
            if whose == [workspace, person]:
                message_id = unquote(name.removeprefix(_record_prefix(thread)))
                yield Written(
                    thread=thread, message_id=message_id, state=_state(_bytes(state or b""))
                )

    async def erase(self, thread: ThreadId, message_id: str) -> None:
        """Forget a message that is not open any more, whatever is known of it."""
        entry = _entry(thread, message_id)
        await self._redis.delete(_record(thread, message_id))
        await self._redis.zrem(OPEN, entry)
        await self._redis.zrem(DEAD, entry)

    async def hold(self, thread: ThreadId) -> str:
        """Wait until nobody answers in `thread`, and keep it so for one lease; see `let_go`."""
        token = secrets.token_hex(8)
        key = _key(thread, "lease")
        while not await self._redis.set(key, token, nx=True, px=_ms(self.lease_s)):  # noqa: ASYNC110
            await asyncio.sleep(_HOLD_STEP_S)
        return token

    async def let_go(self, thread: ThreadId, token: str) -> None:
        """End a `hold`; what waits meanwhile is seen by the watchdog."""
        await self._run("HAND_BACK", [_key(thread, "lease"), _key(thread, "turn")], token)

    async def _run(self, name: str, keys: Sequence[str], *args: bytes | str | float) -> Any:
        return await self._scripts[name](keys=list(keys), args=list(args))

    def _sealed(self, message: IncomingMessage) -> bytes:
        return self._cipher.seal(_MESSAGE.dump_json(message), _purpose(message.thread))

    def _opened(self, thread: ThreadId, sealed: bytes) -> IncomingMessage | None:
        if not sealed:
            return None
        try:
            return _MESSAGE.validate_json(self._cipher.open(sealed, _purpose(thread)))
        except (UndecipherableError, ValueError) as error:
            log.warning("unreadable_message", thread=str(thread), error=type(error).__name__)
            return None


def _key(thread: ThreadId, name: str) -> str:
    return f"citewell:{{{thread}}}:{name}"


def _record_prefix(thread: ThreadId) -> str:
    return _key(thread, "message:")


def _record(thread: ThreadId, message_id: str) -> str:
    return _record_prefix(thread) + quote(message_id, safe="")


def _purpose(thread: ThreadId) -> str:
    return f"citewell:waiting:{thread}"


def _entry(thread: ThreadId, message_id: str) -> str:
    return f"{thread} {quote(message_id, safe='')}"


def _parsed(entry: bytes) -> tuple[ThreadId, str]:
    thread, _, message_id = entry.decode().partition(" ")
    return ThreadId.parse(thread), unquote(message_id)


def _author(message: IncomingMessage) -> str:
    """Whose messages are taken together: one person's, with one audience."""
    person = message.person
    audience = message.audience
    whose = f"{person.workspace} {person.id} {person.is_guest}"
    # What nobody may see an answer to shares no turn with what wants one.
    is_quiet = message.addressed is Addressed.OVERHEARD
    return f"{whose} {audience.visibility} {audience.has_outsiders}{' quiet' * is_quiet}"


def _state(value: bytes) -> State | None:
    return State(value.decode()) if value and value != b"edited" else None


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _text(value: bytes | str) -> str:
    return unquote(_text_of(value))


def _text_of(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _bytes(value: bytes | str) -> bytes:
    return value if isinstance(value, bytes) else value.encode()
