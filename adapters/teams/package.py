"""The app package for Teams: the manifest, and two icons that are drawn here."""

import json
import math
import struct
import uuid
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.teams.mends import Json

MANIFEST_VERSION = "1.29"
READ_ALONG = "ChannelMessage.Read.Group"
"""Consent of a team's owner: follow-ups without a mention reach us, edits and deletions too."""
_NAMESPACE = uuid.UUID("6f1d7b0e-4f3e-4a53-9d0c-7d3f0a4c9b11")
_ACCENT = (47, 93, 138)
_WHITE = (255, 255, 255)
_SAMPLES = (0.25, 0.75)
_EPOCH = (2020, 1, 1, 0, 0, 0)  # the same input makes the same file
_SHORT_CHARS = 30

Paint = Callable[[float, float], tuple[int, int, int, int]]
"""Returns red, green, blue and opacity at a place between 0 and 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """What the company decides about its app."""

    app_id: str
    company: str
    website: str
    name: str = "Citewell"
    version: str = "1.0.0"
    domain: str = ""
    reads_along: bool = True


def manifest_of(
    package: Package,
    commands: Sequence[tuple[str, str]],
    message_actions: Sequence[tuple[str, str, str]] = (),
) -> Json:
    """Return the manifest; `commands` are the titles and descriptions of the command lists.

    `message_actions` are the names, titles and descriptions of what can be done with a message.
    """
    extension = {"composeExtensions": [_extension(package, message_actions)]}
    listed = [{"title": title, "description": words} for title, words in commands]
    scopes = ["personal", "team", "groupChat"]
    consent = {
        "webApplicationInfo": {"id": package.app_id, "resource": "https://RscBasedStoreApp"},
        "authorization": {
            "permissions": {"resourceSpecific": [{"name": READ_ALONG, "type": "Application"}]}
        },
    }
    site = package.website
    return {
        "$schema": "https://developer.microsoft.com/en-us/json-schemas/teams/"
        f"v{MANIFEST_VERSION}/MicrosoftTeams.schema.json",
        "manifestVersion": MANIFEST_VERSION,
        "version": package.version,
        "id": str(uuid.uuid5(_NAMESPACE, package.app_id)),
        "developer": {
            "name": package.company[:32],
            "websiteUrl": site,
            "privacyUrl": site,
            "termsOfUseUrl": site,
        },
        "name": {"short": package.name[:_SHORT_CHARS], "full": f"{package.name}, with sources"},
        "description": {
            "short": "Answers from the company's documents, with a source behind every claim.",
            "full": "Ask in a personal chat, a group chat or a channel. Each answer names the "
            "documents that it comes from and links them; what the documents don't say, it does "
            "not say either.",
        },
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": "#{:02X}{:02X}{:02X}".format(*_ACCENT),
        "defaultInstallScope": "personal",
        "bots": [
            {
                "botId": package.app_id,
                "scopes": scopes,
                "supportsFiles": True,
                "isNotificationOnly": False,
                "supportsTargetedMessages": True,
                "commandLists": [
                    {"scopes": scopes, "triggers": ["mention", "slash"], "commands": listed}
                ],
            }
        ],
        **(extension if message_actions else {}),
        "permissions": ["identity", "messageTeamMembers"],
        "validDomains": [package.domain] if package.domain else [],
        **(consent if package.reads_along else {}),
    }


def _extension(package: Package, actions: Sequence[tuple[str, str, str]]) -> Json:
    """Return what adds actions to the menu of each message; each opens a dialog."""
    listed = [
        {
            "id": name,
            "type": "action",
            "context": ["message"],
            "title": title,
            "description": words,
            "fetchTask": True,
        }
        for name, title, words in actions
    ]
    return {"botId": package.app_id, "commands": listed}


def write_package(path: Path, manifest: Json) -> None:
    """Write the zip: the manifest and its icons, at the top."""
    files = {
        "manifest.json": json.dumps(manifest, indent=2, ensure_ascii=False).encode(),
        "color.png": png(192, _color),
        "outline.png": png(32, _outline),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)


def png(size: int, paint: Paint) -> bytes:
    """Return a square picture (PNG, RGBA), each pixel the mean of four samples."""
    rows = bytearray()
    for y in range(size):
        rows.append(0)  # no filter
        for x in range(size):
            samples = [
                paint((x + dx) / size, (y + dy) / size) for dx in _SAMPLES for dy in _SAMPLES
            ]
            opacity = sum(sample[3] for sample in samples)
            for part in range(3):
                shown = sum(sample[part] * sample[3] for sample in samples)
                rows.append(round(shown / opacity) if opacity else 255)
            rows.append(round(opacity / len(samples)))
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def _is_mark(x: float, y: float) -> bool:
    """Whether a place belongs to the sign: a C, with the full stop of a cited sentence in it."""
    dx, dy = x - 0.5, y - 0.5
    distance = math.hypot(dx, dy)
    is_ring = 0.24 <= distance <= 0.36 and abs(math.atan2(dy, dx)) > 0.7  # noqa: PLR2004
    return is_ring or math.hypot(dx - 0.08, dy) <= 0.07  # noqa: PLR2004


def _color(x: float, y: float) -> tuple[int, int, int, int]:
    return (*(_WHITE if _is_mark(x, y) else _ACCENT), 255)


def _outline(x: float, y: float) -> tuple[int, int, int, int]:
    return (*_WHITE, 255 if _is_mark(x, y) else 0)
