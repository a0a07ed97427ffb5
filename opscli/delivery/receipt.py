"""What became of one hand-over to a channel, and what every channel module offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from opscli.delivery.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The state that the outbox row goes to (`sent deferred failed unknown pending`) and why.

    `code` is the service's own reply (`550 5.1.1`), `remote_id` its id for the message. `suppress` = the address is
    dead. `reconnect` = the session is of no use any more.
    """

    state: str
    reason: str = ""
    code: str = ""
    remote_id: str = ""
    suppress: bool = False
    reconnect: bool = False

    @classmethod
    def sent(cls, *, remote_id: str = "", code: str = "") -> Receipt:
        """The service has taken the message over."""
        return cls(state="sent", remote_id=remote_id, code=code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a channel works: relative paths are below `root`."""

    root: Path


class Channel(Protocol):
    """A module in `delivery/channels/`."""

    BATCH: int
    """Messages that may be under way at once. Above 1 only where `lookup` decides what a killed process left."""
    PEOPLE_FACING: bool
    """Whether it reaches people outside; such a channel is redirected where the environment is not live."""

    def parse(self, settings: Mapping[str, Any]) -> Any:
        """A frozen settings value from the schema-valid keys of the type."""
        ...

    def open_channel(self, settings: Any, place: Place) -> Any:
        """A session. Raises ServiceUnavailable when the service cannot be reached: nothing was sent."""
        ...

    def send(self, session: Any, message: Message, body: bytes) -> Receipt:
        """Hand one message over; `body` is `message.as_bytes()`. Never raises for what a service answers."""
        ...

    def lookup(self, session: Any, key: str, body_hash: str) -> str | None:
        """`sent`, `absent`, or None where nobody can tell: what a killed process left in `sending`."""
        ...

    def settle(self, session: Any) -> None:
        """Make what was handed over durable, before the outbox records it."""
        ...

    def close(self, session: Any) -> None:
        """End the session; never raises."""
        ...
