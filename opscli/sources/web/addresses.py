"""Which network addresses a source may connect to: those of the public internet, and what `allow_hosts` lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address
_NEVER = tuple(
    map(
        ip_network,
        (
            "169.254.0.0/16",  # link-local: the metadata services of most clouds, with credentials of the machine
            "fe80::/10",
            "fd00:ec2::254/128",  # metadata of AWS
            "fd20:ce::254/128",  # of Google
            "100.100.100.200/32",  # of Alibaba
            "192.0.0.192/32",  # of Oracle
            "168.63.129.16/32",  # of Azure, a public address that is answered inside the machine
            "0.0.0.0/8",  # "this host"
            "::/128",
            "255.255.255.255/32",
        ),
    )
)
_SPECIAL = tuple(map(ip_network, ("192.0.0.0/24", "64:ff9b:1::/48")))
"""Inner addresses that ipaddress takes for public ones before Python 3.11.10."""
_NAT64 = ip_network("64:ff9b::/96")
"""Stands for the IPv4 address in its last 32 bits (RFC 6052)."""


def is_refused(host: str, address: str, allowed: Sequence[str]) -> bool:
    """Whether a connection to the address of a host is refused; `allowed` are host names or addresses."""
    found = ip_address(address)
    if any(_is_never(part) for part in _meant(found)):
        return True
    return not all(map(_is_public, _meant(found))) and not _is_listed(host, found, allowed)


def literal_address(host: str) -> str | None:
    """The host as an address, where it is written as one."""
    try:
        return str(ip_address(host.strip("[]")))
    except ValueError:
        return None


def _is_listed(host: str, address: Address, allowed: Sequence[str]) -> bool:
    names = {name.lower().rstrip(".").strip("[]") for name in allowed}
    meant = {str(part) for part in _meant(address)}
    return host.lower().rstrip(".").strip("[]") in names or any(literal_address(name) in meant for name in names)


def _meant(address: Address) -> Iterator[Address]:
    """The address and every IPv4 address that it wraps: packets to it end there."""
    yield address
    if isinstance(address, IPv6Address):
        tunnels = (address.ipv4_mapped, address.sixtofour, *(address.teredo or ()))
        yield from (wrapped for wrapped in tunnels if wrapped is not None)
        if address in _NAT64:
            yield IPv4Address(int(address) & 0xFFFF_FFFF)


def _is_never(address: Address) -> bool:
    return address.is_multicast or any(address in network for network in _NEVER)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and (address.ipv4_mapped is not None or address in _NAT64):
        return True  # what it wraps decides
    special = any(address in network for network in _SPECIAL)
    special = special or address.is_private or address.is_reserved or address.is_loopback or not address.is_global
    return not special and not (isinstance(address, IPv6Address) and address.is_site_local)
