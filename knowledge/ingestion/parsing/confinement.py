"""What a parsing process may not do: open connections, start programs, take more than a share."""

import ctypes
import os
import resource
import sys

MAX_MEMORY_BYTES = 2 * 1024**3
_MAX_OPEN_FILES = 256
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.system", "os.fork")


def confine() -> None:
    """Limit memory and files, and forbid the network and other programs, for good.

    Python's own calls are refused everywhere; on Linux the process also leaves the network, so
    that a library's C code has none either (where the kernel lets it: some containers don't).
    """
    _limit(resource.RLIMIT_AS, MAX_MEMORY_BYTES)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, _MAX_OPEN_FILES)
    _leave_the_network()
    sys.addaudithook(_refuse)


def allow_cpu(seconds: int) -> None:
    """Let the kernel end this process once it has worked for so many more seconds."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    wanted = used + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (_lower(wanted, hard), hard))


def _limit(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (_lower(most, hard), _lower(most, hard)))


def _lower(wanted: int, hard: int) -> int:
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)


def _leave_the_network() -> None:
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) != 0 and os.geteuid() != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def _refuse(event: str, _args: tuple[object, ...]) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError(f"a parser may not do this: {event}")
