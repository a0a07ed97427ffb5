"""What would make rejected values readable: the forms of dates that fit every value of a column."""

from __future__ import annotations

from collections.abc import Iterator

from opscli.engine.warehouse import Session
from opscli.phrases import say
from opscli.sources.blanks import bare
from opscli.sources.formats.rows import REJECTS, Rows, text_literal
from opscli.sources.forms import strict
from opscli.sources.mapping import mapping_of
from opscli.sources.source import Mapped, SourceSpec
from opscli.stage import Context

_DAYS = (
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m.%d.%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%m.%d.%y", "%d-%m-%y", "%m-%d-%y", "%d-%b-%y", "%d %b %y",
)  # fmt: skip
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_PATTERNS = tuple(f"{day}{clock}" for day in _DAYS for clock in _CLOCKS)


def of_dates(session: Session, spec: SourceSpec, rows: Rows, ctx: Context) -> Iterator[str]:
    """For each column of dates that could be read in several ways: what to write into the mapping, if that is clear."""
    reasons = "reason IN ('ambiguous_date', 'two_digit_year')"
    query = f"SELECT DISTINCT column_name FROM {REJECTS} WHERE source = ? AND {reasons}"
    stated = mapping_of(spec, ctx.project.entities[spec.entity])
    for (target,) in session.rows(f"{query} ORDER BY column_name", (spec.name,)):
        column = stated[target].column or stated[target].text
        if rows.columns.get(column) == "text":
            yield _hint(session, rows, str(target), stated[target])


def _hint(session: Session, rows: Rows, target: str, mapped: Mapped) -> str:
    column = mapped.column or mapped.text
    value = bare(session.dialect.quote(column))
    for word in mapped.empty:
        value = f"NULLIF({value}, {text_literal(word)})"
    fits = (f"count({strict(value, pattern)})" for pattern in _PATTERNS)
    total, *counts = session.rows(f"SELECT count({value}), {', '.join(fits)} FROM {rows.relation} AS dates")[0]
    patterns = [pattern for pattern, count in zip(_PATTERNS, counts, strict=True) if count == total]
    told = {"column": column, "target": target, "count": total}
    if len(patterns) == 1:
        return say("sources.date_fits", pattern=patterns[0], **told)
    if patterns:
        return say("sources.date_unclear", patterns=" / ".join(patterns), **told)
    return say("sources.date_mixed", **told)
