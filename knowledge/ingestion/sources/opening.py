"""From what `sources.yaml` says of a source to the source."""

from pathlib import Path
from typing import assert_never

from knowledge.ingestion.ports import Source
from knowledge.ingestion.sources.awssignature import AwsSignature
from knowledge.ingestion.sources.configuration import (
    ConfluenceConfig,
    FolderConfig,
    GitConfig,
    GitHubConfig,
    GoogleDriveConfig,
    NotionConfig,
    S3Config,
    SourceConfig,
    WebsiteConfig,
)
from knowledge.ingestion.sources.confluence import ConfluenceSource
from knowledge.ingestion.sources.folder import FolderSource
from knowledge.ingestion.sources.git import GitSource
from knowledge.ingestion.sources.gitcommands import Remote
from knowledge.ingestion.sources.github import GitHubSource
from knowledge.ingestion.sources.googleaccount import ServiceAccount
from knowledge.ingestion.sources.googledrive import SCOPE, Extent, GoogleDriveSource
from knowledge.ingestion.sources.notion import NotionSource
from knowledge.ingestion.sources.s3 import S3Source
from knowledge.ingestion.sources.website import Bounds, WebsiteSource


def open_source(name: str, config: SourceConfig, work_dir: Path) -> Source:
    """Return the source; what it keeps between two syncs is in `work_dir`, made when needed."""
    readers = config.readers
    source: Source
    match config:
        case FolderConfig():
            source = FolderSource(
                name, config.path, url_template=config.url_template, readers=readers
            )
        case WebsiteConfig():
            source = WebsiteSource(
                name,
                _bounds(config),
                readers=readers,
                work_dir=work_dir,
                private_hosts=tuple(config.private_hosts),
            )
        case GitConfig():
            source = GitSource(
                name,
                _remote(config),
                readers=readers,
                work_dir=work_dir,
                folder=config.folder,
                url_template=config.url_template,
            )
        case ConfluenceConfig():
            source = ConfluenceSource(
                name,
                str(config.url),
                spaces=tuple(config.spaces),
                token=config.token.get_secret_value(),
                email=config.email,
                readers=readers,
            )
        case GitHubConfig():
            source = GitHubSource(
                name,
                str(config.api_url),
                repositories=tuple(config.repositories),
                kinds=tuple(config.include),
                token=config.token.get_secret_value(),
                readers=readers,
            )
        case NotionConfig():
            token = config.token.get_secret_value()
            source = NotionSource(name, str(config.api_url), token=token, readers=readers)
        case GoogleDriveConfig():
            account = ServiceAccount(
                config.credentials.get_secret_value(), scope=SCOPE, subject=config.subject
            )
            extent = Extent(drive=config.drive, domain=config.domain)
            source = GoogleDriveSource(name, str(config.api_url), authorizer=account, extent=extent)
        case S3Config():
            source = S3Source(
                name,
                str(config.endpoint),
                bucket=config.bucket,
                prefix=config.prefix,
                authorizer=_signature(config),
                readers=readers,
                url_template=config.url_template,
            )
        case _:
            assert_never(config)
    return source


def _signature(config: S3Config) -> AwsSignature:
    token = config.session_token
    return AwsSignature(
        config.access_key.get_secret_value(),
        config.secret_key.get_secret_value(),
        region=config.region,
        session_token=token.get_secret_value() if token else "",
    )


def _bounds(config: WebsiteConfig) -> Bounds:
    return Bounds(
        start=tuple(map(str, config.start)),
        include=config.paths,
        exclude=tuple(config.exclude),
        max_pages=config.max_pages,
        max_depth=config.max_depth,
        delay_s=config.delay,
    )


def _remote(config: GitConfig) -> Remote:
    return Remote(
        address=config.repository,
        branch=config.branch,
        username=config.username,
        token=config.token.get_secret_value() if config.token else "",
    )
