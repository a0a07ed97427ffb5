"""Forms of dates that a source states, as SQL: patterns of strptime. Each reads what it says, or nothing.

The engine alone takes `%Y` for a year of any length, day 366 for the next year, and words such as infinity for a date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from opscli.sources.formats.rows import matches, text_literal

OFFSET = r"[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?"
_ZONE_BEHIND = rf"\s?(Z|UTC|GMT|{OFFSET})$"
_OFFSET_WITHIN = r"[+-](?:0[0-9]|1[0-4]):?[0-5][0-9](?: |$)"
_ZONE_NAME = r"(?:^|[^A-Za-z/_+-])(?:UTC|GMT|[A-Za-z]+(?:/[A-Za-z_+-]+)+)(?:$|[^A-Za-z/_+-])"
"""No abbreviations: CST is China's, Cuba's and Chicago's."""
_SPECIAL = ("%z", "%Z", "%j")
_DIGITS = {"d": 2, "m": 2, "y": 2, "Y": 4, "H": 2, "I": 2, "M": 2, "S": 2, "j": 3}
_NAMES, _FRACTIONS = "aAbBhp", "fgn"
_CLOSE = rf"%-?[{''.join(_DIGITS)}](?=%-?[{''.join(_DIGITS)}])"
"""Numbers that nothing separates: 10126 is 10/12/6 to the engine, and the first of January to whoever lost its zero."""
_FIRST_YEAR = "TIMESTAMP '1000-01-01'"
_FALLBACK = "TIMESTAMP '1900-01-01'"
"""What the engine answers for infinity and epoch under any pattern."""


def patterned_sql(sql: str, patterns: Sequence[str], target: str) -> str:
    """SQL of a text by the first of these patterns that reads it, as DATE or TIMESTAMP (UTC where it states a zone)."""
    read = [
        _alone(sql, group[0], target) if _stands_alone(group[0]) else _plain(sql, group, target)
        for group in _groups(patterns)
    ]
    return read[0] if len(read) == 1 else f"coalesce({', '.join(read)})"


def quick_arm(sql: str, patterns: Sequence[str], target: str) -> str:
    """The arm of a CASE that reads nearly every value of these patterns, blanks around it or not."""
    first = next(_groups(patterns))
    if any(map(_is_special, first)):
        return ""
    found, fits = parsed(sql, first), _fits(sql, first[0])
    return f"WHEN {fits}{found} > {_FALLBACK} THEN CAST({found} AS {target})"


def strict(sql: str, pattern: str) -> str:
    """SQL of a timestamp by this pattern, with a year of as many digits as it says."""
    found = parsed(sql, (pattern,))
    return f"CASE WHEN {_fits(sql, pattern)}{_is_sound(found, sql)} THEN {found} END"


def parsed(sql: str, patterns: Sequence[str]) -> str:
    """SQL of what the engine makes of a text by the first of these patterns."""
    listed = ", ".join(map(text_literal, patterns))
    found = f"try_strptime({sql}, [{listed}])" if len(patterns) > 1 else f"try_strptime({sql}, {listed})"
    # Nanoseconds are a type of their own, which cannot be compared with the year 1000.
    return f"CAST({found} AS TIMESTAMP)" if any("%n" in pattern for pattern in patterns) else found


def states_zone(pattern: str) -> bool:
    """What the pattern reads is an instant, whatever zone the column is in."""
    return "%z" in pattern or "%Z" in pattern or pattern.endswith(("Z", "UTC", "GMT"))


def _groups(patterns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Neighbours that the engine can try at once."""
    group: list[str] = []
    for pattern in patterns:
        if group and (_stands_alone(pattern) or _stands_alone(group[-1])):
            yield tuple(group)
            group = []
        group.append(pattern)
    yield tuple(group)


def _is_special(pattern: str) -> bool:
    return any(directive in pattern for directive in _SPECIAL)


def _stands_alone(pattern: str) -> bool:
    return _is_special(pattern) or bool(_shape(pattern))


def _alone(sql: str, pattern: str, target: str) -> str:
    return _special(sql, pattern, target) if _is_special(pattern) else f"CAST({strict(sql, pattern)} AS {target})"


def _fits(sql: str, pattern: str) -> str:
    """SQL: the text has as many digits as the pattern says, and so on; nothing where the engine counts them itself."""
    shape = _shape(pattern)
    return f"{matches(sql, shape)} AND " if shape else ""


@cache
def _shape(pattern: str) -> str:
    """What a text looks like under a pattern whose digits the engine does not count."""
    if not re.search(f"%-?y|{_CLOSE}", pattern):
        return ""
    parts = re.findall(r"%-?.|\s+|.", pattern)
    numbers = [part[0] == "%" and part[-1] in (*_DIGITS, *_FRACTIONS) for part in parts]
    beside = zip([False, *numbers[:-1]], [*numbers[1:], False], strict=True)
    told = (_looks(part, close=any(near)) for part, near in zip(parts, beside, strict=True))
    return rf"\s*{''.join(told)}\s*"


def _looks(part: str, *, close: bool) -> str:
    """Pattern of one part of a form; `close` to another number it has all its digits."""
    letter = part[-1] if part[0] == "%" else ""
    if letter in _DIGITS:
        most = _DIGITS[letter]
        return f"[0-9]{{{most}}}" if close or letter in "yY" else f"[0-9]{{1,{most}}}"
    if not letter or letter == "%":
        return r"\s*" if part.isspace() else re.escape(letter or part)
    return "[0-9]+" if letter in _FRACTIONS else "[^0-9]*" if letter in _NAMES else ".*"


def _plain(sql: str, patterns: Sequence[str], target: str) -> str:
    found = parsed(sql, patterns)
    shorter = [pattern.replace("%Y", "%y") for pattern in patterns if _ends_with_year(pattern)]
    # 31/12/26 where %d/%m/%Y is stated: the century of %y. A year that comes first could as well be a day.
    two_digits = f" ELSE {patterned_sql(sql, shorter, 'TIMESTAMP')}" if shorter else ""
    return f"CAST(CASE WHEN {_is_sound(found, sql)} THEN {found}{two_digits} END AS {target})"


def _ends_with_year(pattern: str) -> bool:
    before, year, _ = pattern.partition("%Y")
    return bool(year) and "%d" in before.replace("-", "")


def _special(sql: str, pattern: str, target: str) -> str:
    if pattern.endswith("%z"):
        return _behind(sql, pattern.removesuffix("%z").rstrip(), target)
    found = f"CAST({parsed(sql, (pattern,))} AS TIMESTAMP)"
    holds = [f"{_fits(sql, pattern)}{_is_sound(found, sql)}"]
    if "%z" in pattern:
        holds.append(f"regexp_matches({sql}, {text_literal(_OFFSET_WITHIN)})")
    if "%Z" in pattern:
        holds.append(f"regexp_matches({sql}, {text_literal(_ZONE_NAME)})")
    if "%j" in pattern:  # a day that the year does not have becomes the first of the next one
        holds.append(f"NOT (contains({sql}, '366') AND month({found}) = 1)")
    return f"CAST(CASE WHEN {' AND '.join(holds)} THEN {found} END AS {target})"


def _behind(sql: str, pattern: str, target: str) -> str:
    """A text that ends with Z or an offset; a date is the day that is written there."""
    zone = text_literal(_ZONE_BEHIND)
    local = strict(without_zone(sql), pattern)
    if target == "TIMESTAMP":
        local = f"{local} - {offset_sql(sql)}"
    return f"CASE WHEN regexp_matches({sql}, {zone}) THEN CAST({local} AS {target}) END"


def without_zone(sql: str) -> str:
    """SQL of a text without the zone at its end."""
    return f"regexp_replace({sql}, {text_literal(_ZONE_BEHIND)}, '')"


def offset_sql(sql: str) -> str:
    """SQL of the offset at the end of a text as an interval: Z, +02, +0200 or +02:00."""
    zone = f"replace(regexp_extract({sql}, {text_literal(_ZONE_BEHIND)}, 1), ':', '')"
    hours, minutes = f"TRY_CAST(left({zone}, 3) AS BIGINT)", f"TRY_CAST(left({zone}, 1) || substr({zone}, 4) AS BIGINT)"
    return f"to_minutes(coalesce({hours}, 0) * 60 + coalesce({minutes}, 0))"


def _is_sound(found: str, sql: str) -> str:
    return f"{found} >= {_FIRST_YEAR} AND ({found} <> {_FALLBACK} OR regexp_matches({sql}, '[0-9]'))"
