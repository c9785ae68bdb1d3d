"""What can go wrong towards a chat platform, named for what the caller can do."""

import re

_CODE = re.compile(r"[A-Za-z_]{1,60}(?:_\d{3})?")


class AdapterError(Exception):
    """The platform refused a call, or could not be reached; `code` is its own word for why.

    What is no single word is no code, and may quote somebody: it reads `unrecognised`.
    """

    def __init__(self, platform: str, code: str) -> None:
        code = code if _CODE.fullmatch(code) else "unrecognised"
        super().__init__(f"{platform} refused: {code}")
        self.platform = platform
        self.code = code


class UndeliverableError(AdapterError):
    """Nothing can ever be shown there: the channel is gone or closed to us, or we are."""


UNREADABLE = frozenset(
    {"not_in_channel", "missing_scope", "thread_not_found", "too_long", "no_history"}
)
"""Why a thread can't be read: we are not there, may not, it is gone, too long, never shown."""


class ThreadUnreadableError(AdapterError):
    """A thread can't be read there: `code` is one of `UNREADABLE`."""


class UncertainError(AdapterError):
    """The call may have taken effect, or not: it timed out, broke off, or the platform failed."""


class RateLimitedError(AdapterError):
    """The platform asks to wait before the next call."""

    def __init__(self, platform: str, retry_after_s: float) -> None:
        super().__init__(platform, "rate_limited")
        self.retry_after_s = retry_after_s


class ReplyStoppedError(AdapterError):
    """The person pressed Stop while the reply was being written."""

    def __init__(self, platform: str) -> None:
        super().__init__(platform, "stopped_by_user")


class FileTooLargeError(AdapterError):
    """A file has more bytes than were asked for."""

    def __init__(self, platform: str) -> None:
        super().__init__(platform, "too_large")


class NotAcceptedError(Exception):
    """A message could not be made durable; the platform must deliver it again."""


class OverloadedError(NotAcceptedError):
    """So much waits already that one more would wait too long; the person should be told."""
