"""Reads what is attached to a question, and what was attached in its thread before."""

import asyncio
from collections.abc import Sequence

import structlog

from adapters.files import Attachment
from adapters.types import Addressed, IncomingMessage
from bot.attached.choosing import PieceChooser
from bot.attached.kinds import shown_name
from bot.attached.store import MAX_PIECES, AttachedStore, KeptFile
from bot.attached.taking import FileTaker, UnreadFileError
from bot.language.texts import said
from bot.types import Attached, Question

log = structlog.get_logger(__name__)

_AT_ONCE = 5


class AttachedFiles:
    """Reads the files of whoever asks us, and nobody else's.

    They stay with the thread, sealed, for what is asked next: everyone there could open them. A
    file from outside the company serves the one who attached it alone.
    """

    def __init__(self, taker: FileTaker, store: AttachedStore, chooser: PieceChooser) -> None:
        self._taker = taker
        self._store = store
        self._chooser = chooser

    async def read(self, message: IncomingMessage, question: Question) -> Attached:
        if message.addressed is Addressed.OVERHEARD:  # they were not attached for us
            return Attached()
        known = await self._store.load(message.thread)
        taken = await asyncio.gather(
            *(self._taken(file, message) for file in message.files[:_AT_ONCE])
        )
        new = [each for each in taken if isinstance(each, KeptFile)]
        remarks = [each for each in taken if isinstance(each, str)]
        remarks += [_cut(file) for file in new if file.is_cut]
        if left := message.files[_AT_ONCE:]:
            names = ", ".join(shown_name(file.name) for file in left)
            remarks.append(said("files_left_out", count=_AT_ONCE, names=names))
        if new:
            await self._store.keep(message.thread, new, known)
        files = new or [file for file in known if _serves(file, message)]
        passages = await self._chooser.choose(files, question.standalone, is_compared=not new)
        return Attached(
            passages=passages,
            is_new=bool(new),
            remarks=tuple(dict.fromkeys(remarks)),
            greeting=_greeting(new),
        )

    async def _taken(self, file: Attachment, message: IncomingMessage) -> KeptFile | str:
        """Return what `file` says, or what to tell of it to whoever attached it."""
        try:
            return await self._taker.take(file, message)
        except UnreadFileError as error:
            log.info("file_unread", code=error.why)
            return error.remark


def _serves(file: KeptFile, message: IncomingMessage) -> bool:
    by = f"{message.person.workspace}:{message.person.id}"
    return not file.is_from_outside or file.by == by


def _cut(file: KeptFile) -> str:
    chars = sum(len(piece.text) for piece in file.pieces[:MAX_PIECES])
    return said("files_cut", name=shown_name(file.name), chars=f"{chars:,}")


def _greeting(files: Sequence[KeptFile]) -> str:
    names = ", ".join(shown_name(file.name) for file in files)
    return said("files_read", names=names) if names else ""
