"""From an attachment to its text: fetched, parsed in a process of its own, cut into pieces."""

import asyncio
import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import structlog

from adapters.errors import AdapterError, FileTooLargeError
from adapters.files import Attachment
from adapters.ports import ChatAdapter
from adapters.types import IncomingMessage
from bot.attached.kinds import is_image, shown_name, suffix_of
from bot.attached.store import MAX_PIECES, KeptFile, Piece
from bot.language.texts import said
from guardrails.hidden import without_invisible
from knowledge.errors import UnreadableDocumentError
from knowledge.ingestion.chunking import chunks_of
from knowledge.ingestion.parsing.sandbox import ParsingSandbox
from knowledge.types import Document, ParsedFile, Principal, Section

log = structlog.get_logger(__name__)

_MB = 1024 * 1024
_TIMEOUT_S = 45.0
_NOBODY = frozenset({Principal("attached")})
_TOLD = frozenset({"elsewhere", "gone", "not_handed_over", "not_permitted"})


class UnreadFileError(Exception):
    """A file was not read; `remark` says to people why, in one line."""

    def __init__(self, remark: str, why: str) -> None:
        super().__init__(why)
        self.remark = remark
        self.why = why


class FileTaker:
    """Reads attachments, each within its own limits of bytes and time; nothing is left on disk."""

    def __init__(
        self, adapters: Mapping[str, ChatAdapter], sandbox: ParsingSandbox, *, max_mb: int
    ) -> None:
        self._adapters = adapters
        self._sandbox = sandbox
        self._max_mb = max_mb

    async def take(self, file: Attachment, message: IncomingMessage) -> KeptFile:
        """Return what `file`, which stood beside `message`, says.

        Raises:
            UnreadFileError: It can't be read, or is not to be.
        """
        name = shown_name(file.name)
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                parsed = await self._parsed(file, message, name)
        except TimeoutError as error:
            raise UnreadFileError(said("files_slow", name=name), "timeout") from error
        pieces = await asyncio.to_thread(_pieces, file.name, parsed)
        log.info("file_read", count=len(pieces), kind=suffix_of(file), chars=parsed.unseen_chars)
        if not pieces:
            raise UnreadFileError(said("files_empty", name=name), "empty")
        person = message.person
        return KeptFile(
            id=hashlib.sha256(f"{message.thread}\0{file.ref}".encode()).hexdigest()[:16],
            name=file.name or "file",
            url=file.url,
            by=f"{person.workspace}:{person.id}",
            is_from_outside=person.is_guest,
            pieces=pieces[:MAX_PIECES],
            is_cut=len(pieces) > MAX_PIECES,
        )

    async def _parsed(self, file: Attachment, message: IncomingMessage, name: str) -> ParsedFile:
        if is_image(file):
            raise UnreadFileError(said("files_image", name=name), "image")
        if self._max_mb == 0:
            raise UnreadFileError(said("files_off", name=name), "off")
        suffix = suffix_of(file)
        if file.ref and not suffix:
            raise UnreadFileError(said("files_kind", name=name), "kind")
        with tempfile.TemporaryDirectory(prefix="citewell-") as folder:
            path = Path(folder) / f"attached{suffix}"
            await self._fetch(file, message, path, name)
            try:
                return await self._sandbox.parse("attached", path)
            except UnreadableDocumentError as error:
                key = "files_locked" if "password" in error.reason else "files_unreadable"
                raise UnreadFileError(said(key, name=name), key) from error

    async def _fetch(
        self, file: Attachment, message: IncomingMessage, path: Path, name: str
    ) -> None:
        max_bytes = self._max_mb * _MB
        too_large = said("files_too_large", name=name, limit=self._max_mb)
        if file.size_bytes > max_bytes:
            raise UnreadFileError(too_large, "too_large")
        try:
            adapter = self._adapters[message.thread.platform]
            await adapter.fetch(file, path, max_bytes=max_bytes)
        except FileTooLargeError as error:
            raise UnreadFileError(too_large, error.code) from error
        except AdapterError as error:
            why = error.code if error.code in _TOLD else "unreachable"
            raise UnreadFileError(said(f"files_{why}", name=name), error.code) from error


def _pieces(name: str, parsed: ParsedFile) -> tuple[Piece, ...]:
    """Return what a file says as an index would cut it, without what nobody sees."""
    top = (parsed.title,) if parsed.title and parsed.title != name else ()
    document = Document(
        id=name or "file",
        location="attached",
        url="",
        title=name,
        sections=tuple(_seen(section, top) for section in parsed.sections),
        readers=_NOBODY,
        content_hash="",
    )
    chunks = chunks_of(document)
    return tuple(Piece(heading_path=each.heading_path, text=each.text) for each in chunks)


def _seen(section: Section, top: tuple[str, ...]) -> Section:
    headings = (*top, *section.heading_path)
    return replace(
        section,
        heading_path=tuple(without_invisible(heading) for heading in headings),
        text=without_invisible(section.text).strip(),
    )
