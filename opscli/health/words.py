"""The text of an alert's task, in English and Chinese, as SQL: reasons with their numbers, for all at once.

No text names the customer: a task list may be read by many, and who may see names asks for them by the customer's id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from opscli.phrases import named, say
from opscli.rules.sql import literal

_MINUS = "\N{MINUS SIGN}"


def said_sql(name: str, locale: str, values: Mapping[str, str]) -> str:
    """SQL of a task's text; `values` are text SQL by the names in braces."""
    known = {"minus": literal(_MINUS), **values}
    template = say(f"health.task_{name}", locale=locale, **{value: f"{{{value}}}" for value in known})
    pieces = re.split(r"\{(\w+)\}", template)
    parts = [known[piece] if odd % 2 else literal(piece) for odd, piece in enumerate(pieces) if piece]
    return f"({' || '.join(parts)})"


def named_sql(column: str, codes: Sequence[str], locale: str) -> str:
    """SQL of a column of codes as people read them."""
    cases = " ".join(f"WHEN {literal(code)} THEN {literal(named(code, locale))}" for code in codes)
    return f"CASE {column} {cases} ELSE {column} END"
