"""Stable hashes, buckets and run ids: the same on every engine, machine and Python."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

_BUCKET_DIGITS = 15
"""15 hex digits are 60 bits: exact in the BIGINT of every engine."""


def bucket(salt: str, identity: str, buckets: int) -> int:
    """Which of `buckets` the identity falls into: first 15 hex digits of md5(salt ':' identity) mod n."""
    digest = hashlib.md5(f"{salt}:{identity}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:_BUCKET_DIGITS], 16) % buckets


def key_of(*parts: object) -> str:
    """A stable 32-digit key of several parts (sha256, half); used for outbox rows, tasks, enrolments."""
    joined = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.sha256(joined.encode()).hexdigest()[:32]


def fingerprint(value: Any) -> str:
    """SHA-256 of a JSON value with sorted keys: equal content, equal text."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def customer_id(key: str, source: str, source_id: str) -> str:
    """Id minted for a component from its smallest (source, source_id): `c_` and 16 hex digits.

    `key` is the project's (`id_key`, else its name), so that ids of two companies cannot be matched by guessing.
    The SQL twin is `engine.dialect.customer_id_sql`: md5 exists on every engine, HMAC does not.
    """
    digest = hashlib.md5(f"{key}\x1f{source}\x1f{source_id}".encode(), usedforsecurity=False).hexdigest()
    return f"c_{digest[:16]}"


def run_id(job: str, slot: datetime, params: Mapping[str, Any]) -> str:
    """Id of a run: readable and unique by (job, slot, params), such as `nightly-20260504T013000-1f3a9c`."""
    return f"{job}-{slot:%Y%m%dT%H%M%S}-{fingerprint([job, slot.isoformat(), dict(params)])[:6]}"
