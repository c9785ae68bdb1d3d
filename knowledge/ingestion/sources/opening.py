"""From what `sources.yaml` says of a source to the source."""

from pathlib import Path

from knowledge.ingestion.ports import Source
from knowledge.ingestion.sources.configuration import SourceConfig
from knowledge.ingestion.sources.folder import FolderSource


def open_source(name: str, config: SourceConfig, work_dir: Path) -> Source:
    """Return the source; what it keeps between two syncs is in `work_dir`, made when needed."""
    del work_dir
    return FolderSource(name, config.path, url_template=config.url_template, readers=config.readers)
