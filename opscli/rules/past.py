"""SQL of the functions over the past: tags had, messages received and clicked, campaigns gone through, anniversaries.

Every window is half-open and ends at as_of, `[as_of - span, as_of)`: what happens at as_of itself, such as the tags
that this very run gives, does not count, so that a run that is repeated says the same. Each is an uncorrelated IN over
the customer's id, which every engine runs as one semi-join, and is never unknown. What was written under an id from
before a merge is the past of the customer to whom that id leads today.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from opscli.engine.former import led_on, today
from opscli.rules.target import Target
from opscli.rules.tree import Node

TABLES = ("links", "tag_history", "messages", "message_events", "enrolment_events")
"""What these functions read."""
_ENDED = ("finished", "exited", "held_out")
"""Events after which an enrolment is over; who is held out gets nothing of the campaign."""

_LEAP_DAY = (2, 29)


def has_tag(parts: Sequence[Node], _args: Sequence[str], target: Target) -> str:
    """A tag at as_of: the target's own way, else the history's."""
    tag = str(parts[0].value)
    if target.has_tag is not None:
        return target.has_tag(tag)
    now = target.instant(target.as_of)
    return _among(target, "tag_history t", f"{_of_tag(parts, target)} AND t.entered_at <= {now} AND t.left_at > {now}")


def had_tag(parts: Sequence[Node], _args: Sequence[str], target: Target) -> str:
    """A tag at any instant of [as_of - span, as_of)."""
    start = _start(parts, target)
    since = f" AND t.left_at > {start}" if start else ""
    wanted = f"{_of_tag(parts, target)} AND t.entered_at < {target.instant(target.as_of)}{since}"
    return _among(target, "tag_history t", wanted)


def tag_since(parts: Sequence[Node], args: Sequence[str], target: Target) -> str:
    """When the present membership began; NULL without one.

    Intervals that touch or overlap, as after a merge, are one membership. Where the present is being worked out
    (`target.has_tag`), the history ends before as_of, and who enters now has the tag since now.
    """
    now = target.instant(target.as_of)
    before, beyond = ("<", ">=") if target.has_tag is not None else ("<=", ">")
    intervals = (
        f"SELECT {today('t')} AS member, t.entered_at, t.left_at, MAX(t.left_at) OVER (PARTITION BY {today('t')} "
        "ORDER BY t.entered_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier "
        f"FROM tag_history t {led_on('t')} WHERE {_of_tag(parts, target)} AND t.entered_at {before} {now}"
    )
    memberships = (
        "SELECT member, MAX(CASE WHEN earlier IS NULL OR earlier < entered_at THEN entered_at END) AS since "
        f"FROM ({intervals}) i GROUP BY member HAVING MAX(left_at) {beyond} {now}"
    )
    # Renamed inside, so that a bare column of the outer row cannot be taken for one of the history.
    since = f"(SELECT MAX(t.since) FROM ({memberships}) t WHERE t.member = {target.identity})"
    if target.has_tag is None:
        return since
    return f"(CASE WHEN {has_tag(parts, args, target)} THEN COALESCE({since}, {now}) END)"


def received(parts: Sequence[Node], _args: Sequence[str], target: Target) -> str:
    """A message of a campaign (`winback`) or of one of its steps (`winback/offer`) was sent, and did not bounce."""
    bounced = (
        " AND NOT EXISTS (SELECT 1 FROM message_events b WHERE b.message_key = t.message_key AND b.kind = 'bounced' "
        f"AND b.occurred_at < {target.instant(target.as_of)})"
    )
    return _messages(parts, target, "t.kind IN ('sent', 'resolved_sent')", bounced)


def clicked(parts: Sequence[Node], _args: Sequence[str], target: Target) -> str:
    """A person, not a scanner of mails, clicked in a message of a campaign or step."""
    return _messages(parts, target, "t.kind = 'clicked' AND COALESCE(t.machine, FALSE) = FALSE", "")


def in_campaign(parts: Sequence[Node], _args: Sequence[str], target: Target) -> str:
    """Entered a campaign before as_of, and that enrolment was not over before as_of."""
    now = target.instant(target.as_of)
    over = ", ".join(map(target.dialect.text, _ENDED))
    wanted = (
        f"t.campaign = {target.dialect.text(str(parts[0].value))} AND t.kind = 'entered' AND t.occurred_at < {now} "
        "AND t.customer_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM enrolment_events x "
        f"WHERE x.enrolment_id = t.enrolment_id AND x.kind IN ({over}) AND x.occurred_at < {now})"
    )
    return _among(target, "enrolment_events t", wanted)


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
    wanted = [f"t.campaign = {target.dialect.text(campaign)}", kind, f"t.occurred_at < {target.instant(target.as_of)}"]
    wanted += [f"t.occurred_at >= {start}"] if start else []
    wanted += [f"m.step = {target.dialect.text(step)}"] if step else []
    join = " JOIN messages m ON m.message_key = t.message_key" if step else ""
    return _among(target, f"message_events t{join}", " AND ".join([*wanted, "t.customer_id IS NOT NULL"]) + besides)


def _of_tag(parts: Sequence[Node], target: Target) -> str:
    return f"t.tag = {target.dialect.text(str(parts[0].value))}"


def _among(target: Target, rows: str, wanted: str) -> str:
    """Whether one of the `wanted` rows is the customer's; `rows` holds a table `t` with a customer_id."""
    return f"({target.identity} IN (SELECT {today('t')} FROM {rows} {led_on('t')} WHERE {wanted}))"


def _start(parts: Sequence[Node], target: Target) -> str:
    """SQL of the window's begin, "" when it reaches back to the beginning."""
    span = parts[1].value if len(parts) > 1 else None
    return target.instant(target.as_of - span) if isinstance(span, timedelta) else ""
