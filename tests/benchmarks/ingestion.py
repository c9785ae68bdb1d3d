"""How fast documents become searchable, and what an unchanged corpus costs."""

from pathlib import Path

from bot.loading import Models
from bot.wiring import open_parts
from tests.benchmarks.figures import Table, own_memory_mb
from tests.running import URL, settings_for


async def measure(name: str, folder: Path, data_dir: Path, models: Models) -> Table:
    """Ingest `folder` twice into `data_dir` and return the speed of both."""
    async with open_parts(settings_for(data_dir), models=models) as parts:
        first = await parts.ingest([folder], URL, lambda *_: None)
        again = await parts.ingest([folder], URL, lambda *_: None)
    megabytes = first.bytes_read / 1024**2
    row = [
        name,
        f"{first.indexed} / {first.chunks}",
        f"{first.seconds:.1f} s",
        f"{first.indexed / first.seconds:.1f}",
        f"{megabytes / first.seconds:.3f}",
        f"{first.stages_s['embed'] / first.seconds:.0%}",
        f"{again.seconds:.2f} s",
        f"{first.seconds / again.seconds:.0f}\u00d7",
        f"{own_memory_mb():.0f} MB",
    ]
    head = ["corpus", "documents / passages", "first", "documents/s", "MB/s", "embedding"]
    return Table(
        title="Ingestion",
        head=[*head, "again, unchanged", "faster", "peak memory"],
        rows=[row],
    )
