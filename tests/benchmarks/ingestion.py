"""How fast documents become searchable, and what an unchanged corpus costs."""

import os
from pathlib import Path

from bot.loading import Models
from bot.wiring import open_parts
from knowledge.ingestion.pipeline import IngestReport
from tests.benchmarks.figures import Table, own_memory_mb
from tests.running import URL, settings_for


async def measure(name: str, folder: Path, data_dir: Path, models: Models) -> Table:
    """Ingest `folder` twice into `data_dir` and return the speed of both."""
    async with open_parts(settings_for(data_dir), models=models) as parts:
        used_s = _processor_s()
        first = await parts.ingest([folder], URL, lambda *_: None)
        used_s = _processor_s() - used_s
        again = await parts.ingest([folder], URL, lambda *_: None)
    megabytes = first.bytes_read / 1024**2
    row = [
        name,
        f"{first.indexed} / {first.chunks}",
        f"{first.seconds:.1f} s",
        f"{first.indexed / first.seconds:.1f}",
        f"{megabytes / first.seconds:.3f}",
        f"{first.indexed / used_s:.1f}",
        f"{megabytes / used_s:.3f}",
        ", ".join(f"{stage} {share:.0%}" for stage, share in _shares(first)),
        f"{again.seconds:.2f} s",
        f"{first.seconds / again.seconds:.0f}\u00d7",
        f"{own_memory_mb():.0f} MB",
    ]
    head = ["corpus", "documents / passages", "first", "documents/s", "MB/s"]
    per_core = ["a core: documents/s", "MB/s", "stages, of the time in all"]
    return Table(
        title="Ingestion",
        head=[*head, *per_core, "again, unchanged", "faster", "peak memory"],
        rows=[row],
    )


def _shares(report: IngestReport) -> list[tuple[str, float]]:
    """Return each stage's share of the seconds, the largest first; embed and personal overlap."""
    shares = {stage: spent / report.seconds for stage, spent in report.stages_s.items()}
    return sorted(shares.items(), key=lambda share: -share[1])


def _processor_s() -> float:
    """Return the seconds of processor time that this process and those it started have used."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system
