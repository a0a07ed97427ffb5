"""The gate before the outbox: one set-based pass with a fixed order of questions; every no has a reason.

holdout → suppression → consent → address valid → idempotency → template values → quiet hours (wait) → frequency cap.
Exit and goal come before, from the campaign; the channel's rate comes after, from the sender.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from opscli.delivery.addresses import address_hash_sql, normalised_sql
from opscli.delivery.channel import ChannelSpec
from opscli.delivery.topic import TopicSpec
from opscli.engine.entity import Entity
from opscli.engine.versions import literal, visible
from opscli.engine.warehouse import Session

VERDICTS = "scratch.gate_verdicts"
"""One row a candidate: enrolment_id, customer_id, occurrence, address, address_hash, reason ('' = go), not_before."""

_LONGEST_ADDRESS = 254


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Who is to get what: `candidates` is a scratch table with enrolment_id, customer_id, occurrence.

    `values` are the template's variables as SQL over `c` (customers) and `p` (profiles); `required` those that may not
    be NULL. `planned` is a scratch table of messages that this run has planned already, counted by caps.
    """

    origin: str
    step: str
    message_class: str
    channel: ChannelSpec
    topic: TopicSpec
    candidates: str
    planned: str
    values: Mapping[str, str] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    as_of: datetime
    zone: str


def find_buyers(session: Session, orders: Entity | None, *, as_of: datetime, known_at: datetime) -> None:
    """`scratch.gate_buyers`: customers with a purchase, for whom soft opt-in holds; empty without orders."""
    session.create("scratch.gate_buyers", {"customer_id": "text"})
    if orders is None or orders.customer is None or orders.versions_table not in session.tables():
        return
    reference = session.dialect.quote(orders.customer)
    rows = visible(orders, as_of=as_of, known_at=known_at)
    session.execute(
        "INSERT INTO scratch.gate_buyers SELECT DISTINCT l.customer_id "
        f"FROM {rows} AS o JOIN links AS l ON l.ns = o.customer_ns AND l.ref = o.{reference}"
    )


def judge(session: Session, request: Request) -> None:
    """Fill `scratch.gate_verdicts` for one step of one campaign. The state's lists lie in scratch (see `lists`)."""
    session.execute(f"CREATE OR REPLACE TABLE scratch.gate_facts AS {_facts(session, request)}", _parameters(request))
    verdict = f"SELECT f.*, {_reason(request)} AS why FROM scratch.gate_facts AS f"
    session.execute(f"CREATE OR REPLACE TABLE scratch.gate_judged AS {verdict}")
    session.execute(f"CREATE OR REPLACE TABLE {VERDICTS} AS {_verdicts(request)}")


def _parameters(request: Request) -> Mapping[str, str]:
    return {
        "origin": request.origin,
        "step": request.step,
        "channel": request.channel.name,
        "brand": request.channel.brand,
        "topic": request.topic.name,
    }


def _facts(session: Session, request: Request) -> str:
    """What the questions ask about, one row a candidate."""
    address = normalised_sql("c.email")
    opted = "c.email_opt_in" if "email_opt_in" in session.columns("customers") else "CAST(NULL AS BOOLEAN)"
    profile = "LEFT JOIN profiles AS p ON p.customer_id = w.customer_id" if "profiles" in session.tables() else ""
    missing = " OR ".join(f"({request.values[name]}) IS NULL" for name in sorted(request.required)) or "FALSE"
    return f"""
        SELECT w.enrolment_id, w.customer_id, w.occurrence, c.customer_id IS NULL AS gone,
            {address} AS address, {address_hash_sql(address)} AS address_hash,
            project.customer_id IS NOT NULL OR own.customer_id IS NOT NULL AS held_out,
            CASE
                WHEN e.status IS NOT NULL THEN e.status
                WHEN {opted} THEN 'granted'
                WHEN NOT {opted} THEN 'denied'
                ELSE 'unknown'
            END AS consent,
            s.address_hash IS NOT NULL AS suppressed,
            b.customer_id IS NOT NULL AS buyer,
            k.customer_id IS NOT NULL AS known_key,
            ({missing}) AS value_missing,
            COALESCE(h.messages, 0) AS recent
        FROM {request.candidates} AS w
        LEFT JOIN customers AS c ON c.customer_id = w.customer_id
        {profile}
        LEFT JOIN ({_held("'project:holdout'")}) AS project ON project.customer_id = w.customer_id
        LEFT JOIN ({_held("'campaign:' || $origin || ':holdout'")}) AS own ON own.customer_id = w.customer_id
        LEFT JOIN (
            SELECT DISTINCT address_hash FROM scratch.gate_suppressions
            WHERE brand = $brand AND channel IN ('all', $channel) AND stream IN ('all', $topic)
        ) AS s ON s.address_hash = {address_hash_sql(address)}
        LEFT JOIN ({_ledger()}) AS e ON e.customer_id = w.customer_id
        LEFT JOIN scratch.gate_buyers AS b ON b.customer_id = w.customer_id
        LEFT JOIN (
            SELECT DISTINCT customer_id, occurrence FROM scratch.gate_outbox
            WHERE origin = $origin AND step = $step AND channel = $channel
        ) AS k ON k.customer_id = w.customer_id AND k.occurrence = w.occurrence
        LEFT JOIN ({_recent(request)}) AS h ON h.customer_id = w.customer_id
    """


def _held(experiment_sql: str) -> str:
    """Customers in the holdout; of a merged customer's two arms the stricter one counts."""
    return f"SELECT DISTINCT customer_id FROM scratch.gate_arms WHERE experiment = {experiment_sql} AND arm = 'holdout'"


def _strictness(status_sql: str) -> str:
    """SQL to order by: the word that forbids most comes first."""
    return f"CASE {status_sql} WHEN 'denied' THEN 0 WHEN 'pending' THEN 1 ELSE 2 END"


def _ledger() -> str:
    """The newest word of each customer on this channel and topic; of two at one instant the stricter one wins.

    Of customers who were merged each one's newest word counts, and the strictest of them holds, until the person speaks
    under the id that stayed.
    """
    newest = f"""
        SELECT customer_id, given_as, merged_at, status, occurred_at FROM (
            SELECT *, ROW_NUMBER() OVER (
                PARTITION BY customer_id, given_as ORDER BY occurred_at DESC, {_strictness("status")}
            ) AS place
            FROM scratch.gate_consents
            WHERE brand = $brand AND channel IN ('all', $channel) AND topic IN ('all', $topic)
        ) AS words WHERE place = 1
    """
    return f"""
        SELECT customer_id, status FROM (
            SELECT w.customer_id, w.status,
                ROW_NUMBER() OVER (PARTITION BY w.customer_id ORDER BY {_strictness("w.status")}) AS place
            FROM ({newest}) AS w
            LEFT JOIN ({newest}) AS own ON own.customer_id = w.customer_id AND own.merged_at IS NULL
            WHERE w.merged_at IS NULL OR own.occurred_at IS NULL OR own.occurred_at < w.merged_at
        ) AS judged WHERE place = 1
    """


def _recent(request: Request) -> str:
    """Marketing messages per customer within the cap's window, those that this run has planned included."""
    cap = request.channel.cap
    if cap is None:
        return "SELECT CAST(NULL AS VARCHAR) AS customer_id, 0 AS messages WHERE FALSE"
    since = literal(request.as_of - cap.within)
    return f"""
        SELECT customer_id, COUNT(*) AS messages FROM (
            SELECT customer_id FROM scratch.gate_outbox
            WHERE channel = $channel AND brand = $brand AND class = 'marketing' AND queued_at > {since}
                AND status NOT IN ('suppressed', 'cancelled', 'expired', 'failed')
            UNION ALL
            SELECT customer_id FROM {request.planned} WHERE channel = $channel AND class = 'marketing'
        ) AS counted GROUP BY customer_id
    """


def _reason(request: Request) -> str:
    """The first question with a no, as a reason code; '' when all are yes."""
    marketing = request.message_class == "marketing"
    silence = {"opt_in": "'consent_missing'", "soft_opt_in": "CASE WHEN NOT f.buyer THEN 'consent_missing' END"}
    unknown = silence.get(request.topic.policy, "NULL")
    consent = f"""
        WHEN f.consent = 'denied' THEN 'consent_denied'
        WHEN f.consent = 'pending' THEN 'consent_pending'
        WHEN f.consent = 'unknown' AND {unknown} IS NOT NULL THEN 'consent_missing'
    """
    cap = request.channel.cap
    return f"""CASE
        WHEN f.gone THEN 'customer_gone'
        WHEN f.held_out THEN 'holdout'
        WHEN f.suppressed THEN 'suppressed'
        {consent if marketing else ""}
        WHEN f.address IS NULL OR f.address = '' THEN 'address_missing'
        WHEN length(f.address) > {_LONGEST_ADDRESS} OR f.address NOT LIKE '%_@_%._%' OR f.address LIKE '% %'
            OR f.address LIKE '%@%@%' THEN 'address_invalid'
        WHEN f.known_key THEN 'already_queued'
        WHEN f.value_missing THEN 'value_missing'
        {f"WHEN f.recent >= {cap.max} THEN 'frequency_cap'" if cap and marketing else ""}
        ELSE '' END"""


def _verdicts(request: Request) -> str:
    """The judged rows; of several candidates with one address the first goes, the others are told why not."""
    quiet = request.channel.quiet_hours
    waits_until = quiet.ends_after(request.as_of, request.zone) if quiet else None
    not_before = literal(waits_until) if waits_until else "CAST(NULL AS TIMESTAMP)"
    return f"""
        SELECT enrolment_id, customer_id, occurrence, address, address_hash,
            CASE WHEN why = '' AND place > 1 THEN 'address_used_twice' ELSE why END AS reason,
            {not_before} AS not_before
        FROM (
            SELECT j.*, ROW_NUMBER() OVER (
                PARTITION BY j.why, j.occurrence, j.address_hash ORDER BY j.customer_id, j.enrolment_id
            ) AS place
            FROM scratch.gate_judged AS j
        ) AS ranked
    """
