"""From what `sources.yaml` says of a source to the source."""

from pathlib import Path

from knowledge.ingestion.ports import Source
from knowledge.ingestion.sources.configuration import FolderConfig, GitConfig, SourceConfig
from knowledge.ingestion.sources.folder import FolderSource


def open_source(name: str, config: SourceConfig, work_dir: Path) -> Source:
    """Return the source; what it keeps between two syncs is in `work_dir`, made when needed.

    Only the connectors that are configured are imported.
    """
    if isinstance(config, FolderConfig):
        return FolderSource(
            name, config.path, url_template=config.url_template, readers=config.readers
        )
    if isinstance(config, GitConfig):
        from knowledge.ingestion.sources.git import GitSource  # noqa: PLC0415
        from knowledge.ingestion.sources.gitcommands import Remote  # noqa: PLC0415

        remote = Remote(
            address=config.repository,
            branch=config.branch,
            username=config.username,
            token=config.token.get_secret_value() if config.token else "",
        )
        return GitSource(
            name,
            remote,
            readers=config.readers,
            work_dir=work_dir,
            folder=config.folder,
            url_template=config.url_template,
        )
    from knowledge.ingestion.sources.website import Bounds, WebsiteSource  # noqa: PLC0415

    bounds = Bounds(
        start=tuple(map(str, config.start)),
        include=config.paths,
        exclude=tuple(config.exclude),
        max_pages=config.max_pages,
        max_depth=config.max_depth,
        delay_s=config.delay,
    )
    return WebsiteSource(
        name,
        bounds,
        readers=config.readers,
        work_dir=work_dir,
        private_hosts=tuple(config.private_hosts),
    )
