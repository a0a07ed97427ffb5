"""Numbers of a schema against numbers of a column, exactly: a limit is moved to the grid of what the column can hold.

JSON numbers are decimals. A column holds whole numbers of 64 bits, amounts with four decimals, or doubles; a double
stands for its shortest decimal text, which is what people wrote. An engine that compares across types casts first, so
that 0.5 becomes 1 or 2⁵³+1 becomes 2⁵³; here only values of the column's own type are compared.
"""

from __future__ import annotations

import math
from decimal import ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from typing import Any

from opscli.engine.dialect import Dialect

Number = int | float | Decimal
_LARGEST_INTEGER = 2**63 - 1
_LARGEST_MONEY = Decimal("99999999999999.9999")
_LARGEST_FLOAT = Decimal("1.7976931348623157e308")
MONEY_UNITS = 10_000
_EXACT = Context(prec=400)


def json_number(value: Number) -> int | Decimal:
    """A number as JSON means it: exact, whole ones as int (so that 1.0 is 1 and -0.0 is 0)."""
    if isinstance(value, int):
        return value
    exact = Decimal(repr(value)) if isinstance(value, float) else value
    return int(exact) if exact.is_finite() and exact == exact.to_integral_value() else exact


def is_number(value: Any) -> bool:
    """A JSON number: true and false are none."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def compared(name: str, operator: str, limit: Number, kind: str, dialect: Dialect) -> str:
    """SQL of `name operator limit` (>= > <= <) for a column of that kind that is not NULL."""
    exact = Decimal(json_number(limit))
    floor = _floor(exact, kind)
    upper = operator in ("<=", "<")
    if floor is None:  # below all that the column can hold
        return "FALSE" if upper else "TRUE"
    if floor == exact:
        return f"({name} {operator} {_literal(floor, kind, dialect)})"
    # Between two values of the grid, or above the last: at least the limit is more than the one below it.
    return f"({name} {'<=' if upper else '>'} {_literal(floor, kind, dialect)})"


def equal_to(value: Number, kind: str, dialect: Dialect) -> str | None:
    """SQL literal of the value of that column that equals a number; None where it can hold none."""
    exact = Decimal(json_number(value))
    floor = _floor(exact, kind)
    return _literal(floor, kind, dialect) if floor is not None and floor == exact else None


def multiple_of(name: str, step: Number, kind: str) -> str:
    """SQL: an integer or amount is a multiple of `step`. x is one of p/q in lowest terms just when p divides x."""
    part = Fraction(Decimal(json_number(step)))
    if kind == "money":
        # Widened first: the product of a large amount overflows 18 digits.
        name, part = f"CAST(CAST({name} AS DECIMAL(38, 4)) * {MONEY_UNITS} AS BIGINT)", part * MONEY_UNITS
    if part.numerator > _LARGEST_INTEGER:
        return f"({name} = 0)"
    return f"({name} % {part.numerator} = 0)"


def is_multiple(value: Number, step: Number) -> bool:
    """The same for one value of any kind."""
    return (Fraction(Decimal(json_number(value))) / Fraction(Decimal(json_number(step)))).denominator == 1


def _floor(exact: Decimal, kind: str) -> Decimal | None:
    """The largest value of the column's grid that is not above a number; None when all are."""
    largest = {"integer": Decimal(_LARGEST_INTEGER), "money": _LARGEST_MONEY, "float": _LARGEST_FLOAT}[kind]
    smallest = -largest - 1 if kind == "integer" else -largest
    if exact < smallest:
        return None
    if exact >= largest:
        return largest
    if kind == "float":
        near = float(exact)
        return Decimal(repr(near if Decimal(repr(near)) <= exact else math.nextafter(near, -math.inf)))
    unit = Decimal(1) if kind == "integer" else Decimal("0.0001")
    return exact.quantize(unit, rounding=ROUND_FLOOR, context=_EXACT)


def _literal(value: Decimal, kind: str, dialect: Dialect) -> str:
    if kind == "integer":
        return str(int(value))
    return f"CAST('{value}' AS {dialect.type(kind)})"
