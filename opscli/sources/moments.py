"""Dates and times as people write them, as SQL: in the forms that a column states, else in those that mean one thing.

`31/12/2026` means two things as long as nobody says which: it is read by a stated form only. A date column takes the
day that is written, whatever offset stands behind the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from opscli.sources import forms as patterns
from opscli.sources.formats.rows import matches, text_literal
from opscli.sources.forms import OFFSET, offset_sql, parsed, patterned_sql, without_zone

EPOCHS = {"epoch": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}
"""Words for a form: units a second since 1970 in UTC."""
WORDS = (*EPOCHS, "excel", "iso")
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_MINUTE = r"(?:[01][0-9]|2[0-3]):[0-9]{2}"
_FRACTION = r"[0-9]{1,9}"
_INSTANT = rf"{_DAY}(?:[T ]{_MINUTE}(?::[0-9]{{2}}(?:[.]{_FRACTION})?(?:Z|{OFFSET})?)?)?"
_NO_SECONDS = rf"{_DAY}[T ]{_MINUTE}(?::[0-9]{{2}},{_FRACTION})?(?:Z|{OFFSET})?"
"""DuckDB 1.5 takes an offset behind seconds only, and none takes a comma before fractions."""
_LOOSE_CLOCK = rf"[0-9]{{1,2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:[.,]{_FRACTION})?)?\s?(?:Z|UTC|GMT|{OFFSET})?"
_LOOSE = rf"[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}(?:[T ]{_LOOSE_CLOCK})?"
"""One digit in a month, a comma before fractions, a zone by its name or behind a space."""
_MIDNIGHT = rf"{_DAY}[T ]24:00(?::00(?:[.]0+)?)?Z?"
_BASIC = rf"[12][0-9]{{7}}(?:T[0-9]{{6}}(?:Z|{OFFSET})?)?"
_COMPACT = r"[12][0-9]{7}(?:[0-9]{4}|[0-9]{6}| [0-9:]{8})"
_COMPACT_PATTERNS = ("%Y%m%d%H%M%S", "%Y%m%d%H%M", "%Y%m%d %H:%M:%S")
_TEN_DIGITS_OF_A_DAY = r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])"
"""Year to hour, or seconds since 1970 that fall into the years around 2033."""
AMBIGUOUS = rf"[0-9]{{1,2}}[-/.][0-9]{{1,2}}[-/.]([0-9]{{4}}|[0-9]{{2}})([T ,].*)?|{_TEN_DIGITS_OF_A_DAY}"
TWO_DIGIT_YEAR = r"[0-9]{1,2}[- .][A-Za-z]{3,9}[- .,]+[0-9]{2}([T ,].*)?"
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %I:%M%p", " %H:%M:%S.%f")
_YEAR_FIRST = r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?"
_MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?"
_WEEKDAY = "(?:(?:mon|tues?|wed|thu|thurs|fri|sat|sun)(?:day|nesday|rsday|urday)?[, ] *)?"
_DAY_FIRST = rf"{_WEEKDAY}([0-9]{{1,2}})(?:st|nd|rd|th)?[-. ]+{_MONTH}[-., ]+([0-9]{{4}})"
_MONTH_FIRST = rf"{_WEEKDAY}{_MONTH}[. ]+([0-9]{{1,2}})(?:st|nd|rd|th)?[, ]+([0-9]{{4}})"
_NAMED = f"(?:{_DAY_FIRST}|{_MONTH_FIRST})"
_EXCEL_DAY_ONE = "1899-12-30"
_NO_DAY, _LAST_DAY = 60, 2_958_466
"""Excel counts a 29 February 1900 that never was, and up to the end of the year 9999."""


def moment_sql(sql: str, kind: str, forms: Sequence[str]) -> str:
    """SQL of a text as a `timestamp` or `date`: by the first stated form that reads it, NULL where none does.

    The session's zone is UTC: a text without offset is UTC here, and made local to its zone in a later step.
    """
    target = _target(kind)
    if not forms:
        return f"CASE {_iso_arms(sql, target)} {_other_arms(sql, target)} END"
    read = [
        _by_word(sql, group[0], target) if group[0] in WORDS else patterned_sql(sql, group, target)
        for group in _in_order(forms)
    ]
    return read[0] if len(read) == 1 else f"coalesce({', '.join(read)})"


def quick_arms(sql: str, kind: str, forms: Sequence[str]) -> str:
    """Arms of a CASE for what machines write, or for the stated patterns: nearly every value ends here."""
    if forms:
        return "" if forms[0] in WORDS else patterns.quick_arm(sql, next(_in_order(forms)), _target(kind))
    return f"{_iso_arms(sql, _target(kind))} {_likely_arms(sql, _target(kind))}"


def year_sql(sql: str, forms: Sequence[str]) -> str:
    """SQL of the local year of a text; nearly all texts in a usual form begin with it."""
    if forms:
        return f"year({moment_sql(sql, 'timestamp', forms)})"
    first = f"TRY_CAST(left({sql}, 4) AS INTEGER)"
    within = f"TRY_CAST(regexp_extract({sql}, '(?:^|[^0-9:])([0-9]{{4}})(?:[^0-9:]|$)', 1) AS INTEGER)"
    return f"CASE WHEN {sql} LIKE '____-%' THEN {first} ELSE coalesce({within}, {first}) END"


def states_zone(sql: str, forms: Sequence[str]) -> str:
    """SQL: the text states its offset from UTC, or counts from an instant; TRUE or FALSE where the forms tell."""
    usual = rf"[0-9]\s?(?:Z|UTC|GMT|{OFFSET})$"
    counted = r"[0-9]{10}|[0-9]{13}|[0-9]{16}|[0-9]{8}T[0-9]{6}(?:Z|[+-][0-9:]+)"
    behind = f"(regexp_matches({sql}, {text_literal(usual)}) AND contains({sql}, ':') OR {matches(sql, counted)})"
    if not forms:
        return behind
    told = {form: _form_states_zone(form) for form in forms}
    if len(set(told.values())) == 1 and "iso" not in told:
        return told[forms[0]]
    arms = (
        f"WHEN {moment_sql(sql, 'timestamp', (form,))} IS NOT NULL THEN {behind if form == 'iso' else states}"
        for form, states in told.items()
    )
    return f"CASE {' '.join(arms)} ELSE FALSE END"


def _form_states_zone(form: str) -> str:
    return "TRUE" if form in EPOCHS or (form not in WORDS and patterns.states_zone(form)) else "FALSE"


def _target(kind: str) -> str:
    return "DATE" if kind == "date" else "TIMESTAMP"


def _in_order(forms: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Words alone, patterns beside each other together."""
    group: list[str] = []
    for form in forms:
        if group and (form in WORDS or group[-1] in WORDS):
            yield tuple(group)
            group = []
        group.append(form)
    yield tuple(group)


def _iso_arms(sql: str, target: str) -> str:
    """ISO 8601 as machines write it, the commonest forms first."""
    likely = " OR ".join(f"{sql} LIKE '{form}'" for form in ("____-__-__ __:__:__", "____-__-__T__:__:__"))
    instant = f"CAST(TRY_CAST({sql} AS TIMESTAMP) AS {target})"
    return (
        f"WHEN {likely} THEN {instant} WHEN {sql} LIKE '____-__-__' AND {instant} IS NOT NULL THEN {instant} "
        f"WHEN {sql} LIKE '____-__-__T__:__:__Z' THEN {instant} "
        f"WHEN {matches(sql, _INSTANT)} THEN {_zoned(sql, target)}"
    )


def _iso_sql(sql: str, target: str) -> str:
    """ISO 8601 and nothing else."""
    return (
        f"CASE {_iso_arms(sql, target)} WHEN {matches(sql, _MIDNIGHT)} THEN {_midnight(sql, target)} "
        f"WHEN {matches(sql, _BASIC)} THEN {_basic(sql, target)} "
        f"WHEN {matches(sql, _NO_SECONDS)} THEN {_zoned(_as_iso(sql), target)} END"
    )


def _midnight(sql: str, target: str) -> str:
    """At the end of the day."""
    return f"CAST(TRY_CAST(left({sql}, 10) AS TIMESTAMP) + INTERVAL 1 DAY AS {target})"


def _basic(sql: str, target: str) -> str:
    zone = f"CASE WHEN contains({sql}, 'T') THEN {offset_sql(sql)} ELSE INTERVAL 0 SECOND END"
    local = parsed(without_zone(sql), ("%Y%m%d", "%Y%m%dT%H%M%S"))
    return f"CAST({local} AS DATE)" if target == "DATE" else f"{local} - {zone}"


def _zoned(sql: str, target: str) -> str:
    instant = f"TRY_CAST({sql} AS TIMESTAMPTZ)"
    if target == "TIMESTAMP":
        return f"CAST({instant} AS TIMESTAMP)"
    day = f"regexp_extract({sql}, '^[0-9]+-[0-9]+-[0-9]+')"
    return f"CASE WHEN {instant} IS NOT NULL THEN TRY_CAST({day} AS DATE) END"


def _as_iso(sql: str) -> str:
    """SQL of a text with a point before fractions, seconds, and its zone right behind them as Z or an offset."""
    zone = rf"regexp_replace({sql}, '\s?(?:UTC|GMT|Z)$', 'Z')"
    joined = rf"regexp_replace(replace({zone}, ',', '.'), '\s([+-][0-9:]+)$', '\1')"
    return rf"regexp_replace({joined}, '([T ][0-9]{{1,2}}:[0-9]{{2}})([Z+-].*)?$', '\1:00\2')"


def _likely_arms(sql: str, target: str) -> str:
    """Of the rarer forms those that whole files are written in, where nothing needs to be rewritten."""
    clock = "(?: [0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)?"
    arms = [
        (r"[0-9]{10}|[0-9]{13}|[0-9]{16}", _counted_by_length(sql, target)),
        (rf"[0-9]{{1,2}} [A-Za-z]{{3}} [0-9]{{4}}{clock}", _parsed(sql, _timed("%d %b %Y")[:3], target)),
        (rf"[0-9]{{4}}/[0-9]{{1,2}}/[0-9]{{1,2}}{clock}", _parsed(sql, _timed("%Y/%m/%d")[:3], target)),
    ]
    return _when(sql, arms)


def _other_arms(sql: str, target: str) -> str:
    """The rarer forms that mean one thing: one test of its characters chooses the form."""
    arms = [
        (r"[0-9]{10}|[0-9]{13}|[0-9]{16}", _counted_by_length(sql, target)),
        (_MIDNIGHT, _midnight(sql, target)),
        (_BASIC, _basic(sql, target)),
        (_COMPACT, _parsed(sql, _COMPACT_PATTERNS, target)),
        (_LOOSE, _zoned(_as_iso(sql), target)),
        (rf"{_YEAR_FIRST}(?:\s.*)?", _parsed(_ordered(sql, _YEAR_FIRST, r"\1-\2-\3"), _timed("%Y-%m-%d"), target)),
        (rf"(?i){_NAMED}(?:[, ].*)?[0-9]\s?(?:Z|UTC|GMT|{OFFSET})", _named_with_zone(sql, target)),
        (rf"(?i){_NAMED}(?:[, ].*)?", _parsed(_day_named(sql), _timed("%d %b %Y"), target)),
    ]
    return _when(sql, arms)


def _when(sql: str, arms: Sequence[tuple[str, str]]) -> str:
    return " ".join(f"WHEN {matches(sql, pattern)} THEN {read}" for pattern, read in arms)


def _timed(day: str) -> list[str]:
    return [f"{day}{clock}" for clock in _CLOCKS]


def _ordered(sql: str, day: str, order: str) -> str:
    """SQL of a text whose day is rewritten so that one pattern reads it."""
    return f"regexp_replace({sql}, {text_literal(f'(?i)^{day},?')}, {text_literal(order)})"


def _day_named(sql: str) -> str:
    return _ordered(_ordered(sql, _MONTH_FIRST, r"\2 \1 \3"), _DAY_FIRST, r"\1 \2 \3")


def _named_with_zone(sql: str, target: str) -> str:
    """As e-mail and HTTP write it."""
    local = parsed(_day_named(without_zone(sql)), _timed("%d %b %Y"))
    return f"CAST({local} AS DATE)" if target == "DATE" else f"{local} - {offset_sql(sql)}"


def _parsed(sql: str, forms: Sequence[str], target: str) -> str:
    return f"CAST({parsed(sql, forms)} AS {target})"


def _by_word(sql: str, word: str, target: str) -> str:
    if word in EPOCHS:
        return f"CASE WHEN {matches(sql, '-?[0-9]{1,17}([.,][0-9]+)?')} THEN {_counted(sql, EPOCHS[word], target)} END"
    if word == "iso":
        return _iso_sql(sql, target)
    days = f"TRY_CAST(replace({sql}, ',', '.') AS DOUBLE)"
    milliseconds = f"CAST(ROUND(({days} + CASE WHEN {days} < {_NO_DAY} THEN 1 ELSE 0 END) * 86400000) AS BIGINT)"
    serial = f"TIMESTAMP '{_EXCEL_DAY_ONE}' + to_milliseconds({milliseconds})"
    never = f"{days} >= {_NO_DAY} AND {days} < {_NO_DAY + 1} OR {days} < 1 OR {days} >= {_LAST_DAY}"
    return f"CASE WHEN {matches(sql, '[0-9]{1,7}([.,][0-9]+)?')} AND NOT ({never}) THEN CAST({serial} AS {target}) END"


def _counted_by_length(sql: str, target: str) -> str:
    """Seconds, milliseconds or microseconds; ten digits that also say a day and an hour are none for certain."""
    both = f"{sql} BETWEEN '19' AND '21' AND {matches(sql, _TEN_DIGITS_OF_A_DAY)}"
    factor = f"CASE strlen({sql}) WHEN 10 THEN 1000000 WHEN 13 THEN 1000 ELSE 1 END"
    return f"CASE WHEN NOT ({both}) THEN CAST(make_timestamp(CAST({sql} AS BIGINT) * {factor}) AS {target}) END"


def _counted(sql: str, units: int, target: str) -> str:
    """SQL of the UTC instant that many units after 1970; NULL beyond the year 9999."""
    factor = 1_000_000 // units
    whole = f"TRY_CAST({sql} AS BIGINT)"
    within = f"abs({whole}) < {253_402_300_800 * units}"
    parts = f"TRY_CAST(TRY_CAST(replace({sql}, ',', '.') AS DECIMAL(38, 6)) * {factor} AS BIGINT)"
    broken = f"WHEN regexp_matches({sql}, '[.,]') AND abs({parts}) < 253402300800000000 THEN make_timestamp({parts})"
    return f"CAST(CASE {broken} WHEN {within} THEN make_timestamp({whole} * {factor}) END AS {target})"
