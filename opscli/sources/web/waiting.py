"""The time that a service wants us to take: between requests, after a failure, and until it can be asked again."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from opscli.clock import wall_now

LONGEST_WAIT = 300.0
"""Seconds that a load waits at a service's request; one that wants more is asked in a later run."""
_LONGEST_BACKOFF = 60.0


def addresses_of(host: str, port: int) -> Sequence[str]:
    """Every address of a host, as the machine's resolver says. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What a load takes from its machine besides the network: names, time, patience."""

    resolve: Callable[[str, int], Sequence[str]] = addresses_of
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic


@dataclass(slots=True)
class Pace:
    """Keeps `between` seconds from one request to the next."""

    outside: Outside
    between: float
    _free_at: float = field(default=float("-inf"))

    def wait(self) -> None:
        """Sleep until the next request may go."""
        early = self._free_at - self.outside.now()
        if early > 0:
            self.outside.sleep(early)
        self._free_at = max(self._free_at, self.outside.now()) + self.between


def backoff(attempt: int) -> float:
    """Seconds to wait after the attempt of that number, from 0: 1, 2, 4 … 60."""
    return min(2.0 ** min(attempt, 10), _LONGEST_BACKOFF)


def asked_to_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After, which is a number or a date; None without a readable one.

    A date is compared with the answer's own Date, so that the two clocks need not agree.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:  # noqa: PLR2004  more digits than any wait has
        return float(text)
    until = _date(text)
    if until is None:
        return None
    return max((until - (_date(headers.get("date", "")) or wall_now())).total_seconds(), 0.0)


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
