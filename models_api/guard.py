"""Which addresses do we connect to? Public ones, and what an operator allowed by name: never the house's own network.

Whoever registers a model chooses a URL that our server then calls (server-side request forgery, OWASP A10). Looking at
the URL is not enough, because a name may resolve to anything, and to something else a moment later. So the name is
resolved once, here, every address is judged, and the connection goes to an address that was judged. TLS still checks
the certificate against the name.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address

from httpcore2 import SOCKET_OPTION, AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream, ConnectError, ConnectTimeout

from models_api.endpoint import Cause, EndpointError

Address = IPv4Address | IPv6Address

# Seconds for an address that is not the last one of its name.
PATIENCE = 5.0
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# What the standard library calls global, at least in some of its versions, and we do not call.
NEVER = [
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's metadata and DNS on every virtual machine: public by number only
        "192.0.0.0/24",  # protocol assignments, RFC 6890; Oracle's clouds keep metadata there
        "192.88.99.0/24",  # 6to4's relays, withdrawn by RFC 7526
        "3fff::/20",  # documentation, RFC 9637
    )
]


class Guard(AsyncNetworkBackend):
    """Connects to public addresses, and to `allowed`: "host:port" in lower case, IPv6 as "[::1]:8000"."""

    def __init__(self, allowed: frozenset[str] = frozenset()) -> None:
        self.allowed = allowed
        self._network = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        where = named(host, port)
        addresses = await resolve(host, port)
        if where not in self.allowed and not all(is_public(address) for address in addresses):
            raise forbidden(where)
        for address in addresses[:-1]:
            try:
                return await self._network.connect_tcp(str(address), port, PATIENCE, local_address, socket_options)
            except (ConnectError, ConnectTimeout):
                continue  # a machine without IPv6, for instance
        return await self._network.connect_tcp(str(addresses[-1]), port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[SOCKET_OPTION] | None = None
    ) -> AsyncNetworkStream:
        raise forbidden("a unix socket")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def named(host: str, port: int) -> str:
    """Return host and port as they stand in MODEL_HOSTS.

    >>> named("::1", 8000), named("Models.Example", 443)
    ('[::1]:8000', 'models.example:443')
    """
    return f"[{host}]:{port}" if ":" in host else f"{host.lower()}:{port}"


def forbidden(where: str) -> EndpointError:
    return EndpointError(
        f"{where} is not a public address, so it is not called. "
        f"If a model of yours is served there, add {where} to the environment variable MODEL_HOSTS.",
        cause=Cause.FORBIDDEN,
        permanent=True,
    )


async def resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of a name, each once, best first; the system reads odd numbers too, 0x7f.1."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise EndpointError(
            f"The name {host} is not found.", cause=Cause.UNREACHABLE, permanent=isinstance(error, UnicodeError)
        ) from error
    return list(dict.fromkeys(ipaddress.ip_address(sockaddr[0]) for *_, sockaddr in found))


def is_public(address: Address) -> bool:
    """Is this somebody's address on the internet, and every IPv4 address inside it as well?

    >>> is_public(ipaddress.ip_address("93.184.215.14")), is_public(ipaddress.ip_address("::ffff:127.0.0.1"))
    (True, False)
    """
    if any(address in network for network in NEVER):
        return False
    if isinstance(address, IPv4Address):
        return address.is_global and not (address.is_multicast or address.is_reserved)
    inner = embedded(address)
    if inner:
        return all(is_public(one) for one in inner)
    return address.is_global and address in GLOBAL_UNICAST


def embedded(address: IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that a gateway would take out of this one: 6to4, Teredo, NAT64."""
    inner = [address.sixtofour, *(address.teredo or ())]
    if address in NAT64:
        inner.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in inner if one is not None]
