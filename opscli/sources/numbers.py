"""Numbers as people write them, as SQL: `1.234,56`, `£1 234.56`, `(12.50)`, `12,34,567.00`, `12%`. Nothing is guessed.

Which sign stands before the decimals is known per column: as stated, or as the column's own numbers prove it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from opscli.engine.warehouse import Session
from opscli.sources.blanks import SPACES, bare
from opscli.sources.formats.rows import BLANKS, Rows, matches, text_literal

POINT, COMMA, MIXED, PROVEN = ".", ",", "mixed", "proven"
"""`mixed`: a number is read only where it proves its sign itself. `proven`: a point, but `1,234` may be either."""
_WIDE = (
    "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff0e\uff0c\uff0d\u2212\u2013\uff05"
    "\uff08\uff09\uff0b\uffe5\uffe1\uff04"
)
_NARROW = "0123456789.,---%()+¥£$"
_UNUSUAL = rf"[{_WIDE}]|^[{BLANKS}]|[{BLANKS}]$"
_APOSTROPHES = "'\u2019"
_CODES = (
    "USD|EUR|GBP|CHF|CNY|RMB|JPY|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|BGN|UAH|RUB|TRY|ILS|AED|SAR|ZAR|AUD|CAD|NZD|HKD|SGD|"
    "TWD|KRW|THB|INR|IDR|MYR|PHP|VND|BRL|MXN|ARS|CLP|COP"
)
_CURRENCY = (
    rf"[{SPACES}]?(?:(?:US|CA|AU|NZ|HK|NT|[ACRS])?[$]|[£€¥₹₽₩₺฿₫₴₪₱]|(?i:{_CODES}|kr|zł|Kč|Ft)|元|円)[{SPACES}]?"
)
_PLAIN = r"\s*[+-]?([0-9]+D?[0-9]*|D[0-9]+)([eE][+-]?[0-9]{1,2})?\s*"
_FAR = r"\s*[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)[eE][+-]?[0-9]{3}\s*"
_LONGEST = 200
"""Bytes of a number that fits a float with any exponent of two digits; a longer one is none."""
_INTEGER = r"\s*[+-]?[0-9]{1,19}\s*"


def plain_arm(sql: str, engine_type: str, decimal: str, *, whole: bool = False) -> str:
    """What machines write, blanks around it or not: one pattern and one cast, before anything else is tried."""
    if whole:
        return f"WHEN {matches(sql, _INTEGER)} THEN TRY_CAST({sql} AS {engine_type})"
    if engine_type.startswith("DECIMAL") and decimal != COMMA:  # a cast takes underscores beside what we do
        value = f"TRY_CAST({sql} AS {engine_type})"
        return f"WHEN NOT contains({sql}, '_') AND {value} IS NOT NULL THEN {value}"
    pattern = _PLAIN.replace("D", "," if decimal == COMMA else "[.]")
    pointed = _pointed(sql) if decimal == COMMA else sql
    return f"WHEN strlen({sql}) < {_LONGEST} AND {matches(sql, pattern)} THEN TRY_CAST({pointed} AS {engine_type})"


def number_sql(sql: str, engine_type: str, decimal: str, *, percent: bool = False) -> str:
    """SQL of a text as a number; NULL where it is none, or could be two. `percent`: `12%` is 0.12."""
    if decimal == MIXED:
        return _mixed_sql(sql, lambda sign: number_sql(sql, engine_type, sign, percent=percent))
    plain = plain_arm(sql, engine_type, decimal)
    long = f"WHEN strlen({sql}) >= {_LONGEST} THEN NULL"
    far = f"WHEN {matches(sql, _FAR)} THEN {_finite(sql, engine_type)}" if decimal != COMMA else ""
    return f"CASE {plain} {long} {_arms(sql, engine_type, decimal, percent=percent)} {far} END"


def whole_sql(sql: str, engine_type: str, decimal: str) -> str:
    """The same as a whole number: nothing but zeros may stand behind its decimal sign."""
    if decimal == MIXED:
        return _mixed_sql(sql, lambda sign: whole_sql(sql, engine_type, sign))
    plain = plain_arm(sql, engine_type, decimal, whole=True)
    return f"CASE {plain} {_arms(sql, engine_type, decimal, whole=True)} END"


def _mixed_sql(sql: str, read: Callable[[str], str]) -> str:
    """Each number by the sign that it proves; one without any sign is the same by both."""
    told = _narrowed(sql)
    arms = " ".join(f"WHEN {_proves(told, sign)} THEN {read(sign)}" for sign in (POINT, COMMA))
    return f"CASE {arms} WHEN NOT regexp_matches({told}, '[.,]') THEN {read(POINT)} END"


def _arms(sql: str, engine_type: str, decimal: str, *, percent: bool = False, whole: bool = False) -> str:
    """Arms for what people write: groups alone, then all other signs, then blanks and full-width signs besides."""
    sign = COMMA if decimal == COMMA else POINT
    group = "." if sign == COMMA else ","
    pattern = _written(decimal, percent=percent, whole=whole)
    arms = []
    if decimal != PROVEN:
        digits = f"replace({sql}, '{group}', '')"
        digits = _pointed(digits) if sign == COMMA else digits
        arms.append(f"WHEN {matches(sql, _grouped(sign, whole=whole))} THEN TRY_CAST({digits} AS {engine_type})")
    for told in (sql, _narrowed(sql)):
        value = _written_value(told, engine_type, sign, percent=percent, whole=whole)
        arms.append(f"WHEN {matches(told, pattern)} THEN {value}")
    return " ".join(arms)


def _grouped(sign: str, *, whole: bool) -> str:
    """Pattern of a number whose only other sign is that of its groups."""
    group, mark = (",", "[.]") if sign == POINT else ("[.]", ",")
    return rf"[+-]?[1-9][0-9]{{0,2}}(?:{group}[0-9]{{3}})+" + ("" if whole else f"(?:{mark}[0-9]*)?")


def _written_value(sql: str, engine_type: str, sign: str, *, percent: bool, whole: bool) -> str:
    """SQL of a text that fits `_written`; a dash behind the decimal sign stands for zeros, not for a minus."""
    digits = f"regexp_replace({sql}, '[^0-9{sign}]', '', 'g')"
    digits = f"split_part({digits}, '{sign}', 1)" if whole else digits
    digits = digits if sign == POINT else _pointed(digits)
    negative = f"regexp_matches({sql}, '^[^0-9]*[-(]|[^.,-]-$')"
    # An exponent, because 12.3 / 100 is not 0.123 in binary.
    hundredth = f" || CASE WHEN contains({sql}, '%') THEN 'e-2' ELSE '' END" if percent else ""
    return f"TRY_CAST((CASE WHEN {negative} THEN '-' ELSE '' END) || {digits}{hundredth} AS {engine_type})"


def _finite(sql: str, engine_type: str) -> str:
    """SQL of a number with an exponent of three digits, which a float may take for infinite."""
    value = f"TRY_CAST({sql} AS {engine_type})"
    return f"CASE WHEN abs({value}) < 1.7e308 THEN {value} END" if engine_type == "DOUBLE" else value


def _pointed(sql: str) -> str:
    return f"replace({sql}, ',', '.')"


def ambiguous_sql(sql: str) -> str:
    """SQL: a number with either decimal sign, and another one with each."""
    told = _narrowed(sql)
    both = (matches(told, _written(sign, percent=True)) for sign in (POINT, COMMA))
    return " AND ".join((*both, f"regexp_matches({told}, '[.,]')"))


def decimals(session: Session, rows: Rows, kinds: Mapping[str, str]) -> dict[str, str]:
    """Decimal sign of each text column of numbers (name → logical type), as its values prove it.

    A column whose every value could be read either way goes by the others of its file. Where these prove nothing, a
    comma in whole numbers separates groups, and other numbers with commas are `mixed`: they cannot be read. Columns
    with no other sign than a point are not listed unless the others of the file have commas.
    """
    quote = session.dialect.quote
    texts = [name for name in kinds if rows.columns.get(name) == "text"]
    if not texts or not rows.read:
        return {}
    marked = (_has_marks(quote(name)) for name in texts)
    counts = ", ".join(f"count(CASE WHEN {test} THEN 1 END)" for test in marked)
    seen = session.rows(f"SELECT {counts} FROM {rows.relation} AS numbers")[0]
    found = _proofs(session, rows, [name for name, count in zip(texts, seen, strict=True) if count])
    if not any(commas for _, commas in found.values()):
        return _decided(found, kinds)
    pointed = [name for name in texts if name not in found]
    return {
        name: sign
        for name, sign in _decided({**found, **_proofs(session, rows, pointed)}, kinds).items()
        if name in found or sign == COMMA
    }


def _has_marks(sql: str) -> str:
    """SQL: more stands there than one point."""
    return f"(contains({sql}, ',') OR {sql} LIKE '%.%.%' OR contains({sql}, '\uff0c') OR contains({sql}, '\uff0e'))"


def _proofs(session: Session, rows: Rows, names: list[str]) -> dict[str, tuple[int, int]]:
    """Numbers of each column that prove a point, and a comma."""
    if not names:
        return {}
    told = (_narrowed(session.dialect.quote(name)) for name in names)
    tests = (_proves(text, sign) for text in told for sign in (POINT, COMMA))
    counts = ", ".join(f"count(CASE WHEN {test} THEN 1 END)" for test in tests)
    proofs = session.rows(f"SELECT {counts} FROM {rows.relation} AS numbers")[0]
    pairs = zip(names, proofs[::2], proofs[1::2], strict=True)
    return {name: (int(points), int(commas)) for name, points, commas in pairs}


def _decided(proofs: Mapping[str, tuple[int, int]], kinds: Mapping[str, str]) -> dict[str, str]:
    found = {
        name: MIXED if points and commas else POINT if points else COMMA
        for name, (points, commas) in proofs.items()
        if points or commas
    }
    others = set(found.values())
    usual = others.pop() if len(others) == 1 else ""
    return {name: found.get(name) or usual or (POINT if kinds[name] == "integer" else MIXED) for name in proofs}


def _proves(sql: str, sign: str) -> str:
    """SQL: a number with this decimal sign, and none with the other."""
    other = COMMA if sign == POINT else POINT
    fits, fails = (matches(sql, _either(mark)) for mark in (sign, other))
    return f"({fits} AND NOT {fails})"


@cache
def _either(sign: str) -> str:
    plain = _PLAIN.replace("D", "[.]" if sign == POINT else ",")
    return f"{plain}|{_written(sign, percent=True)}"


@cache
def _written(decimal: str, *, percent: bool, whole: bool = False) -> str:
    """Pattern of a number with groups, a sign of money before or behind it, a minus behind it, or parentheses."""
    mark, group = (",", "[.]") if decimal == COMMA else ("[.]", ",")
    digit = "0" if whole else "[0-9]"
    tail = f"(?:{mark}{digit}*)?"
    # No group begins with a zero: 0,123 has a decimal comma.
    ways = rf"(?:{group}[0-9]{{3}})+|(?:[{SPACES}][0-9]{{3}})+|(?:[{_APOSTROPHES}][0-9]{{3}})+"
    forms = [f"[0-9]+{tail}", rf"[1-9][0-9]{{0,2}}(?:{ways}){tail}"]
    if decimal == PROVEN:
        sure = rf"(?:,[0-9]{{3}})+{mark}{digit}*|(?:,[0-9]{{3}}){{2,}}|(?:[{SPACES}][0-9]{{3}})+{tail}"
        forms[1] = rf"[1-9][0-9]{{0,2}}(?:{sure}|(?:[{_APOSTROPHES}][0-9]{{3}})+{tail})"
    forms += [] if whole else [f"{mark}[0-9]+"]
    forms += [] if decimal == COMMA else [rf"[1-9][0-9]?(?:,[0-9]{{2}})+,[0-9]{{3}}{tail}"]
    dashed = f"(?:[0-9]+|[1-9][0-9]{{0,2}}(?:{ways})){mark}(?:--?|\u2014)"
    some = "|".join(forms)
    per = f"(?:[{SPACES}]?%)?" if percent else ""
    money = f"(?:{_CURRENCY})?"
    before = rf"(?:[-+]?[{SPACES}]?{money}|{_CURRENCY}[-+])"
    signed = f"{before}(?:{some}|{dashed}){money}{per}"
    bracketed = rf"{money}\({money}(?:{some}){money}{per}\){money}"
    return rf"{signed}|{bracketed}|{money}(?:{_closed(some, mark)}){money}{per}-"


def _closed(forms: str, mark: str) -> str:
    """The same forms with a digit at their end: the dash of `12,-` is no minus."""
    return forms.replace(f"(?:{mark}[0-9]*)?", f"(?:{mark}[0-9]+)?").replace(f"(?:{mark}0*)?", f"(?:{mark}0+)?")


def _narrowed(sql: str) -> str:
    """Without blanks around it, full-width digits and signs and the minus sign of typographers as plain ones."""
    plain = f"translate({bare(sql)}, '{_WIDE}', '{_NARROW}')"
    return f"CASE WHEN regexp_matches({sql}, {text_literal(_UNUSUAL)}) THEN {plain} ELSE {sql} END"
