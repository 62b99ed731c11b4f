"""The client's address: the peer's, or what trusted proxies say it is."""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache


class Proxies:
    """Networks whose ``X-Forwarded-For`` is believed.

    The header is read from the right, since each proxy appends the address it saw: the first one that is not a trusted
    proxy's is the client. Whatever stands further left was written by the client and proves nothing.
    """

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = [ipaddress.ip_network(network, strict=False) for network in networks]
        self._resolve = lru_cache(maxsize=4096)(self._walk)

    def client(self, peer: tuple[str, int] | None, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """The address of the client; ``local`` for a peer on a Unix socket."""
        address = "local" if peer is None or not peer[0] else peer[0]
        if not self._networks:
            return address
        forwarded = b",".join(value for name, value in headers if name == b"x-forwarded-for")
        return self._resolve(address, forwarded[:1000])

    def _walk(self, address: str, forwarded: bytes) -> str:
        hops = [hop.strip().decode("latin-1") for hop in forwarded.split(b",") if hop.strip()]
        while hops and self._trusted(address):
            hop = hops.pop()
            try:
                address = str(ipaddress.ip_address(_bare(hop)))
            except ValueError:
                break
        return address

    def _trusted(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._networks)


def _bare(hop: str) -> str:
    """An address without the port that some proxies add."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
