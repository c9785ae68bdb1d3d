"""Keeps a claim alive while it is answered, and tells when it was lost."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from redis.exceptions import RedisError

from bot.ending import ended
from bot.errors import TakenOverError
from bot.queue.claims import Claim
from bot.queue.mailbox import Mailbox

log = structlog.get_logger(__name__)

_RENEWALS_A_LEASE = 3


class Lease:
    """Whether a claim is still ours, by our own clock: nothing is shown once it may be another's.

    A worker that was held up (a paused machine, a Redis that is away) finds out here, before it
    touches a reply that somebody else is writing.
    """

    def __init__(self, claim: Claim, *, duration_s: float) -> None:
        self.claim = claim
        self._duration_s = duration_s
        self._ends_s = time.monotonic() + duration_s

    def check(self) -> None:
        """Return while the claim is ours.

        Raises:
            TakenOverError: It may be another's by now.
        """
        if time.monotonic() >= self._ends_s:
            raise TakenOverError(str(self.claim.thread))

    def renewed(self, asked_at_s: float) -> None:
        """Count a lease that was granted at or after `asked_at_s` (monotonic seconds)."""
        self._ends_s = asked_at_s + self._duration_s

    def lost(self) -> None:
        """Note that the claim is another's."""
        self._ends_s = 0.0


@asynccontextmanager
async def leased(mailbox: Mailbox, claim: Claim) -> AsyncIterator[Lease]:
    """Renew the lease on `claim` while inside."""
    lease = Lease(claim, duration_s=mailbox.lease_s)
    renewing = asyncio.create_task(_renew(mailbox, lease), name="lease")
    try:
        yield lease
    finally:
        await ended(renewing)


async def _renew(mailbox: Mailbox, lease: Lease) -> None:
    while True:
        await asyncio.sleep(mailbox.lease_s / _RENEWALS_A_LEASE)
        asked_at_s = time.monotonic()
        try:
            is_ours = await mailbox.renew(lease.claim)
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("lease_not_renewed", error=type(error).__name__)
            continue
        if not is_ours:
            lease.lost()
            return
        lease.renewed(asked_at_s)
