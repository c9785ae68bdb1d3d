"""From what `sources.yaml` says of a source to the source."""

from collections.abc import Collection
from pathlib import Path
from typing import assert_never
from urllib.parse import urlsplit

from knowledge.ingestion.ports import Source
from knowledge.ingestion.sources.api import authorization
from knowledge.ingestion.sources.awssignature import AwsSignature
from knowledge.ingestion.sources.configuration import (
    ConfluenceConfig,
    FolderConfig,
    GitConfig,
    GitHubConfig,
    GoogleDriveConfig,
    JiraConfig,
    NotionConfig,
    S3Config,
    SharePointConfig,
    SlackConfig,
    SourceConfig,
    VendorConfig,
    WebsiteConfig,
)
from knowledge.ingestion.sources.confluence import ConfluenceSource
from knowledge.ingestion.sources.folder import FolderSource
from knowledge.ingestion.sources.git import GitSource
from knowledge.ingestion.sources.gitcommands import Remote
from knowledge.ingestion.sources.github import GitHubSource
from knowledge.ingestion.sources.googleaccount import ServiceAccount
from knowledge.ingestion.sources.googledrive import SCOPE, Extent, GoogleDriveSource
from knowledge.ingestion.sources.googlegroups import (
    DIRECTORY_SCOPE,
    IDENTITY_SCOPE,
    GoogleGroups,
)
from knowledge.ingestion.sources.guarded import allowed_private, guarding
from knowledge.ingestion.sources.jira import JiraSource
from knowledge.ingestion.sources.notion import NotionSource
from knowledge.ingestion.sources.oauth import TokenGrant
from knowledge.ingestion.sources.s3 import S3Source
from knowledge.ingestion.sources.sharepoint import SharePointSource
from knowledge.ingestion.sources.slack import SlackSource
from knowledge.ingestion.sources.slackapi import SlackApi
from knowledge.ingestion.sources.website import Bounds, WebsiteSource


def open_source(name: str, config: SourceConfig, work_dir: Path) -> Source:
    """Return the source; what it keeps between two syncs is in `work_dir`, made when needed.

    Raises:
        SourceError: Its credentials can't be used.
    """
    match config:
        case FolderConfig():
            return FolderSource(
                name, config.path, url_template=config.url_template, readers=config.readers
            )
        case WebsiteConfig():
            return _website(name, config, work_dir)
        case GitConfig():
            return _git(name, config, work_dir)
        case _:
            return _vendors(name, config)


def open_guarded(
    name: str, config: SourceConfig, work_dir: Path, private_hosts: Collection[str]
) -> Source:
    """Return a source that reaches private addresses of `private_hosts` alone; raises as above."""
    with guarding(private_hosts):
        return open_source(name, config, work_dir)


def _vendors(name: str, config: VendorConfig) -> Source:
    source: Source
    match config:
        case ConfluenceConfig():
            source = _confluence(name, config)
        case JiraConfig():
            source = _jira(name, config)
        case GitHubConfig():
            source = _github(name, config)
        case NotionConfig():
            token = config.token.get_secret_value()
            source = NotionSource(name, str(config.api_url), token=token, readers=config.readers)
        case GoogleDriveConfig():
            source = _google_drive(name, config)
        case SharePointConfig():
            source = _sharepoint(name, config)
        case SlackConfig():
            source = _slack(name, config)
        case S3Config():
            source = _s3(name, config)
        case _:
            assert_never(config)
    return source


def _website(name: str, config: WebsiteConfig, work_dir: Path) -> WebsiteSource:
    guarded = allowed_private()
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
        private_hosts=tuple(config.private_hosts if guarded is None else guarded),
    )


def _git(name: str, config: GitConfig, work_dir: Path) -> GitSource:
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


def _confluence(name: str, config: ConfluenceConfig) -> ConfluenceSource:
    return ConfluenceSource(
        name,
        str(config.url),
        spaces=tuple(config.spaces),
        token=config.token.get_secret_value(),
        email=config.email,
        readers=config.readers,
        has_attachments=config.attachments,
        file_hosts=tuple(config.file_hosts),
    )


def _jira(name: str, config: JiraConfig) -> JiraSource:
    return JiraSource(
        name,
        str(config.url),
        api_url=str(config.api_url or config.url),
        projects=tuple(config.projects),
        authorization=authorization(config.token.get_secret_value(), config.email),
        readers=config.readers,
    )


def _github(name: str, config: GitHubConfig) -> GitHubSource:
    return GitHubSource(
        name,
        str(config.api_url),
        repositories=tuple(config.repositories),
        kinds=tuple(config.include),
        token=config.token.get_secret_value(),
        readers=config.readers,
    )


def _google_drive(name: str, config: GoogleDriveConfig) -> GoogleDriveSource:
    credentials = config.credentials.get_secret_value()
    account = ServiceAccount(credentials, scope=SCOPE, subject=config.subject)
    looks_as = config.groups_as or config.subject
    groups = GoogleGroups(
        directory_url=str(config.directory_url),
        directory=ServiceAccount(credentials, scope=DIRECTORY_SCOPE, subject=looks_as),
        identity_url=str(config.identity_url),
        identity=ServiceAccount(credentials, scope=IDENTITY_SCOPE, subject=looks_as),
    )
    extent = Extent(drive=config.drive, domain=config.domain)
    return GoogleDriveSource(
        name, str(config.api_url), authorizer=account, extent=extent, groups=groups
    )


def _sharepoint(name: str, config: SharePointConfig) -> SharePointSource:
    api_url = str(config.api_url)
    form = {
        "grant_type": "client_credentials",
        "client_id": config.client_id,
        "client_secret": config.client_secret.get_secret_value(),
        "scope": f"{api_url.removesuffix(urlsplit(api_url).path)}/.default",
    }
    login = f"{str(config.login_url).rstrip('/')}/{config.tenant}/oauth2/v2.0/token"
    refusal = (
        "Microsoft gives the app no token: check `tenant`, `client_id` and that `client_secret` "
        "has not expired"
    )
    return SharePointSource(
        name,
        api_url,
        authorizer=TokenGrant("Microsoft", login, lambda: form, refusal=refusal),
        sites=tuple(map(str, config.sites)),
        people=tuple(config.people),
        file_hosts=tuple(config.file_hosts),
        site_groups=config.site_groups,
    )


def _slack(name: str, config: SlackConfig) -> SlackSource:
    token = config.token.get_secret_value()
    api = SlackApi(str(config.api_url), token, pause_s=config.pause)
    return SlackSource(name, api, channels=tuple(config.channels), days=config.days)


def _s3(name: str, config: S3Config) -> S3Source:
    token = config.session_token
    signature = AwsSignature(
        config.access_key.get_secret_value(),
        config.secret_key.get_secret_value(),
        region=config.region,
        session_token=token.get_secret_value() if token else "",
    )
    return S3Source(
        name,
        str(config.endpoint),
        bucket=config.bucket,
        prefix=config.prefix,
        authorizer=signature,
        readers=config.readers,
        url_template=config.url_template,
    )
