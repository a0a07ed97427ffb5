"""Config kind `channel`: a way to reach people, with the limits that hold for every message on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from opscli.clock import parse_duration, to_utc
from opscli.config.document import Document
from opscli.delivery import tokens
from opscli.delivery.message import MessageRefused, address_of
from opscli.kinds import PACKAGE_FOLDER, kinds_in, read_schema
from opscli.outcome import Issue
from opscli.phrases import listed, say
from opscli.stage import Catalog, Provided

TYPES = "opscli.delivery.channels"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `max` within the rolling window `within`."""

    max: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local hours [from_, until) in which nothing goes out; they may span midnight."""

    from_: time
    until: time

    def ends_after(self, now: datetime, zone: str) -> datetime | None:
        """When the quiet hours that `now` (naive UTC) lies in are over, naive UTC; None outside of them."""
        local = now.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        clock = local.time()
        spans = self.until <= self.from_
        inside = (clock >= self.from_ or clock < self.until) if spans else self.from_ <= clock < self.until
        if not inside:
            return None
        day = local.date() + timedelta(days=1 if spans and clock >= self.from_ else 0)
        return to_utc(datetime.combine(day, self.until), zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """How the recipient of one message takes themselves off; empty texts where the channel offers no such way."""

    page: str
    mailbox: str

    @property
    def url(self) -> str:
        """What a template links to."""
        return self.page or self.mailbox

    def headers(self) -> dict[str, str]:
        """List-Unsubscribe, and with a page the one-click header, which RFC 8058 ties to an https address."""
        ways = ", ".join(f"<{way}>" for way in (self.page, self.mailbox) if way)
        found = {"List-Unsubscribe": ways} if ways else {}
        return found | ({"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if self.page else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSpec:
    """A channel of the project; `settings` are the keys that belong to its type."""

    name: str
    type: str
    brand: str
    sender: str
    postal_address: str
    unsubscribe: Mapping[str, str]
    quiet_hours: QuietHours | None
    cap: Limit | None
    rate: Limit | None
    settings: Mapping[str, Any] = field(default_factory=dict)
    owner: str = ""
    purpose: str = ""
    runbook: str = ""
    document: Document

    def links(self, secret: bytes, key: str) -> Links:
        """The unsubscribe ways of one message, each with its signed token."""
        token = tokens.sign(secret, key)
        mailbox = self.unsubscribe.get("mailto", "")
        return Links(
            page=self.unsubscribe.get("url", "").replace("{token}", token),
            mailbox=f"mailto:{mailbox}?subject={quote(f'unsubscribe {token}')}" if mailbox else "",
        )


def own_keys() -> frozenset[str]:
    """Keys of a channel file that do not belong to its type."""
    schema = read_schema(PACKAGE_FOLDER / "delivery" / "channel.schema.json")
    return frozenset(schema["properties"])


def parse(document: Document) -> ChannelSpec:
    """The spec of a schema-valid channel document."""
    data = document.data
    quiet = data.get("quiet_hours")
    return ChannelSpec(
        name=document.name,
        type=data["type"],
        brand=data.get("brand", "main"),
        sender=data["from"],
        postal_address=data.get("postal_address", ""),
        unsubscribe=data.get("unsubscribe", {}),
        quiet_hours=QuietHours(time.fromisoformat(quiet["from"]), time.fromisoformat(quiet["until"]))
        if quiet
        else None,
        cap=_limit(data.get("cap")),
        rate=_limit(data.get("rate")),
        settings={key: value for key, value in data.items() if key not in own_keys()},
        document=document,
        **{key: str(data.get(key, "")) for key in ("owner", "purpose", "runbook")},
    )


def _limit(data: Mapping[str, Any] | None) -> Limit | None:
    return Limit(data["max"], parse_duration(data["within"])) if data else None


def provides(spec: ChannelSpec) -> Iterator[Provided]:
    """The channel; and, where recipients can take themselves off, the right to carry marketing."""
    line = spec.document.mark(())[0]
    yield Provided(category="channel", name=spec.name, file=spec.document.file, line=line)
    if spec.unsubscribe or spec.type == "task":
        yield Provided(category="marketing_channel", name=spec.name, file=spec.document.file, line=line)


def check(spec: ChannelSpec, catalog: Catalog) -> Iterable[Issue]:
    """An unknown type, a sender that is no address."""
    del catalog
    document = spec.document
    if spec.type not in kinds_in(TYPES):
        known = listed(kinds_in(TYPES))
        yield document.issue(
            ("type",), say("delivery.no_type", type=spec.type), how=say("delivery.use_one_of", names=known)
        )
    try:
        address_of(spec.sender)
    except MessageRefused as refusal:
        yield document.issue(
            ("from",),
            say("delivery.no_sender", sender=spec.sender),
            why=str(refusal),
            how=say("delivery.no_sender_how"),
        )
    if "mailto" in spec.unsubscribe:
        try:
            address_of(spec.unsubscribe["mailto"])
        except MessageRefused as refusal:
            yield document.issue(("unsubscribe", "mailto"), say("delivery.no_unsubscribe_mailbox"), why=str(refusal))
