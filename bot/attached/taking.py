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
from guardrails.hidden import without_invisible
from knowledge.errors import UnreadableDocumentError
from knowledge.ingestion.chunking import chunks_of
from knowledge.ingestion.parsing.sandbox import ParsingSandbox
from knowledge.types import Document, ParsedFile, Principal, Section

log = structlog.get_logger(__name__)

_MB = 1024 * 1024
_TIMEOUT_S = 45.0
_NOBODY = frozenset({Principal("attached")})
_WHY = {
    "elsewhere": "{name} is kept outside this workspace, so I can't open it.",
    "gone": "{name} is not there any more.",
    "not_handed_over": "I can't see what is attached here: files reach me in our personal chat "
    "only. Please send me {name} there.",
    "not_permitted": "I may not open files here, so {name} is unread; an administrator finds out "
    "why with `citewell doctor`.",
}
_UNREACHABLE = "I could not fetch {name} just now; please attach it again."


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
            remark = f"{name} took too long to read, so I went on without it."
            raise UnreadFileError(remark, "timeout") from error
        pieces = await asyncio.to_thread(_pieces, file.name, parsed)
        log.info("file_read", count=len(pieces), kind=suffix_of(file), chars=parsed.unseen_chars)
        if not pieces:
            remark = f"{name} holds no text that I can read; it may be scanned pages."
            raise UnreadFileError(remark, "empty")
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
            raise UnreadFileError(f"I can't read images, so I did not look at {name}.", "image")
        if self._max_mb == 0:
            raise UnreadFileError(f"Reading files is switched off; {name} is unread.", "off")
        suffix = suffix_of(file)
        if file.ref and not suffix:
            remark = (
                f"I can't read files like {name}. I read PDF, Word, PowerPoint, Excel, CSV, "
                "Markdown, HTML, e-mail and plain text."
            )
            raise UnreadFileError(remark, "kind")
        with tempfile.TemporaryDirectory(prefix="citewell-") as folder:
            path = Path(folder) / f"attached{suffix}"
            await self._fetch(file, message, path, name)
            try:
                return await self._sandbox.parse("attached", path)
            except UnreadableDocumentError as error:
                remark = f"I could not read {name}: it {error.reason}."
                raise UnreadFileError(remark, "unreadable") from error

    async def _fetch(
        self, file: Attachment, message: IncomingMessage, path: Path, name: str
    ) -> None:
        max_bytes = self._max_mb * _MB
        too_large = f"{name} is larger than {self._max_mb} MB, more than I read."
        if file.size_bytes > max_bytes:
            raise UnreadFileError(too_large, "too_large")
        try:
            adapter = self._adapters[message.thread.platform]
            await adapter.fetch(file, path, max_bytes=max_bytes)
        except FileTooLargeError as error:
            raise UnreadFileError(too_large, error.code) from error
        except AdapterError as error:
            remark = _WHY.get(error.code, _UNREACHABLE).format(name=name)
            raise UnreadFileError(remark, error.code) from error


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
