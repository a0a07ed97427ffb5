"""Try a condition on the profiles of an instant: how many customers match, which ones, and why somebody does not.

The profiles that stand are of one instant; for another one they are computed anew, with what had happened and was known
then. Tags, messages and campaigns are read from their histories. Fields of customers, and who belongs together, are
identity's newest answer also then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from opscli.clock import iso
from opscli.engine.warehouse import Session
from opscli.errors import DataUnusable
from opscli.phrases import say
from opscli.profiles.job import compute
from opscli.rules import audience, parameters
from opscli.rules.explain import Judged, judged, look
from opscli.rules.sql import render
from opscli.rules.target import Target
from opscli.rules.tree import Expression, Value
from opscli.stage import Context

_THEN = "scratch.trial_profiles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A condition over the profiles of `target.as_of`; `rows` is the FROM clause, `recomputed` says whether for it."""

    session: Session
    expression: Expression
    target: Target
    rows: str
    recomputed: bool

    @property
    def as_of(self) -> datetime:
        """The instant from which the condition looks."""
        return self.target.as_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to try: a condition, the values of its parameters, and the instant (None = that of the profiles)."""

    expression: Expression
    params: Mapping[str, Value]
    as_of: datetime | None = None


def prepare(ctx: Context, session: Session, question: Question) -> Trial:
    """Profiles of the instant in question. Raises RuleInvalid for parameters, DataUnusable without profiles."""
    params = parameters.bind(question.expression, question.params)
    standing = audience.standing(session)
    as_of = question.as_of or standing
    if as_of is None:
        raise DataUnusable(say("data.no_profiles"), remedy=say("data.no_profiles_how"))
    recomputed = as_of != standing
    if recomputed:
        compute(ctx.at(as_of=as_of, known_at=as_of), session, _THEN)
    target = audience.target(ctx.project.catalog, session.dialect, as_of)
    return Trial(
        session=session,
        expression=question.expression,
        target=replace(target, params=params),
        rows=audience.over(_THEN if recomputed else "profiles"),
        recomputed=recomputed,
    )


def count(trial: Trial) -> dict[str, int]:
    """Customers for whom the condition holds, does not hold, and cannot be judged."""
    sql = render(trial.expression, trial.target)
    (found,) = trial.session.dicts(
        "SELECT COUNT(CASE WHEN v THEN 1 END) AS match, COUNT(CASE WHEN NOT v THEN 1 END) AS no_match, "
        "COUNT(CASE WHEN v IS NULL THEN 1 END) AS unknown, COUNT(*) AS customers "
        f"FROM (SELECT {sql} AS v FROM {trial.rows}) judged"
    )
    return {name: int(number) for name, number in found.items()}


def sample(trial: Trial, size: int) -> list[dict[str, Any]]:
    """Up to `size` customers of each verdict, always the same ones for the same customers."""
    sql = render(trial.expression, trial.target)
    place = trial.target.dialect.hash_bucket("'sample'", trial.target.identity, 1_000_000_007)
    return trial.session.dicts(
        "SELECT verdict, customer_id FROM (SELECT customer_id, verdict, ROW_NUMBER() OVER "
        "(PARTITION BY verdict ORDER BY place, customer_id) AS number FROM (SELECT p.customer_id, "
        f"CASE WHEN {sql} THEN 'match' WHEN NOT {sql} THEN 'no_match' ELSE 'unknown' END AS verdict, {place} AS place "
        f"FROM {trial.rows}) judged) numbered WHERE number <= ? ORDER BY verdict, number",
        (size,),
    )


def look_at(trial: Trial, customer_id: str) -> Judged:
    """The condition clause by clause for one customer. Raises DataUnusable when they have no profile then."""

    def row_of(columns: str) -> tuple[object, ...]:
        found = trial.session.rows(f"SELECT {columns} FROM {trial.rows} WHERE p.customer_id = ?", (customer_id,))
        if not found:
            what = say("rules.not_known_then", customer=customer_id, as_of=iso(trial.as_of))
            raise DataUnusable(what, remedy=say("rules.not_known_then_how"))
        return found[0]

    return judged(trial.expression, look(trial.expression, trial.target, row_of))
