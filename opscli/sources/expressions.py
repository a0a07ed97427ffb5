"""Expressions over source columns: the condition language over raw text, where each place decides how text is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from opscli.clock import END_OF_TIME
from opscli.engine.dialect import Dialect
from opscli.rules import language, sql
from opscli.rules.scope import of_files
from opscli.rules.sugar import Written
from opscli.rules.target import Target
from opscli.rules.tree import UNTYPED, Expression

_LOOKS_CALCULATED = re.compile(r"[*/+()'<>=]")
"""A text without any of these is a column's name, such as "Invoice No" or order-id."""

Reader = Callable[[str, str], str]
"""(SQL of a text, logical type) → SQL of the typed value, NULL where the text is none."""


class AnyName(Mapping[str, str]):
    """Every name exists as raw text: used while the file, and so its columns, is not known yet."""

    def __getitem__(self, name: str) -> str:
        return UNTYPED

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name not in {"true", "false", "null"}

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """SQL of an expression, its logical type (`any` = raw text), and SQL that is true when an operand is unreadable."""

    value: str
    type: str
    broken: str = "FALSE"


def parse_value(text: str, names: Mapping[str, str]) -> Expression | None:
    """The expression, or None when the text is a plain column name. Raises RuleInvalid."""
    if not _LOOKS_CALCULATED.search(text):
        return None
    return language.parse(text, of_files(names))


def parse_condition(written: Written, names: Mapping[str, str]) -> Expression:
    """A condition. Raises RuleInvalid."""
    return language.condition(written, of_files(names))


def names_in(text: str) -> tuple[str, ...]:
    """Source columns that a text mentions; a plain name is itself."""
    expression = parse_value(text, AnyName())
    return expression.names if expression is not None else (text,)


def render(expression: Expression, columns: Mapping[str, str], dialect: Dialect, read: Reader) -> Rendered:
    """Print an expression over `columns` (name → SQL); `read` types raw text."""
    # Import expressions have no notion of "now": a source row means the same whenever it is read.
    target = Target(dialect=dialect, as_of=END_OF_TIME, columns=columns, read=read)
    broken = []
    for node in expression.root.walk():
        if node.op == "as":
            inner = sql.render(node.parts[0], target)
            broken.append(f"({inner} IS NOT NULL AND {read(inner, node.type)} IS NULL)")
    return Rendered(
        value=sql.render(expression, target), type=expression.type, broken=" OR ".join(dict.fromkeys(broken)) or "FALSE"
    )
