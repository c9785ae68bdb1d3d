"""Commands about what is kept: how an answer came about, and what is kept of whom."""

import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import structlog

from adapters.links import parse_message_link
from adapters.types import Audience, Person, Reply, Visibility
from adapters.words import ReplyWords
from bot.commands.registry import Call, Command, wrong
from bot.commands.sources import code
from bot.controls.chatconfig import Role
from bot.language.texts import number, said
from bot.record.entry import Entry
from bot.record.forgetting import Forgetter, Receipt, Subject
from bot.record.query import Query, parse_since
from bot.record.store import RedisAnswerLedger
from bot.record.wording import at, in_words
from bot.steps.citing import citation
from bot.steps.readers import Readers
from bot.types import Outcome
from knowledge.errors import KnowledgeUnavailableError
from knowledge.ports import VectorIndex
from knowledge.types import Passage

log = structlog.get_logger(__name__)

_MAX_ENTRIES = 3
_WORD = re.compile(r"[a-z]+")
_MAX_LISTED, _MAX_LOOKED_AT = 15, 1_000


class RecordCommands:
    """What the ledger and the parts that know people can tell, in the chat."""

    def __init__(self, ledger: RedisAnswerLedger, forgetter: Forgetter) -> None:
        self._ledger = ledger
        self._forgetter = forgetter
        self._found: tuple[VectorIndex, Readers] | None = None

    def serve(self, index: VectorIndex, readers: Readers) -> None:
        """Name passages of `index` by their titles, to those who may read them."""
        self._found = (index, readers)

    def all(self) -> tuple[Command, ...]:
        """Return the commands."""
        return (
            Command(
                name="why",
                summary="How an answer came about, without its words",
                usage="MESSAGE-LINK",
                run=self._why,
            ),
            Command(
                name="audit",
                summary="Answers, the newest first: how they ended, what was masked",
                usage="[36h|7d|DATE] [OUTCOME] [@name]",
                run=self._audit,
            ),
            Command(
                name="my-data",
                summary="What is kept of you",
                run=self._kept,
                role=Role.MEMBER,
            ),
            Command(
                name="forget me",
                summary="Erases what is kept of you, with a receipt",
                run=self._forget_me,
                role=Role.MEMBER,
                danger=lambda _: said("forget_me_question"),
            ),
            Command(
                name="forget",
                summary="Erases what is kept of somebody, with a receipt",
                usage="@name",
                run=self._forget,
                role=Role.OWNER,
                danger=lambda call: _question(call) if call.words else "",
            ),
        )

    async def _why(self, call: Call) -> Reply:
        if len(call.words) != 1:
            wrong("Copy the link of the question or the answer.")
        place = parse_message_link(call.words[0])
        query = Query(message=place, limit=_MAX_ENTRIES)
        found = [entry async for entry in self._ledger.find(query)]
        ours = f"{call.platform}:{call.workspace}:"
        known = [entry for entry in found if entry.thread.startswith(ours)]
        if not known:
            return Reply(text="The ledger knows no such message.")
        passages = await self._passages(known, call.person)
        told = [in_words(entry, passages) for entry in known]
        words = ReplyWords(closest="What the model was shown, as far as you may read it")
        cited = tuple(citation(p, n, "") for n, p in enumerate(passages.values(), start=1))
        return Reply(text="\n\n".join(told), closest=cited, words=words)

    async def _passages(self, entries: Sequence[Entry], person: Person) -> dict[str, Passage]:
        """Return what `person` may read of what the model was shown, by id, in its order."""
        ids = list(dict.fromkeys(name for entry in entries for name in entry.passages))
        if self._found is None or not ids:
            return {}
        index, readers = self._found
        alone = Audience(visibility=Visibility.PERSON, person=person)
        try:
            found = await index.passages(ids, readers=await readers.of(alone))
        except KnowledgeUnavailableError as error:  # the ids tell enough
            log.warning("passages_not_named", error=type(error).__name__)
            return {}
        return {p.chunk_id: p for p in sorted(found, key=lambda p: ids.index(p.chunk_id))}

    async def _audit(self, call: Call) -> Reply:
        since, outcome, people = "7d", "", None
        for word in call.words:
            if word.startswith("user:"):
                name = call.subject(word).rpartition(":")[2]
                people = ((call.platform, call.workspace, name),)
            elif word in set(Outcome):
                outcome = word
            elif word[:1].isdecimal():
                since = word[:40]
            else:
                wrong(f"{code(word[:40])} is no time, none of {', '.join(Outcome)}, and nobody.")
        query = Query(
            since_s=parse_since(since, time.time()),
            people=people,
            outcome=outcome,
            limit=_MAX_LOOKED_AT,
        )
        ours = f"{call.platform}:{call.workspace}:"
        found: list[Entry] = []
        async for entry in self._ledger.find(query):
            if entry.thread.startswith(ours):
                found.append(entry)
            if len(found) == _MAX_LISTED:
                break
        return Reply(text="\n".join(map(_line, found)) or "No answer fits.")

    async def _kept(self, call: Call) -> Reply:
        counts = await self._forgetter.kept(await self._of(call, call.person.id))
        return Reply(text=said("kept_of_you", lines=_lines(counts)))

    async def _forget_me(self, call: Call) -> Reply:
        return await self._forgotten(await self._of(call, call.person.id, is_me=True))

    async def _forget(self, call: Call) -> Reply:
        if len(call.words) != 1 or not call.subject(call.words[0]).startswith("user:"):
            wrong("Say whom.")
        name = call.subject(call.words[0]).rpartition(":")[2]
        return await self._forgotten(await self._of(call, name))

    async def _forgotten(self, subject: Subject) -> Reply:
        return Reply(text=_receipt(await self._forgetter.forget(subject)))

    async def _of(self, call: Call, person: str, *, is_me: bool = False) -> Subject:
        words = (call.person.name, call.person.email) if is_me else ()
        workspace = call.person.workspace if is_me else call.workspace
        return await self._forgetter.subject(call.platform, workspace, person, words=words)


def _line(entry: Entry) -> str:
    told = [f"{entry.citations} sources"]
    told += [f"masked {name} {count}" for name, count in sorted(entry.masked.items())]
    told += [f"{name} {count}" for name, count in sorted(entry.fired.items())]
    where = f"{entry.channel}/{entry.asked}"
    return f"- {at(entry)} {entry.outcome}, {', '.join(told)}: `why {where}`"


def kind_in_words(kind: str) -> str:
    """Return what is kept in the language of who reads it."""
    name = "_".join(_WORD.findall(kind.lower()))
    return said(f"kept_{name}")


def _lines(counts: Mapping[str, int]) -> str:
    return "\n".join(f"- {kind_in_words(kind)}: {number(count)}" for kind, count in counts.items())


def _receipt(receipt: Receipt) -> str:
    at_ = f"{datetime.fromtimestamp(receipt.at_s, UTC):%Y-%m-%d %H:%M:%S} UTC"
    told = f"{said('receipt', id=receipt.id, at=at_)}\n\n{_lines(receipt.counts)}"
    if not receipt.left:
        return told
    kinds = ", ".join(map(kind_in_words, receipt.left))
    return f"{told}\n\n{said('receipt_left', kinds=kinds)}"


def _question(call: Call) -> str:
    return f"Everything that is kept of `{call.words[0][:60]}` would be erased."
