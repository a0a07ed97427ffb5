"""SQL of the functions over the past: tags had, messages received and clicked, campaigns gone through, anniversaries.

Every window is half-open and ends at as_of, `[as_of - span, as_of)`: what happens at as_of itself, such as the tags
that this very run gives, does not count, so that a run that is repeated says the same. Each is an uncorrelated IN over
the customer's id, which every engine runs as one semi-join, and is never unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from opscli.rules.target import Target
from opscli.rules.tree import Node

_ENDED = ("finished", "exited", "held_out")
"""Events after which an enrolment is over; who is held out gets nothing of the campaign."""

_LEAP_DAY = (2, 29)


def has_tag(parts: Sequence[Node], _args: Sequence[str], target: Target) -> str:
    """A tag at as_of: the target's own way, else the history's."""
    tag = str(parts[0].value)
    if target.has_tag is not None:
        return target.has_tag(tag)
    now = target.instant(target.as_of)
    return _among(
        target,
        f"tag_history t WHERE t.tag = {target.dialect.text(tag)} AND t.entered_at <= {now} AND t.left_at > {now}",
    )


def had_tag(parts: Sequence[Node], _args: Sequence[str], target: Target) -> str:
    """A tag at any instant of [as_of - span, as_of)."""
    tag, now = target.dialect.text(str(parts[0].value)), target.instant(target.as_of)
    start = _start(parts, target)
    since = f" AND t.left_at > {start}" if start else ""
    return _among(target, f"tag_history t WHERE t.tag = {tag} AND t.entered_at < {now}{since}")


def tag_since(parts: Sequence[Node], args: Sequence[str], target: Target) -> str:
    """When the present membership began; NULL without one.

    Where the present is being worked out (`target.has_tag`), the history ends before as_of, and who enters now has the
    tag since now.
    """
    tag, now = target.dialect.text(str(parts[0].value)), target.instant(target.as_of)
    before = "<" if target.has_tag is not None else "<="
    # Renamed inside, so that a bare column of the outer row cannot be taken for one of the history.
    since = (
        "(SELECT MAX(t.since) FROM (SELECT customer_id AS member, entered_at AS since FROM tag_history "
        f"WHERE tag = {tag} AND entered_at {before} {now} AND left_at > {now}) t WHERE t.member = {target.identity})"
    )
    if target.has_tag is None:
        return since
    return f"(CASE WHEN {has_tag(parts, args, target)} THEN COALESCE({since}, {now}) END)"


def received(parts: Sequence[Node], _args: Sequence[str], target: Target) -> str:
    """A message of a campaign (`winback`) or of one of its steps (`winback/offer`) was sent, and did not bounce."""
    bounced = (
        " AND NOT EXISTS (SELECT 1 FROM message_events b WHERE b.message_key = e.message_key AND b.kind = 'bounced' "
        f"AND b.occurred_at < {target.instant(target.as_of)})"
    )
    return _messages(parts, target, "e.kind IN ('sent', 'resolved_sent')", bounced)


def clicked(parts: Sequence[Node], _args: Sequence[str], target: Target) -> str:
    """A person, not a scanner of mails, clicked in a message of a campaign or step."""
    return _messages(parts, target, "e.kind = 'clicked' AND COALESCE(e.machine, FALSE) = FALSE", "")


def in_campaign(parts: Sequence[Node], _args: Sequence[str], target: Target) -> str:
    """Entered a campaign before as_of, and that enrolment was not over before as_of."""
    now = target.instant(target.as_of)
    over = ", ".join(map(target.dialect.text, _ENDED))
    return _among(
        target,
        f"enrolment_events t WHERE t.campaign = {target.dialect.text(str(parts[0].value))} AND t.kind = 'entered' "
        f"AND t.occurred_at < {now} AND t.customer_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM enrolment_events x "
        f"WHERE x.enrolment_id = t.enrolment_id AND x.kind IN ({over}) AND x.occurred_at < {now})",
    )


def anniversary(parts: Sequence[Node], args: Sequence[str], target: Target) -> str:
    """Today, in the business zone, is a yearly return of a day, moved by the offset.

    The first one is a year after. Who was born on 29 February has it on 28 February in common years.
    """
    zone = str(parts[-1].value)
    offset = parts[1].value if isinstance(parts[1].value, timedelta) else timedelta()
    day = local_day(target.as_of, zone) - offset
    days = [day.day, *([_LEAP_DAY[1]] if _stands_in_for_leap_day(day) else [])]
    at = args[0] if parts[0].type == "date" else target.dialect.local_day(args[0], zone)
    return (
        f"(EXTRACT(MONTH FROM {at}) = {day.month} AND EXTRACT(DAY FROM {at}) IN ({', '.join(map(str, days))}) "
        f"AND EXTRACT(YEAR FROM {at}) < {day.year})"
    )


def local_day(moment: datetime, zone: str) -> date:
    """The day in a zone at a naive UTC instant."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


def _stands_in_for_leap_day(day: date) -> bool:
    return (day.month, day.day + 1) == _LEAP_DAY and (day + timedelta(days=1)).month != _LEAP_DAY[0]


def _messages(parts: Sequence[Node], target: Target, kind: str, besides: str) -> str:
    campaign, _, step = str(parts[0].value).partition("/")
    start = _start(parts, target)
    wanted = [f"e.campaign = {target.dialect.text(campaign)}", kind, f"e.occurred_at < {target.instant(target.as_of)}"]
    wanted += [f"e.occurred_at >= {start}"] if start else []
    wanted += [f"m.step = {target.dialect.text(step)}"] if step else []
    join = " JOIN messages m ON m.message_key = e.message_key" if step else ""
    where = " AND ".join([*wanted, "e.customer_id IS NOT NULL"])
    return _among(target, f"message_events e{join} WHERE {where}{besides}", column="e.customer_id")


def _among(target: Target, rows: str, *, column: str = "t.customer_id") -> str:
    return f"({target.identity} IN (SELECT {column} FROM {rows}))"


def _start(parts: Sequence[Node], target: Target) -> str:
    """SQL of the window's begin, "" when it reaches back to the beginning."""
    span = parts[1].value if len(parts) > 1 else None
    return target.instant(target.as_of - span) if isinstance(span, timedelta) else ""
