"""Opaque signed tokens that lead from a link in a message back to its outbox row, and from nowhere else."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

_KEY_BYTES = 16
_SIGNATURE_BYTES = 12


def sign(secret: bytes, key: str, purpose: str = "unsubscribe") -> str:
    """A URL-safe token for an outbox key (32 hex digits); `purpose` keeps tokens of other links apart."""
    raw = bytes.fromhex(key)
    return base64.urlsafe_b64encode(raw + _signature(secret, raw, purpose)).rstrip(b"=").decode("ascii")


def verify(secret: bytes, token: str, purpose: str = "unsubscribe") -> str | None:
    """The outbox key of a token, or None when anything about it is off."""
    try:
        blob = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    raw, signature = blob[:_KEY_BYTES], blob[_KEY_BYTES:]
    if len(raw) != _KEY_BYTES or not hmac.compare_digest(signature, _signature(secret, raw, purpose)):
        return None
    return raw.hex()


def _signature(secret: bytes, raw: bytes, purpose: str) -> bytes:
    return hmac.new(secret, purpose.encode() + b"\x1f" + raw, hashlib.sha256).digest()[:_SIGNATURE_BYTES]
