"""What the guardrails cost until the first words of an answer can be seen, on against off."""

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from adapters.types import (
    Addressed,
    Audience,
    IncomingMessage,
    Person,
    Reply,
    SentReply,
    ThreadId,
    Visibility,
)
from bot.line import evidence_reader, orchestrator
from bot.loading import Models, load_models
from bot.observability.logs import configure_logs
from bot.ports import ChatModel, Line
from bot.settings import Settings
from bot.types import Evidence, ModelChunk, Outcome, Prompt, Reading
from bot.wiring import Parts, open_parts
from guardrails.types import Placeholders, Redaction
from knowledge.types import Passage
from tests.benchmarks.figures import Table, percentile
from tests.running import SAMPLE, copied, ingested, settings_for
from tests.servers.openai import Answer, ModelServer
from tests.servers.openai.readers import obedient
from tests.servers.openai.requests import ChatRequest

_MIN_PAIRS = 30
_WARM = 5
_PACES_S = (0.0, 0.04)  # before each 12 characters: none, and about 75 tokens a second
_GOLDEN = Path(__file__).parents[1] / "golden" / "sample-company.jsonl"
_ABOUT_ME = ("", "I am Jonas Weber, jonas.weber@brindlemoor.example. ")  # half hold personal data


class _Unchanged:
    """A redactor that looks for nothing."""

    async def redact(
        self,
        text: str,
        known: Placeholders,
        *,
        names: Sequence[str] = (),  # noqa: ARG002 - it has no use for them
        workspace: str = "",  # noqa: ARG002
    ) -> Redaction:
        return Redaction(text=text, placeholders=known)


class _Numbering:
    """A reader that numbers passages and looks into none."""

    async def notice(self, question: str) -> None: ...

    async def read(
        self,
        passages: Sequence[Passage],
        placeholders: Placeholders,
        *,
        workspace: str = "",  # noqa: ARG002 - it has no policy
    ) -> Reading:
        evidence = tuple(
            Evidence(
                number=number,
                passage=passage,
                text=passage.text,
                title=passage.title,
                heading_path=passage.heading_path,
            )
            for number, passage in enumerate(passages, start=1)
        )
        return Reading(evidence=evidence, placeholders=placeholders)


class _Watched:
    """A model; notes when the first words came out of it."""

    def __init__(self, inner: ChatModel) -> None:
        self._inner = inner
        self.first_s = 0.0

    @property
    def name(self) -> str:
        return self._inner.name

    async def stream(self, prompt: Prompt) -> AsyncIterator[ModelChunk]:
        self.first_s = 0.0
        async for chunk in self._inner.stream(prompt):
            if chunk.text and not self.first_s:
                self.first_s = time.perf_counter()
            yield chunk


class _Seen:
    """A reply that nobody reads; notes when its first words stood."""

    def __init__(self, thread: ThreadId) -> None:
        self._thread = thread
        self.first_s = 0.0

    async def progress(self, note: str) -> None: ...

    async def append(self, text: str) -> None:  # noqa: ARG002 - that it came is enough
        self.first_s = self.first_s or time.perf_counter()

    async def finish(self, reply: Reply) -> SentReply:  # noqa: ARG002
        return SentReply(thread=self._thread, messages=("1",))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spent:
    """When an answer's first words were written and could be seen, in ms after the message."""

    written: float
    visible: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """One composition of the line."""

    name: str
    line: Line
    model: _Watched

    async def ask(self, number: int, question: str) -> _Spent | None:
        """Return what passed until the first words; None where there was nothing to say."""
        message = _message(f"{self.name}.{number}", question)
        seen = _Seen(message.thread)
        began = time.perf_counter()
        answer = await self.line.answer(message, seen)
        if answer.outcome is not Outcome.ANSWERED:
            return None
        return _Spent(
            written=(self.model.first_s - began) * 1000, visible=(seen.first_s - began) * 1000
        )


async def measure(index: Path, models: Models) -> Table:
    """Return the table; `index` is a data folder with the sample company."""
    rows: list[list[str]] = []
    for pace_s in _PACES_S:
        rows += _rows(pace_s, await _pairs(index, models, pace_s))
    return Table(
        title="From the message to the first visible words, on and off in turn, in ms",
        head=["the model writes", "way", "p50", "p95"],
        rows=rows,
    )


async def _pairs(index: Path, models: Models, pace_s: float) -> list[tuple[_Spent, _Spent]]:
    """Ask everything both ways; returns those pairs in which both answered, on before off."""

    def script(request: ChatRequest) -> Answer:
        return Answer(text=obedient(request).text, delay_s=pace_s)

    pairs = []
    questions = _questions()
    with tempfile.TemporaryDirectory() as scratch:
        data_dir = copied(index, Path(scratch) / "data")
        async with ModelServer(script=script) as server:
            settings = settings_for(
                data_dir, openai_api_key=server.api_key, openai_base_url=server.base_url
            )
            async with open_parts(settings, models=models) as parts:
                on = _way(parts, settings, models, is_on=True)
                off = _way(parts, settings, models, is_on=False)
                for number, question in enumerate(questions[-_WARM:] + questions):
                    spent = {}
                    for way in (on, off) if number % 2 else (off, on):  # neither is always first
                        spent[way.name] = await way.ask(number, question)
                    with_guards, without = spent["on"], spent["off"]
                    if with_guards and without and number >= _WARM:
                        pairs.append((with_guards, without))
    assert len(pairs) >= _MIN_PAIRS, len(pairs)
    return pairs


def _rows(pace_s: float, pairs: Sequence[tuple[_Spent, _Spent]]) -> list[list[str]]:
    on, off = [on.visible for on, _ in pairs], [off.visible for _, off in pairs]
    bare = [off.written for _, off in pairs]
    pace = f"12 characters each {pace_s * 1000:.0f} ms" if pace_s else "at full speed"
    named = {
        f"guardrails on, {len(pairs)} pairs": on,
        "guardrails off": off,
        "off, and each piece shown unchecked as it comes": bare,
    }
    rows = [
        [pace, name, *(f"{percentile(spent, share):.1f}" for share in (0.5, 0.95))]
        for name, spent in named.items()
    ]
    for name, other in (("on - off", off), ("on - unchecked pieces", bare)):
        rows.append([pace, f"**medians: {name}**", f"**{median(on) - median(other):.1f}**", ""])
    return rows


def _questions() -> list[str]:
    """Return what the sample company's documents answer, asked with and without personal data."""
    asked = [json.loads(line) for line in _GOLDEN.read_text(encoding="utf-8").splitlines()]
    plain = [each["question"] for each in asked if each["answerable"] and not each["history"]]
    return [about + question for about in _ABOUT_ME for question in plain]


def _way(parts: Parts, settings: Settings, models: Models, *, is_on: bool) -> _Way:
    """Compose the line as it is shipped, or with nothing that looks into what passes."""
    model = _Watched(parts.model)
    line = orchestrator(
        settings if is_on else settings.model_copy(update={"moderation": "off"}),
        durable=parts.durable,
        redactor=parts.redactor if is_on else _Unchanged(),
        reader=evidence_reader(settings, models) if is_on else _Numbering(),
        finder=parts.finder,
        index=parts.index,
        model=model,
        judge=None,
        also=frozenset(),
    )
    return _Way(name="on" if is_on else "off", line=line, model=model)


def _message(name: str, text: str) -> IncomingMessage:
    person = Person(id="U0ANN", workspace="T1", name="Ann Miller")
    return IncomingMessage(
        event_id=f"Ev{name}",
        message_id=name,
        thread=ThreadId(platform="slack", workspace="T1", channel="C1", thread=name),
        person=person,
        audience=Audience(visibility=Visibility.CHANNEL, person=person),
        addressed=Addressed.MENTION,
        text=text,
        sent_at_s=time.time(),
    )


async def _alone() -> Table:
    with tempfile.TemporaryDirectory() as scratch:
        index = Path(scratch) / "company"
        models = await load_models(settings_for(index))
        try:
            await ingested(SAMPLE, index, models)
            return await measure(index, models)
        finally:
            await models.detector.close()


def main() -> None:
    """Measure and print."""
    configure_logs("json", "error")
    print(asyncio.run(_alone()))  # noqa: T201 - this is what it is for


if __name__ == "__main__":
    main()
