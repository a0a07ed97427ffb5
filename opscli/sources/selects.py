"""Proof that a query only reads: one SELECT without anything that writes, locks or leaves the database.

The second line behind this one is the session, which the database itself holds to reading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opscli.phrases import say

if TYPE_CHECKING:
    from sqlglot.tokenizer_core import Token

_DIALECTS = {
    "postgresql": "postgres", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite", "mssql": "tsql",
    "oracle": "oracle", "snowflake": "snowflake", "bigquery": "bigquery", "redshift": "redshift", "duckdb": "duckdb",
    "trino": "trino", "clickhouse": "clickhouse", "databricks": "databricks",
}  # fmt: skip
_LIKELY = ("postgres", "mysql", "sqlite", "tsql", "oracle", "snowflake", "bigquery")
"""Tried in turn where the database is not known: its address is a secret."""
_BEGINNINGS = ("SELECT", "WITH", "(")
_WRITING = {
    "Insert": ("INSERT", "REPLACE"), "Update": ("UPDATE",), "Delete": ("DELETE",), "Merge": ("MERGE",),
    "Into": ("INTO",), "Lock": ("FOR", "LOCK"), "Create": ("CREATE",), "Drop": ("DROP",), "Alter": ("ALTER",),
    "Copy": ("COPY",), "TruncateTable": ("TRUNCATE",), "Command": (), "Set": ("SET",),
}  # fmt: skip
"""Operations that may not stand anywhere in a query, and the words by which they are found in its text."""
_MYSQL_RUNS = "/*!"
"""MySQL runs what stands in such a comment; to a parser it is one."""


class NotOnlyReading(ValueError):  # noqa: N818  named by what is wrong, as in errors.py
    """A query that is not one reading statement; `offset` is the place in its text, from 0.

    Not `understood` = the parser of one dialect stumbled, another one may tell better.
    """

    def __init__(self, what: str, offset: int, *, understood: bool = True) -> None:
        super().__init__(what)
        self.what = what
        self.offset = offset
        self.understood = understood


def prove(query: str, backend: str = "") -> tuple[str, ...]:
    """Raise NotOnlyReading unless `query` is one SELECT that only reads; the column names that it states.

    Without a backend the query must be that in one of the likely dialects; it is proven again where it runs.
    """
    dialects = (_DIALECTS.get(backend, ""),) if backend else _LIKELY
    refusals = []
    for dialect in dialects:
        try:
            return _proven(query, dialect)
        except NotOnlyReading as refusal:
            refusals.append(refusal)
    raise next((refusal for refusal in refusals if refusal.understood), refusals[0])


def bare(query: str, backend: str) -> str:
    """A proven query without the semicolon at its end, on lines of its own, so that it can stand in parentheses."""
    import sqlglot

    last = sqlglot.tokenize(query, dialect=_DIALECTS.get(backend, ""))[-1]
    text = query[: last.start] if last.token_type.name == "SEMICOLON" else query
    return f"{text.strip()}\n"


def _proven(query: str, dialect: str) -> tuple[str, ...]:
    import sqlglot
    from sqlglot.errors import ParseError, TokenError

    try:
        tokens = sqlglot.tokenize(query, dialect=dialect)
    except TokenError as error:
        told = say("sources.sql_unreadable", error=str(error).splitlines()[0])
        raise NotOnlyReading(told, 0, understood=False) from error
    _check_words(query, tokens)
    try:
        tree: Any = sqlglot.parse(query, dialect=dialect)[0]
    except (ParseError, ValueError) as error:
        problems: Any = getattr(error, "errors", None) or [{"description": str(error), "line": 1, "col": 1}]
        place = _offset(query, problems[0]["line"], problems[0]["col"])
        told = problems[0]["description"].partition(" for <class")[0]
        raise NotOnlyReading(say("sources.sql_unreadable", error=told), place, understood=False) from error
    _check_operations(tree, tokens)
    return tuple(tree.named_selects)


def _check_words(query: str, tokens: list[Token]) -> None:
    """No other beginning, no second statement, no comment that MySQL runs."""
    first = tokens[0].text.upper() if tokens else ""
    if first not in _BEGINNINGS:
        raise NotOnlyReading(say("sources.sql_begins", word=first), tokens[0].start if tokens else 0)
    ends = [number for number, token in enumerate(tokens) if token.token_type.name == "SEMICOLON"]
    if ends and ends[0] + 1 < len(tokens):
        raise NotOnlyReading(say("sources.sql_second"), tokens[ends[0] + 1].start)
    if _MYSQL_RUNS in query:
        raise NotOnlyReading(say("sources.sql_comment"), query.index(_MYSQL_RUNS))


def _check_operations(tree: Any, tokens: list[Token]) -> None:
    from sqlglot import exp

    if not isinstance(tree, exp.Query):
        raise NotOnlyReading(say("sources.sql_begins", word=tokens[0].text.upper()), tokens[0].start)
    for node in tree.walk():
        name = type(node).__name__
        if name in _WRITING or isinstance(node, exp.DML):
            words = _WRITING.get(name, ())
            found = next((token for token in tokens if token.text.upper() in words), tokens[0])
            raise NotOnlyReading(say("sources.sql_writes", word=found.text.upper()), found.start)


def _offset(query: str, line: int, column: int) -> int:
    """Place in the text of a parser's line and column, both from 1 (the column is that of a token's last character)."""
    lines = query.splitlines(keepends=True)
    return min(sum(map(len, lines[: line - 1])) + max(column - 1, 0), max(len(query) - 1, 0))
