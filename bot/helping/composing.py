"""Composes what helps people on: what is offered under an answer, and answers seen first alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from docket import Docket
from redis.asyncio import Redis

from adapters.ports import ChatAdapter
from bot.controls.configstore import ConfigStore
from bot.crypto import Cipher
from bot.feedback.store import FeedbackStore
from bot.helping.ephemeral import EphemeralFirst
from bot.helping.onward import Onward
from bot.interactions.registry import Interactions
from bot.steps.readers import Readers
from knowledge.ports import VectorIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class Helping:
    """Both parts."""

    onward: Onward
    ephemeral: EphemeralFirst

    def serve(self, index: VectorIndex, readers: Readers) -> None:
        """Look into `index`, whenever a worker of the docket runs."""
        self.onward.serve(index, readers)
        self.ephemeral.serve(index, readers)


def helping_of(
    docket: Docket,
    redis: Redis,
    cipher: Cipher,
    adapters: Mapping[str, ChatAdapter],
    *,
    store: ConfigStore,
    feedback: FeedbackStore,
    interactions: Interactions,
) -> Helping:
    """Compose both."""
    return Helping(
        onward=Onward(docket, redis, cipher, interactions, adapters),
        ephemeral=EphemeralFirst(
            redis=redis,
            store=store,
            feedback=feedback,
            interactions=interactions,
            docket=docket,
            cipher=cipher,
            adapters=adapters,
        ),
    )
