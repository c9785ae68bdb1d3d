"""HTTP that reaches no private address: each connection, also after a redirect, is checked."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import httpx

from knowledge.errors import SourceError

_MAX_HOSTS = 50
_EMBEDDED_V4 = (
    ipaddress.IPv6Network("64:ff9b::/96"),  # NAT64
    ipaddress.IPv6Network("2002::/16"),  # 6to4
    ipaddress.IPv6Network("2001::/32"),  # Teredo
)

_guarded: ContextVar[frozenset[str] | None] = ContextVar("guarded", default=None)

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Returns the addresses of a host, for a port."""


class BlockedAddressError(httpx.TransportError):
    """A host has an address within a private network, and was not allowed by name."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} has a private address; name it in `private_hosts` to allow it")
        self.host = host


@contextmanager
def guarding(private_hosts: Collection[str]) -> Iterator[None]:
    """Let every client of HTTP that is made inside reach private addresses of these hosts alone."""
    token = _guarded.set(frozenset(private_hosts))
    try:
        yield
    finally:
        _guarded.reset(token)


def allowed_private() -> frozenset[str] | None:
    """Return which hosts may have private addresses, or None where all may."""
    return _guarded.get()


def outbound() -> "GuardedTransport | None":
    """Return what a client that is made here connects by; None for the ordinary way."""
    hosts = _guarded.get()
    return None if hosts is None else GuardedTransport(hosts)


async def checked_address(
    host: str, port: int, private_hosts: Collection[str], *, resolver: "Resolve | None" = None
) -> str:
    """Return an address of `host` that may be connected to.

    Raises:
        SourceError: There is none, or one of its addresses is private and it was not allowed.
    """
    try:
        addresses = await (resolver or resolve)(host, port)
    except (OSError, UnicodeError) as error:
        raise SourceError(f"{host} can't be found", is_temporary=True) from error
    is_allowed = host.lower() in private_hosts
    if not addresses or not (is_allowed or all(map(is_public, addresses))):
        raise SourceError(blocked(host))
    return addresses[0]


def blocked(host: str) -> str:
    """Return why `host` is not asked."""
    return f"{host} has a private address, and nobody allowed it"


async def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of `host`, as the system knows them.

    Raises:
        OSError: There are none.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class GuardedTransport(httpx.AsyncBaseTransport):
    """Resolves a host itself, checks every address, and connects to what was checked.

    So a name that points elsewhere a moment later gains nothing. The names in `private_hosts` may
    have private addresses; a redirect from them to another private host is refused all the same.
    """

    def __init__(self, private_hosts: Collection[str], *, resolver: Resolve = resolve) -> None:
        self._private_hosts = frozenset(host.lower() for host in private_hosts)
        self._resolve = resolver
        self._inner: dict[str, httpx.AsyncHTTPTransport] = {}  # one a host: TLS is its own

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host.lower()
        port = request.url.port or {"https": 443}.get(request.url.scheme, 80)
        try:
            addresses = await self._resolve(host, port)
        except OSError as error:
            raise httpx.ConnectError(f"{host} can't be found", request=request) from error
        is_allowed = host in self._private_hosts
        if not addresses or not (is_allowed or all(map(is_public, addresses))):
            raise BlockedAddressError(host)
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=addresses[0]),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )
        return await self._transport(host).handle_async_request(pinned)

    async def aclose(self) -> None:
        inner, self._inner = self._inner, {}
        for transport in inner.values():
            await transport.aclose()

    def _transport(self, host: str) -> httpx.AsyncHTTPTransport:
        if host not in self._inner:
            if len(self._inner) >= _MAX_HOSTS:
                raise httpx.ConnectError(f"more than {_MAX_HOSTS} hosts are asked")
            self._inner[host] = httpx.AsyncHTTPTransport(trust_env=False)
        return self._inner[host]


def is_public(address: str) -> bool:
    """Return whether `address` is in the public internet, also where it wraps another one."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return is_public(str(found.ipv4_mapped))
        if any(found in network for network in _EMBEDDED_V4):
            return False
    return found.is_global and not found.is_multicast
