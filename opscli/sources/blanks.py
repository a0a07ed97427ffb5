"""Blanks around a text, as SQL: those that people type, and those that web pages and spreadsheets bring along."""

from __future__ import annotations

from opscli.sources.formats.rows import BLANKS, text_literal

SPACES = " \u00a0\u2007\u2009\u202f"
"""Those that stand inside numbers."""


def bare(sql: str) -> str:
    """SQL of a text without blanks around it, NULL when there is nothing else."""
    return f"NULLIF(trim({sql}, {text_literal(BLANKS)}), '')"


def trimmed(sql: str, blanks: str = BLANKS) -> str:
    """The same; most texts have none of these blanks around them, and pass as they are."""
    return f"CASE WHEN {suspect(sql, blanks)} THEN {bare(sql)} ELSE {sql} END"


def suspect(sql: str, blanks: str = BLANKS) -> str:
    """SQL: the text is empty, or one of these blanks stands at an end of it."""
    if blanks.isascii():
        small = f"{sql} < '!'"
        ends = (f"ends_with({sql}, {text_literal(blank)})" for blank in blanks)
        return f"({' OR '.join((small, *ends))})"
    # The engine looks for a pattern with $ from the end.
    behind, before = (text_literal(pattern) for pattern in (f"[{blanks}]$", f"^[{blanks}]"))
    return f"({sql} < '!' OR regexp_matches({sql}, {behind}) OR {sql} >= '\u00a0' AND regexp_matches({sql}, {before}))"
