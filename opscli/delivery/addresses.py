"""The identity of an address: what suppression and the guard against two mails to one mailbox compare."""

from __future__ import annotations

import hashlib

from opscli.delivery.message import normalise_address

_DOMAIN = "address:"


def address_hash(address: str) -> str:
    """Hash of a normalised address: the list of the suppressed survives without the addresses.

    No project key goes in, because the list must hold after a rename, a merge of projects and a re-import.
    """
    return hashlib.md5(f"{_DOMAIN}{normalise_address(address)}".encode(), usedforsecurity=False).hexdigest()


def address_hash_sql(normalised_sql: str) -> str:
    """SQL twin of `address_hash` over a normalised address; md5 exists on every engine."""
    return f"md5('{_DOMAIN}' || {normalised_sql})"


def normalised_sql(address_sql: str) -> str:
    """SQL twin of `normalise_address`."""
    return f"lower(trim({address_sql}))"
