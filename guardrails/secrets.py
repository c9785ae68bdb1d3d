"""Finds passwords, keys and tokens: the token formats of detect-secrets, and forms of our own."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.basic_auth import BasicAuthDetector
from detect_secrets.plugins.discord import DiscordBotTokenDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.jwt import JwtTokenDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.openai import OpenAIDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.stripe import StripeDetector
from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector

from guardrails.placeholders import SECRET, mask_for_good
from guardrails.secret_forms import FORMS
from guardrails.types import Finding

_PLUGINS = (
    AWSKeyDetector,
    AzureStorageKeyDetector,
    BasicAuthDetector,
    DiscordBotTokenDetector,
    GitHubTokenDetector,
    GitLabTokenDetector,
    JwtTokenDetector,
    MailchimpDetector,
    OpenAIDetector,
    PypiTokenDetector,
    SendGridDetector,
    SlackDetector,
    SquareOAuthDetector,
    StripeDetector,
    TelegramBotTokenDetector,
    TwilioKeyDetector,
)
# What stands in instructions where a secret belongs.
_PLACEHOLDER = re.compile(
    r"[A-Z_]{3,}|[*xX.\u2022\u2026-]+|[$<{%\[].*|"
    r"(?i:base64|sha-?\d+|md5|oauth2?|x509|http2?|utf-?8|pass|password|passwd|pwd|secret|token|changeme|your[\w-]*)"
)


def find_secrets(text: str) -> Iterator[Finding]:
    """Yield each password, key or token in `text`; they may overlap."""
    for pattern in _patterns():
        for found in pattern.finditer(text):
            group = 1 if pattern.groups == 1 and found[1] else 0
            start, end = found.span(group)
            if start < end and not _PLACEHOLDER.fullmatch(found[group]):
                yield Finding(type=SECRET, start=start, end=end, score=1.0)


def without_secrets(text: str) -> str:
    """Return `text` with each secret as `<SECRET>`."""
    found: list[Finding] = []
    for finding in sorted(find_secrets(text), key=lambda each: (each.start, -each.end)):
        if found and finding.start < found[-1].end:
            whole = max(found[-1].end, finding.end)
            found[-1] = replace(found[-1], end=whole)
        else:
            found.append(finding)
    return mask_for_good(text, found)[0]


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    vendors = (pattern for plugin in _PLUGINS for pattern in plugin.denylist)
    return (*vendors, *(re.compile(pattern) for pattern in FORMS))
