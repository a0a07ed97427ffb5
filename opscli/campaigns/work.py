"""The scratch tables that a campaign run works on, and what a step is given to work with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from opscli.campaigns.campaign import CampaignSpec, Step
from opscli.engine.warehouse import Session
from opscli.stage import Context

WORK = "scratch.campaigns_work"
MESSAGES = "scratch.campaigns_messages"
EVENTS = "scratch.campaigns_events"
ENROLMENTS = "scratch.campaigns_enrolments"
ARMS = "scratch.campaigns_arms"

_WORK_COLUMNS = {
    "enrolment_id": "text",
    "customer_id": "text",
    "occurrence": "text",
    "position": "integer",
    "is_new": "boolean",
    "status": "text",
    "reason": "text",
    "wake_at": "timestamp",
}
_MESSAGE_COLUMNS = {
    "campaign": "text",
    "enrolment_id": "text",
    "customer_id": "text",
    "occurrence": "text",
    "step": "text",
    "channel": "text",
    "class": "text",
    "address": "text",
    "address_hash": "text",
    "arm": "text",
    "not_before": "timestamp",
    "template": "text",
    "template_version": "text",
    "context": "text",
}
_EVENT_COLUMNS = {
    "campaign": "text",
    "enrolment_id": "text",
    "customer_id": "text",
    "step": "text",
    "kind": "text",
    "reason": "text",
    "place": "integer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWork:
    """One step of one campaign over everybody who stands at it: rows of WORK with this position, active, not asleep.

    A step advances every one of them (`position + 1`), or ends or parks them; what it does besides goes into MESSAGES
    and EVENTS.
    """

    ctx: Context
    session: Session
    campaign: CampaignSpec
    step: Step
    position: int

    @property
    def standing(self) -> str:
        """Condition of the rows that stand at this step."""
        return f"status = 'active' AND wake_at IS NULL AND position = {self.position}"

    def advance(self) -> None:
        """Everybody at this step goes on to the next."""
        self.session.execute(f"UPDATE {WORK} SET position = position + 1 WHERE {self.standing}")


def create_tables(session: Session) -> None:
    """Empty tables for a plan."""
    session.create(MESSAGES, _MESSAGE_COLUMNS)
    session.create(EVENTS, _EVENT_COLUMNS)
    session.create(ENROLMENTS, {"campaign": "text", **_WORK_COLUMNS})
    session.create(ARMS, {"experiment": "text", "customer_id": "text", "arm": "text"})


def begin(session: Session) -> None:
    """An empty WORK for the next campaign."""
    session.create(WORK, _WORK_COLUMNS)


ENTRY, END = -1, 1_000_000
"""Places of events before the first step and after the last; `place` keeps one run's events of a customer in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A kind of event and where in the campaign it happens; `reason` is SQL over the rows that it happens to."""

    kind: str
    place: int
    step: str = ""
    reason: str = "''"


def record(session: Session, campaign: str, event: Event, rows: str) -> None:
    """Append an event for each of `rows` (FROM …) with enrolment_id and customer_id."""
    session.execute(
        f"INSERT INTO {EVENTS} SELECT $campaign, enrolment_id, customer_id, $step, $kind, {event.reason}, "
        f"{event.place} FROM {rows}",
        {"campaign": campaign, "kind": event.kind, "step": event.step},
    )


def timestamp_text(moment: datetime) -> str:
    """How an occurrence names an instant."""
    return moment.isoformat(timespec="microseconds") if moment.microsecond else moment.isoformat()
