"""From profiles to scores, all customers in one query of named steps.

values → points (0..100 each) → parts (what each measure adds to the score) → previous → judged (band, trend, drivers).
Parts are differences of rounded running means, so they add up to the score exactly, to the printed digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from opscli.engine.dialect import Dialect
from opscli.engine.versions import literal
from opscli.health.health import HealthSpec, Measure, Target
from opscli.rules import sql as rules_sql
from opscli.rules.tree import family

BANDS = ("healthy", "watch", "critical", "unknown")
TRENDS = ("rising", "steady", "falling", "new", "unknown")

_DAY = "86400.0"
_POINTS = "DECIMAL(9, 2)"
"""Points with the two digits that people see: exact sums, the same on every engine."""
_EXACT = "DECIMAL(18, 8)"
"""Rounding a DOUBLE differs between engines, rounding a DECIMAL does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """What a scoring query needs beside the spec. `types` are rule types of traits, `caps` pairs of (condition SQL,
    limit SQL) over the aliases p (profiles) and c (customers).
    """

    spec: HealthSpec
    dialect: Dialect
    as_of: datetime
    types: Mapping[str, str]
    caps: tuple[tuple[str, str], ...] = ()


def scoring_sql(scoring: Scoring) -> str:
    """SELECT of customer_id, score, band, coverage, trend, drivers: one row per profile."""
    steps = {
        "looked_up": _values(scoring),
        "pointed": _points(scoring),
        "summed": _sums(scoring),
        "parted": _parts(scoring),
        "previous": _previous(scoring),
        "compared": _compared(scoring),
        "changed": _changes(scoring),
    }
    body = ",\n".join(f"{name} AS ({text})" for name, text in steps.items())
    return (
        f"WITH {body}\nSELECT customer_id, CAST(score AS DOUBLE) AS score, band, "
        f"CAST(coverage AS DOUBLE) AS coverage, trend, {_drivers(scoring)} AS drivers FROM changed"
    )


def band_sql(scoring: Scoring) -> str:
    """The band of `score`; who was in a band stays there until the score is below its start by the hysteresis."""
    bands = scoring.spec.bands
    healthy = f"(score >= {bands.healthy} OR (was_band = 'healthy' AND score >= {bands.healthy - bands.hysteresis}))"
    stays = f"(was_band IN ('healthy', 'watch') AND score >= {bands.watch - bands.hysteresis})"
    return (
        f"CASE WHEN score IS NULL OR coverage < {scoring.spec.coverage} THEN 'unknown' WHEN {healthy} THEN 'healthy' "
        f"WHEN score >= {bands.watch} OR {stays} THEN 'watch' ELSE 'critical' END"
    )


def _values(scoring: Scoring) -> str:
    """V = value as a number (an age in days for times), w = weight after decay, t = the value as JSON."""
    columns = ["p.customer_id"]
    for index, measure in enumerate(scoring.spec.measures):
        column = f"p.{scoring.dialect.quote(measure.trait)}"
        kind = family(scoring.types[measure.trait])
        text = f"CAST({column} AS VARCHAR)"
        columns += [
            f"{_as_number(scoring, column, kind)} AS v{index}",
            f"{_weight(scoring, measure)} AS w{index}",
            (f"'\"' || {text} || '\"'" if kind == "time" else text) + f" AS t{index}",
        ]
    limits = [f"CASE WHEN {condition} THEN {limit} ELSE 100 END" for condition, limit in scoring.caps]
    columns.append((f"LEAST({', '.join(limits)}, 100)" if limits else "100") + " AS cap")
    join = "LEFT JOIN customers c ON c.customer_id = p.customer_id" if scoring.caps else ""
    return f"SELECT {', '.join(columns)} FROM profiles p {join}"


def _as_number(scoring: Scoring, column: str, kind: str) -> str:
    if kind == "time":
        return f"({_age_seconds(scoring, column)} / {_DAY})"
    if kind == "boolean":
        return f"CASE WHEN {column} THEN 1.0 WHEN NOT {column} THEN 0.0 END"
    return f"CAST({column} AS DOUBLE)"


def _age_seconds(scoring: Scoring, column: str) -> str:
    instant = f"CAST({column} AS TIMESTAMP)"
    return scoring.dialect.seconds_between(instant, literal(scoring.as_of))


def _weight(scoring: Scoring, measure: Measure) -> str:
    """The weight, halved with every half-life of the evidence's age; without evidence there is none."""
    if measure.decay is None:
        return f"CAST({measure.weight} AS DOUBLE)"
    age = _age_seconds(scoring, f"p.{scoring.dialect.quote(measure.decay.by)}")
    halvings = f"{age} / {measure.decay.half_life.total_seconds()}"
    return f"CASE WHEN {age} < 0 THEN {measure.weight} ELSE {measure.weight} * POWER(0.5, {halvings}) END"


def _points(scoring: Scoring) -> str:
    """P = 0..100 along the line from bad to good, NULL where value or evidence is missing; w NULL there too."""
    columns = ["customer_id", "cap"]
    for index, measure in enumerate(scoring.spec.measures):
        bad, good = _number(measure.bad), _number(measure.good)
        line = f"100.0 * (v{index} - {bad}) / ({good} - {bad})"
        bounded = f"CASE WHEN {line} <= 0 THEN 0.0 WHEN {line} >= 100 THEN 100.0 ELSE {line} END"
        known = f"v{index} IS NOT NULL AND w{index} IS NOT NULL"
        columns += [
            f"CASE WHEN {known} THEN {bounded} END AS p{index}",
            f"CASE WHEN {known} THEN w{index} ELSE 0.0 END AS w{index}",
            f"t{index}",
        ]
    return f"SELECT {', '.join(columns)} FROM looked_up"


def _number(value: Target) -> str:
    """A target as SQL number: ages in days."""
    number = str(value.total_seconds() / 86_400) if isinstance(value, timedelta) else str(value)
    return f"CAST({number} AS DOUBLE)"


def _sums(scoring: Scoring) -> str:
    """Total = weight of the known measures, coverage = its share, m<i> = running weighted mean up to measure i."""
    count = len(scoring.spec.measures)
    total = " + ".join(f"w{index}" for index in range(count))
    whole = sum(measure.weight for measure in scoring.spec.measures)
    columns = ["*", f"({total}) / {whole} AS coverage"]
    for index in range(count):
        running = " + ".join(f"w{j} * COALESCE(p{j}, 0.0)" for j in range(index + 1))
        columns.append(f"ROUND(CAST(({running}) / NULLIF({total}, 0) AS {_EXACT}), 2) AS m{index}")
    return f"SELECT {', '.join(columns)} FROM pointed"


def _parts(scoring: Scoring) -> str:
    """a<i> = points that measure i adds; score = their sum, unless a cap is lower."""
    last = f"m{len(scoring.spec.measures) - 1}"
    columns = ["*", f"CAST(CASE WHEN {last} > cap THEN cap ELSE {last} END AS {_POINTS}) AS score"]
    for index in range(len(scoring.spec.measures)):
        before = f" - m{index - 1}" if index else ""
        columns.append(f"CAST(m{index}{before} AS {_POINTS}) AS a{index}")
    return f"SELECT {', '.join(columns)} FROM summed"


def _previous(scoring: Scoring) -> str:
    """The latest stored score before as_of, and the mean of the trend's window."""
    as_of, model = literal(scoring.as_of), rules_sql.literal(scoring.spec.name)
    since = literal(scoring.as_of - scoring.spec.trend.window)
    return (
        "SELECT customer_id, score AS was_score, band AS was_band, drivers AS was_drivers, usual FROM ("
        "SELECT customer_id, score, band, drivers, "
        f"AVG(CASE WHEN as_of >= {since} THEN score END) OVER (PARTITION BY customer_id) AS usual, "
        "ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY as_of DESC) AS newest "
        f"FROM health_scores WHERE model = {model} AND as_of < {as_of}) h WHERE newest = 1"
    )


def _compared(scoring: Scoring) -> str:
    """Each score beside the one before; b<i> = what measure i added then.

    The parts of the stored drivers are cut out with SPLIT_PART, which all engines have: their JSON functions differ.
    """
    columns = ["n.*", "h.was_band", "h.usual", f"CAST(h.was_score AS {_POINTS}) AS was_score"]
    for index, measure in enumerate(scoring.spec.measures):
        cut = f"SPLIT_PART(SPLIT_PART(h.was_drivers, {rules_sql.literal(_part_key(measure))}, 2), ',', 1)"
        columns.append(f"CAST(NULLIF(NULLIF({cut}, ''), 'null') AS {_POINTS}) AS b{index}")
    return f"SELECT {', '.join(columns)} FROM parted n LEFT JOIN previous h ON h.customer_id = n.customer_id"


def _changes(scoring: Scoring) -> str:
    """d<i> = points gained or lost by measure i since last time; other = by caps and by changes of the measures."""
    deltas = [f"(COALESCE(a{i}, 0) - COALESCE(b{i}, 0))" for i in range(len(scoring.spec.measures))]
    change = "score - was_score"
    columns = ["*", f"{band_sql(scoring)} AS band", f"{_trend(scoring)} AS trend"]
    columns += [f"CASE WHEN {change} IS NOT NULL THEN {delta} END AS d{i}" for i, delta in enumerate(deltas)]
    columns += [f"{change} AS change", f"{change} - ({' + '.join(deltas)}) AS other"]
    return f"SELECT {', '.join(columns)} FROM compared"


def _trend(scoring: Scoring) -> str:
    by = scoring.spec.trend.by
    return (
        "CASE WHEN score IS NULL THEN 'unknown' WHEN usual IS NULL THEN 'new' "
        f"WHEN score - usual >= {by} THEN 'rising' WHEN usual - score >= {by} THEN 'falling' ELSE 'steady' END"
    )


def _part_key(measure: Measure) -> str:
    return f'{{"measure": "{measure.trait}", "part": '


def _drivers(scoring: Scoring) -> str:
    """JSON {"measures": [{measure, part, points, weight, change, value}], "previous", "change", "other", "cap"}."""
    items = []
    for index, measure in enumerate(scoring.spec.measures):
        fields = {
            '"points": ': _json(f"CAST(p{index} AS {_POINTS})"),
            '"weight": ': _json(f"CAST(w{index} AS DECIMAL(12, 4))"),
            '"change": ': _json(f"d{index}"),
            '"value": ': f"COALESCE(t{index}, 'null')",
        }
        rest = " || ', ".join(f"{key}' || {value}" for key, value in fields.items())
        items.append(f"{rules_sql.literal(_part_key(measure))} || {_json(f'a{index}')} || ', {rest} || '}}'")
    tail = {"previous": _json("was_score"), "change": _json("change"), "other": _json("other"), "cap": _json(_cap())}
    ending = " || ".join(f"', \"{key}\": ' || {value}" for key, value in tail.items())
    return "'{\"measures\": [' || " + " || ', ' || ".join(items) + f" || ']' || {ending} || '}}'"


def _cap() -> str:
    return "CASE WHEN cap < 100 THEN cap END"


def _json(number: str) -> str:
    return f"COALESCE(CAST({number} AS VARCHAR), 'null')"
