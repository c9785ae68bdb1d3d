"""Ingestion of files and folders, as the composition root puts it together."""

from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Protocol

from langchain_core.embeddings import Embeddings

from bot.steps.redacting import DetectingFinder
from guardrails.hidden import without_invisible
from knowledge.ingestion.pipeline import IngestReport, Progress, ingest
from knowledge.ports import VectorIndex
from knowledge.sparse import SparseEncoder
from knowledge.types import PersonalData


class Ingest(Protocol):
    """Indexes files and folders; see `knowledge.ingestion.pipeline.ingest`."""

    def __call__(
        self,
        paths: list[Path],
        url_template: str | None,
        on_progress: Progress,
        *,
        treat: PersonalData = PersonalData.FLAG,
    ) -> Coroutine[None, None, IngestReport]:
        """Make the index hold what is at and below `paths`."""


def ingest_of(
    index: VectorIndex,
    embeddings: Embeddings,
    personal: DetectingFinder,
    after: Callable[[], Awaitable[object]],
) -> Ingest:
    """Return what indexes files in `index`, and then does what is to be done `after`."""

    async def ingest_paths(
        paths: list[Path],
        url_template: str | None,
        on_progress: Progress,
        *,
        treat: PersonalData = PersonalData.FLAG,
    ) -> IngestReport:
        report = await ingest(
            paths,
            url_template=url_template,
            index=index,
            embeddings=embeddings,
            sparse=SparseEncoder(),
            personal=personal,
            on_progress=on_progress,
            clean=without_invisible,
            treat=treat,
        )
        await after()
        return report

    return ingest_paths
