"""What a platform tells of a file that stands beside a message."""

from dataclasses import dataclass

MAX_FILES = 20
"""Beside one message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file beside a message, as the platform tells of it; `ChatAdapter.fetch` gets its content.

    `ref` is what it is fetched by, empty where the platform hands its content to no bot there.
    `kind` is what it is declared to be (`application/pdf`, or an ending); `size_bytes` is 0 where
    that is not told; `url` is where people open it.
    """

    ref: str
    name: str
    kind: str = ""
    size_bytes: int = 0
    url: str = ""
