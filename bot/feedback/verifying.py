"""Which expert's answer holds for a question: by its words, by its meaning, and for whom."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Protocol
from urllib.parse import urlsplit

import structlog
from redis.exceptions import RedisError

from adapters.types import Audience, IncomingMessage
from bot.feedback.sameness import Meaning, is_same, nearness
from bot.feedback.verified import Verified, VerifiedStore
from bot.language.languages import language_of
from bot.ports import Redactor
from bot.steps.followups import is_follow_up
from bot.steps.readers import Readers
from bot.steps.searching import AclMode, PassageFinder
from bot.steps.sets import KnowledgeSets
from guardrails.types import Placeholders
from knowledge.embedding import WordVectors
from knowledge.errors import KnowledgeUnavailableError
from knowledge.ingestion.sources.locations import source_of
from knowledge.types import ANYONE, Passage, Phrasing

log = structlog.get_logger(__name__)

_MAX_NEW = 32
_MAX_PLACES = 20
_LOOKED_AT = 20
_MAX_CHARS = 1_000

Embed = Callable[[str], Awaitable[WordVectors]]
"""Returns the vectors of a text and of its pieces of words."""


class Meanings:
    """What questions mean, of English ones without personal data; nothing leaves this machine.

    Two questions about two people would look the same once their names are masked.
    """

    def __init__(self, redactor: Redactor, embed: Embed) -> None:
        self._redactor = redactor
        self._embed = embed

    async def of(self, text: str) -> Meaning | None:
        """Return what `text` means; None where nothing should be told from that."""
        if len(text) > _MAX_CHARS or await language_of(text) != "en":
            return None
        redaction = await self._redactor.redact(text, Placeholders())
        if redaction.counts or redaction.blocked:
            return None
        vectors = await self._embed(text)
        return Meaning(
            text=text, whole=vectors.whole, pieces=vectors.pieces, vectors=vectors.vectors
        )


class Sources(Protocol):
    """Says who may see a source."""

    async def is_open(self, known: Verified, audience: Audience) -> bool:
        """Return whether everyone in `audience` may read the source of `known`, there."""


class VerifiedSources:
    """Looks a verified answer's page up in the index: its readers, and the channel's sets, hold.

    A page that is not indexed is read by everybody in the company, as the expert was told; in a
    channel that is bound to sets it is none of theirs.
    """

    def __init__(
        self,
        finder: PassageFinder,
        readers: Readers,
        sets: KnowledgeSets,
        redactor: Redactor,
        *,
        mode: AclMode,
    ) -> None:
        self._finder = finder
        self._readers = readers
        self._sets = sets
        self._redactor = redactor
        self._mode = mode

    async def is_open(self, known: Verified, audience: Audience) -> bool:
        """Return whether the answer may be shown; False where that can't be told now."""
        try:
            scope = await self._sets.scope_of(audience)
            page = await self.page_of(known)
            if page is None:
                return not scope.sources
            if scope.sources and source_of(page.location) not in scope.sources:
                return False
            if self._mode is not AclMode.ENFORCE:
                return True
            return bool(page.readers & await self._readers.of(audience))
        except (KnowledgeUnavailableError, RedisError, OSError) as error:
            log.warning("verified_source_unknown", error=type(error).__name__)
            return False

    async def page_of(self, known: Verified) -> Passage | None:
        """Return a passage of the answer's source; None where the index has no such page.

        Raises:
            KnowledgeUnavailableError: The index did not answer in time.
        """
        wanted = _page(known.url)
        for text in (known.title, known.question, known.answer):
            asked = (await self._redactor.redact(text[:_MAX_CHARS], Placeholders())).text
            finding = await self._finder.find(
                (Phrasing(text=asked),), readers=frozenset({ANYONE}), limit=_LOOKED_AT
            )
            for passage in finding.passages:
                if _page(passage.url) == wanted:
                    return passage
        return None


class VerifiedAnswers:
    """Finds the expert's answer to a message, where there is one that its readers may see."""

    def __init__(self, store: VerifiedStore) -> None:
        self.store = store
        self._meanings: Meanings | None = None
        self._sources: Sources | None = None
        self._known: OrderedDict[str, tuple[int, dict[str, Meaning | None]]] = OrderedDict()

    def serve(self, meanings: Meanings, sources: Sources) -> None:
        """Look for answers by meaning too, and show them to those who may read their source."""
        self._meanings = meanings
        self._sources = sources

    async def find(self, message: IncomingMessage) -> Verified | None:
        """Return the answer to show; none where somebody from outside asks or reads along."""
        if message.audience.has_outsiders or message.person.is_guest:
            return None
        place = f"{message.thread.platform}:{message.thread.workspace}"
        known = await self.store.find(place, message.text)
        if known is None:
            known = await self._near(place, message)
        if known is None or self._sources is None:
            return None
        return known if await self._sources.is_open(known, message.audience) else None

    async def _near(self, place: str, message: IncomingMessage) -> Verified | None:
        is_first = message.message_id == message.thread.thread
        if self._meanings is None or (not is_first and is_follow_up(message.text)):
            return None
        known = await self._meanings_in(place, self._meanings)
        if not any(known.values()):
            return None
        asked = await self._meanings.of(message.text)
        if asked is None:
            return None
        same = [each for each in known.values() if each is not None and is_same(asked, each)]
        if not same:
            return None
        best = max(same, key=lambda each: nearness(asked, each))
        # Looked up once more: it may have been changed or taken back meanwhile.
        return await self.store.find(place, best.text)

    async def _meanings_in(self, place: str, meanings: Meanings) -> dict[str, Meaning | None]:
        """Return what is known; a few of what is new are read each time."""
        revision = await self.store.revision(place)
        known_revision, known = self._known.get(place, (-1, {}))
        if known_revision == revision:
            return known
        stored = await self.store.all(place)
        texts = [w for each in stored.values() for w in (each.question, *each.wordings)]
        kept = {text: known[text] for text in texts if text in known}
        new = [text for text in dict.fromkeys(texts) if text not in kept]
        for text in new[:_MAX_NEW]:
            kept[text] = await meanings.of(text)
        is_whole = len(new) <= _MAX_NEW
        self._known[place] = (revision if is_whole else -1, kept)
        self._known.move_to_end(place)
        while len(self._known) > _MAX_PLACES:
            self._known.popitem(last=False)
        return kept


def _page(url: str) -> str:
    """Return an address without what stands behind it: the place on the page."""
    return urlsplit(url)._replace(fragment="").geturl().rstrip("/")
