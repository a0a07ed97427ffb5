"""Numbers as people write them, as SQL: `1.234,56`, `£1 234.56`, `(12.50)`, `12,34,567.00`, `12%`. Nothing is guessed.

Which sign stands before the decimals is known per column: as stated, or as the column's own numbers prove it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from opscli.engine.warehouse import Session
from opscli.sources.formats.rows import Rows, text_literal

POINT, COMMA, MIXED = ".", ",", "mixed"
"""`mixed`: numbers of both kinds stand in one column, and only those that prove themselves can be read."""
_WIDE = "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff0e\uff0c\uff0d\u2212\uff05"
_NARROW = "0123456789.,--%"
_SPACES = " \u00a0\u2007\u2009\u202f"
_APOSTROPHES = "'\u2019"
_CODES = (
    "USD|EUR|GBP|CHF|CNY|RMB|JPY|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|BGN|UAH|RUB|TRY|ILS|AED|SAR|ZAR|AUD|CAD|NZD|HKD|SGD|"
    "TWD|KRW|THB|INR|IDR|MYR|PHP|VND|BRL|MXN|ARS|CLP|COP"
)
_CURRENCY = rf"[{_SPACES}]?(?:[£$€¥₹₽₩₺฿]|{_CODES}|kr|zł|元)[{_SPACES}]?"
_PLAIN = r"[+-]?([0-9]+D?[0-9]*|D[0-9]+)([eE][+-]?[0-9]{1,3})?"
"""What machines write: one pattern and one cast, before anything else is tried."""


def plain(decimal: str) -> str:
    """Pattern of a number without groups, signs of money or per cent."""
    return _PLAIN.replace("D", "[.]" if decimal == POINT else ",")


def number_sql(sql: str, engine_type: str, decimal: str, *, percent: bool = False) -> str:
    """SQL of a text as a number; NULL where it is none, or could be two. `percent`: `12%` is 0.12."""
    if decimal == MIXED:
        arms = (
            f"WHEN {_proves(sql, sign)} THEN {number_sql(sql, engine_type, sign, percent=percent)}"
            for sign in (POINT, COMMA)
        )
        whole = number_sql(sql, engine_type, POINT, percent=percent)
        either = f"WHEN NOT regexp_matches({sql}, '[.,\uff0e\uff0c]') THEN {whole}"
        return f"CASE {' '.join(arms)} {either} END"
    pointed = sql if decimal == POINT else f"replace({sql}, ',', '.')"
    narrow = _narrowed(sql)
    digits = f"regexp_replace({narrow}, {text_literal(f'[^0-9{decimal}]')}, '', 'g')"
    digits = digits if decimal == POINT else f"replace({digits}, ',', '.')"
    negative = f"({narrow} LIKE '%-%' OR {narrow} LIKE '%(%')"
    value = f"TRY_CAST((CASE WHEN {negative} THEN '-' ELSE '' END) || {digits} AS {engine_type})"
    value = f"{value} / CASE WHEN {narrow} LIKE '%\\%%' ESCAPE '\\' THEN 100 ELSE 1 END" if percent else value
    written = _matches(narrow, _written(decimal, percent=percent))
    return (
        f"CASE WHEN {_matches(sql, plain(decimal))} THEN TRY_CAST({pointed} AS {engine_type}) "
        f"WHEN {written} THEN {value} END"
    )


def ambiguous_sql(sql: str) -> str:
    """SQL: a number with either decimal sign, and another one with each."""
    narrow = _narrowed(sql)
    both = (_matches(narrow, _written(sign, percent=True)) for sign in (POINT, COMMA))
    return " AND ".join((*both, f"regexp_matches({narrow}, '[.,]')"))


def decimals(session: Session, rows: Rows, names: Iterable[str]) -> dict[str, str]:
    """Decimal sign of each text column of numbers, as its values prove it; columns without a comma are not listed.

    A column whose every value could be read either way goes by the others of its file, else a point is taken.
    """
    quote = session.dialect.quote
    texts = [name for name in names if rows.columns.get(name) == "text"]
    if not texts or not rows.read:
        return {}
    marks = ", ".join(f"count(CASE WHEN contains({quote(name)}, ',') THEN 1 END)" for name in texts)
    wide = [f"count(CASE WHEN contains({quote(name)}, '\uff0c') THEN 1 END)" for name in texts]
    seen = session.rows(f"SELECT {marks}, {', '.join(wide)} FROM {rows.relation} AS numbers")[0]
    with_commas = [name for place, name in enumerate(texts) if seen[place] or seen[place + len(texts)]]
    if not with_commas:
        return {}
    tests = (_proves(f"trim({quote(name)})", sign) for name in with_commas for sign in (POINT, COMMA))
    counts = ", ".join(f"count(CASE WHEN {test} THEN 1 END)" for test in tests)
    proofs = session.rows(f"SELECT {counts} FROM {rows.relation} AS numbers")[0]
    pairs = zip(with_commas, proofs[::2], proofs[1::2], strict=True)
    return _decided({name: (int(points), int(commas)) for name, points, commas in pairs})


def _decided(proofs: Mapping[str, tuple[int, int]]) -> dict[str, str]:
    found = {
        name: MIXED if points and commas else POINT if points else COMMA
        for name, (points, commas) in proofs.items()
        if points or commas
    }
    others = set(found.values())
    usual = others.pop() if len(others) == 1 else POINT
    return {name: found.get(name, usual) for name in proofs}


def _proves(sql: str, decimal: str) -> str:
    """SQL: a number with this decimal sign, and none with the other."""
    narrow = _narrowed(sql)
    other = COMMA if decimal == POINT else POINT
    fits, fails = _matches(narrow, _written(decimal, percent=True)), _matches(narrow, _written(other, percent=True))
    return f"({fits} AND NOT {fails})"


def _written(decimal: str, *, percent: bool) -> str:
    """Pattern of a number with groups, a sign of money before or behind it, a minus behind it, or parentheses."""
    sign, groups = ("[.]", ",") if decimal == POINT else (",", ".")
    forms = [rf"[0-9]+(?:{sign}[0-9]*)?", rf"{sign}[0-9]+"]
    forms += [rf"[0-9]{{1,3}}(?:[{group}][0-9]{{3}})+(?:{sign}[0-9]*)?" for group in (groups, *_SPACES, *_APOSTROPHES)]
    if decimal == POINT:
        forms.append(rf"[0-9]{{1,2}}(?:,[0-9]{{2}})+,[0-9]{{3}}(?:{sign}[0-9]*)?")
    core = f"(?:{_CURRENCY})?(?:{'|'.join(forms)})(?:{_CURRENCY})?" + (f"[{_SPACES}]?%?" if percent else "")
    before = f"(?:[-+]?[{_SPACES}]?(?:{_CURRENCY})?|{_CURRENCY}[-+])"
    signed = f"{before}(?:{'|'.join(forms)})(?:{_CURRENCY})?"
    signed += f"[{_SPACES}]?%?" if percent else ""
    return rf"\({core}\)|{core}-|{signed}"


def _narrowed(sql: str) -> str:
    """Full-width digits and signs, and the minus sign of typographers, as plain ones."""
    return f"translate({sql}, '{_WIDE}', '{_NARROW}')"


def _matches(sql: str, pattern: str) -> str:
    return f"regexp_full_match({sql}, {text_literal(pattern)})"
