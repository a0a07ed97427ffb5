"""The alert of record: high-value AND (no login for 30 days OR interactions down more than 50 %) → a task.

Two arms, judged apart, each true, false or unknown (NULL): unknown in one never silences the other. A fire becomes a
new task unless the same episode has one, a task of this alert is still open, or the cooldown has not passed.
An episode is one silence (it begins with the last login), or one fall (which stays visible for one comparison window).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from opscli.assignment.strategies import Work, to_owner
from opscli.engine.dialect import Dialect
from opscli.engine.versions import literal
from opscli.health.health import AlertRule
from opscli.health.score import BANDS, TRENDS
from opscli.health.words import named_sql, said_sql
from opscli.rules import sql as rules_sql

WINDOW = timedelta(days=30)
"""Each of the two windows of interactions that are compared."""

SKIPPED = ("same_episode", "open_task", "cooldown")
"""Why a fire makes no task; the first that applies is counted."""

_DAY = "86400.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerting:
    """What the query needs beside the rule. `audience` is the condition's SQL over p (profiles) and c (customers)."""

    rule: AlertRule
    dialect: Dialect
    as_of: datetime
    due_at: datetime
    audience: str
    scored: str
    """Table of this run's scores: customer_id, score, band, trend."""
    known: str
    """Table of this alert's tasks so far: customer_id, episode, status, created_at."""
    staff: str | None
    locale: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the alert came to. `withheld` = the stale feed that forbids to judge; `off` = what is not set up yet."""

    eligible: int = 0
    fired: int = 0
    new: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    withheld: str = ""
    off: str = ""

    def breaks(self, share: Decimal) -> bool:
        """Whether more than `share` percent of the eligible would be alerted; a single alert is no flood."""
        return self.new > 1 and self.new * 100 > share * self.eligible


def judged_sql(alerting: Alerting) -> str:
    """One row per judged high-value customer: both arms, the numbers behind them, the episode, why no task (skip)."""
    return (
        f"WITH facts AS ({_facts(alerting)}),\narms AS ({_arms(alerting)}),\n"
        f"fires AS ({_fires(alerting)})\n{_skips(alerting)}"
    )


def drafts_sql(alerting: Alerting, judged: str) -> str:
    """The tasks to create, from the table made of `judged_sql`: what `assignment.tasks.create` takes."""
    new = f"(SELECT customer_id AS item_id, owner_id FROM {judged} WHERE fires AND skip IS NULL)"
    owners = to_owner(Work(items=new, staff=alerting.staff, fallback=alerting.rule.fallback_owner))
    texts = _texts(alerting)
    text = ", ".join(f"{texts[name]} AS {name}" for name in ("title", "body", "reason"))
    return (
        f"SELECT j.episode, j.customer_id, {text}, "
        f"{rules_sql.literal(alerting.rule.priority)} AS priority, o.owner, o.owner_reason, "
        f"{literal(alerting.due_at)} AS due_at FROM {judged} j "
        f"JOIN ({owners}) o ON o.item_id = j.customer_id "
        f"LEFT JOIN {alerting.scored} s ON s.customer_id = j.customer_id"
    )


def _facts(alerting: Alerting) -> str:
    """What is known about each high-value customer. Where only the later interactions are NULL, there were none."""
    rule, quote = alerting.rule, alerting.dialect.quote
    before = f"p.{quote(rule.interactions_before)}"
    now = f"CASE WHEN {before} IS NOT NULL THEN COALESCE(p.{quote(rule.interactions)}, 0) END"
    return (
        f"SELECT p.customer_id, c.{quote(rule.owner)} AS owner_id, "
        f"CAST(p.{quote(rule.login)} AS TIMESTAMP) AS last_login, {now} AS now_count, {before} AS before_count, "
        "COALESCE(c.created_at, c.first_seen) AS since FROM profiles p "
        f"JOIN customers c ON c.customer_id = p.customer_id WHERE {alerting.audience}"
    )


def _arms(alerting: Alerting) -> str:
    """Exactly 30 days without login fires, exactly half of the interactions does not: whole numbers, no rounding."""
    rule = alerting.rule
    silent_since = literal(alerting.as_of - rule.no_login)
    old_enough = f"since <= {literal(alerting.as_of - rule.min_account_age)}"
    return (
        f"SELECT *, CASE WHEN last_login IS NOT NULL THEN last_login <= {silent_since} END AS login_arm, "
        f"CASE WHEN before_count >= {rule.baseline_min} AND {old_enough} "
        f"THEN (before_count - now_count) * 100 > before_count * {rule.interactions_drop} END AS drop_arm FROM facts"
    )


def _fires(alerting: Alerting) -> str:
    silence = "'login ' || CAST(last_login AS VARCHAR)"
    fall = rules_sql.literal(f"drop {alerting.as_of.isoformat(sep=' ')}")
    return (
        "SELECT *, (COALESCE(login_arm, FALSE) OR COALESCE(drop_arm, FALSE)) AS fires, "
        f"CASE WHEN login_arm THEN {silence} WHEN drop_arm THEN {fall} END AS episode "
        "FROM arms WHERE login_arm IS NOT NULL OR drop_arm IS NOT NULL"
    )


def _skips(alerting: Alerting) -> str:
    """`skip` by the customer's earlier tasks. One fall is not told twice while its windows still overlap."""
    rested = literal(alerting.as_of - alerting.rule.cooldown)
    settled = literal(alerting.as_of - max(alerting.rule.cooldown, WINDOW))
    past = (
        "SELECT customer_id, MAX(created_at) AS latest, "
        "COUNT(CASE WHEN status IN ('open', 'snoozed') THEN 1 END) AS open_tasks "
        f"FROM {alerting.known} GROUP BY customer_id"
    )
    same = f"SELECT DISTINCT customer_id, episode FROM {alerting.known}"
    return (
        "SELECT f.*, CASE WHEN NOT f.fires THEN NULL WHEN k.episode IS NOT NULL THEN 'same_episode' "
        "WHEN t.open_tasks > 0 THEN 'open_task' "
        f"WHEN t.latest > {rested} THEN 'cooldown' "
        f"WHEN NOT COALESCE(f.login_arm, FALSE) AND t.latest > {settled} THEN 'same_episode' END AS skip "
        f"FROM fires f LEFT JOIN ({past}) t ON t.customer_id = f.customer_id "
        f"LEFT JOIN ({same}) k ON k.customer_id = f.customer_id AND k.episode = f.episode"
    )


def _texts(alerting: Alerting) -> dict[str, str]:
    """SQL of title, body and reason of a task over j (judged) and s (scores)."""
    locale = alerting.locale
    seconds = alerting.dialect.seconds_between("j.last_login", literal(alerting.as_of))
    values = {
        "days": _whole(f"FLOOR({seconds} / {_DAY})"),
        "last": "CAST(CAST(j.last_login AS DATE) AS VARCHAR)",
        "now": _whole("j.now_count"),
        "before": _whole("j.before_count"),
        "fall": _whole(
            "ROUND(CAST((j.before_count - j.now_count) * 100.0 / NULLIF(j.before_count, 0) AS DECIMAL(9, 4)))"
        ),
        "score": _whole("ROUND(CAST(s.score AS DECIMAL(9, 4)))"),
        "band": named_sql("s.band", BANDS, locale),
        "trend": named_sql("s.trend", TRENDS, locale),
    }
    login, drop = said_sql("login", locale, values), said_sql("drop", locale, values)
    capital = f"(UPPER(SUBSTR({drop}, 1, 1)) || SUBSTR({drop}, 2))"
    reason = (
        f"CASE WHEN j.login_arm AND j.drop_arm THEN {login} || {said_sql('both', locale, {})} || {drop} "
        f"WHEN j.login_arm THEN {login} ELSE {capital} END"
    )
    title = (
        f"CASE WHEN j.login_arm AND j.drop_arm THEN {said_sql('title_both', locale, values)} "
        f"WHEN j.login_arm THEN {said_sql('title_login', locale, values)} "
        f"ELSE {said_sql('title_drop', locale, values)} END"
    )
    judged = "s.score IS NOT NULL AND s.band <> 'unknown'"
    health = (
        f"CASE WHEN {judged} THEN {said_sql('health', locale, values)} ELSE {said_sql('no_health', locale, values)} END"
    )
    return {
        "title": title,
        "body": f"({reason}) || {said_sql('stop', locale, {})} || CHR(10) || {health}",
        "reason": f"({reason})",
    }


def _whole(number: str) -> str:
    return f"CAST(CAST({number} AS BIGINT) AS VARCHAR)"
