"""Dates and times as people write them, as SQL: in the forms that a column states, else in those that mean one thing.

`31/12/2026` means two things as long as nobody says which: it is read by a stated form only.
"""

from __future__ import annotations

from collections.abc import Sequence

from opscli.sources.formats.rows import text_literal

EPOCHS = {"epoch": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}
"""Words for a form: units a second since 1970 in UTC."""
WORDS = (*EPOCHS, "excel", "iso")
_OFFSET = r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
_INSTANT = rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}([T ][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}([.][0-9]{{1,9}})?)?\s?{_OFFSET}?)?"
_LOOSE_CLOCK = r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?\s?(Z|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?)?"
_LOOSE = rf"[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}([T ]{_LOOSE_CLOCK})?"
"""One digit in a month, a comma before fractions, a zone by its name."""
_MIDNIGHT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]24:00(:00)?"
AMBIGUOUS = r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.]([0-9]{4}|[0-9]{2})([T ].*)?"
TWO_DIGIT_YEAR = r"[0-9]{1,2}[- .][A-Za-z]{3,9}[- .,]+[0-9]{2}([T ].*)?"
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %I:%M%p")
_NAMED = ("%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d. %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y")
_YEAR_FIRST = ("%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y-%m-%d")
_COMPACT = ("%Y%m%d", "%Y%m%dT%H%M%S", "%Y%m%dT%H%M%SZ", "%Y%m%d%H%M%S", "%Y%m%d %H:%M:%S")
_EXCEL_DAY_ONE = "1899-12-30"
_NO_DAY = 60
"""Excel counts a 29 February 1900 that never was."""


def moment_sql(sql: str, kind: str, forms: Sequence[str]) -> str:
    """SQL of a text as a `timestamp` or `date`: by the first stated form that reads it, NULL where none does.

    The session's zone is UTC: a text without offset is UTC here, and made local to its zone in a later step.
    """
    target = "DATE" if kind == "date" else "TIMESTAMP"
    if not forms:
        return _usual(sql, target)
    patterns = [form for form in forms if form not in WORDS]
    read = [_by_word(sql, form) for form in forms if form in WORDS]
    if patterns:
        listed = ", ".join(map(text_literal, patterns))
        read.append(f"try_strptime({sql}, [{listed}])" if len(patterns) > 1 else f"try_strptime({sql}, {listed})")
    found = read[0] if len(read) == 1 else f"coalesce({', '.join(read)})"
    return f"CAST({found} AS {target})"


def year_sql(sql: str, forms: Sequence[str]) -> str:
    """SQL of the local year of a text; a text in a usual form begins with it."""
    if not forms:
        return f"TRY_CAST(left({sql}, 4) AS INTEGER)"
    return f"year({moment_sql(sql, 'timestamp', forms)})"


def states_zone(sql: str) -> str:
    """SQL: the text states its offset from UTC, or counts from an instant."""
    offset = r"[0-9]\s?(Z|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?)$"
    counted = r"[0-9]{10}|[0-9]{13}|[0-9]{16}|[0-9]{8}T[0-9]{6}Z"
    return f"(regexp_matches({sql}, {text_literal(offset)}) AND {sql} LIKE '%:%' OR {_matches(sql, counted)})"


def common(sql: str) -> str:
    """SQL: the text has the commonest form; a cast to an instant with a zone would take ten times as long."""
    return " OR ".join(f"{sql} LIKE '____-__-__{mark}__:__:__'" for mark in (" ", "T"))


def _usual(sql: str, target: str) -> str:
    instant = f"CAST(TRY_CAST({sql} AS TIMESTAMPTZ) AS {target})"
    return (
        f"CASE WHEN {common(sql)} THEN TRY_CAST({sql} AS {target}) WHEN {_matches(sql, _INSTANT)} THEN {instant} "
        f"ELSE CAST({_otherwise(sql)} AS {target}) END"
    )


def _otherwise(sql: str) -> str:
    """SQL of a timestamp in the rarer forms that mean one thing: one test of its characters chooses the form."""
    zoned = f"regexp_replace(replace({sql}, ',', '.'), '\\s?(UTC|GMT)$', 'Z')"
    midnight = f"TRY_CAST(replace({sql}, '24:00', '00:00') AS TIMESTAMP) + INTERVAL 1 DAY"
    year_first = [f"{day}{clock}" for day in _YEAR_FIRST for clock in _CLOCKS]
    named = [f"{day}{clock}" for day in _NAMED for clock in (*_CLOCKS, ", %H:%M", ", %I:%M %p")]
    arms = (
        (r"[0-9]{10}", _counted(sql, 1)),
        (r"[0-9]{13}", _counted(sql, 1_000)),
        (r"[0-9]{16}", _counted(sql, 1_000_000)),
        (r"[12][0-9]{7}(T?[0-9]{6}Z?| [0-9:]{8})?", _patterned(sql, _COMPACT)),
        (_MIDNIGHT, midnight),
        (_LOOSE, f"CAST(TRY_CAST({zoned} AS TIMESTAMPTZ) AS TIMESTAMP)"),
        (r"[0-9]{4}[-/.年].*", _patterned(sql, year_first)),
        (r".*[A-Za-z]{3}.*[0-9]{4}.*", _patterned(sql, named)),
    )
    return f"CASE {' '.join(f'WHEN {_matches(sql, pattern)} THEN {read}' for pattern, read in arms)} END"


def _by_word(sql: str, word: str) -> str:
    if word in EPOCHS:
        number = r"-?[0-9]{1,17}([.][0-9]+)?"
        return f"CASE WHEN {_matches(sql, number)} THEN {_counted(sql, EPOCHS[word])} END"
    if word == "iso":
        return _usual(sql, "TIMESTAMP")
    days = f"TRY_CAST({sql} AS DECIMAL(18, 10))"
    milliseconds = f"CAST(ROUND(({days} + CASE WHEN {days} < {_NO_DAY} THEN 1 ELSE 0 END) * 86400000) AS BIGINT)"
    serial = f"TIMESTAMP '{_EXCEL_DAY_ONE}' + to_milliseconds({milliseconds})"
    number = r"[0-9]{1,7}([.][0-9]+)?"
    never = f"{days} >= {_NO_DAY} AND {days} < {_NO_DAY + 1} OR {days} < 1"
    return f"CASE WHEN {_matches(sql, number)} AND NOT ({never}) THEN {serial} END"


def _counted(sql: str, units: int) -> str:
    """SQL of the UTC instant that many units after 1970; NULL beyond the year 9999."""
    micros = f"TRY_CAST(TRY_CAST({sql} AS DECIMAL(38, 6)) * {1_000_000 // units} AS BIGINT)"
    return f"CASE WHEN abs({micros}) < 253402300800000000 THEN make_timestamp({micros}) END"


def _patterned(sql: str, patterns: Sequence[str]) -> str:
    return f"try_strptime({sql}, [{', '.join(map(text_literal, patterns))}])"


def _matches(sql: str, pattern: str) -> str:
    return f"regexp_full_match({sql}, {text_literal(pattern)})"
