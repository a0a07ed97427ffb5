r"""Regular expressions as RE2 reads them: the one dialect of `pattern`, in SQL and row by row.

JSON Schema means ECMA-262, from which Python's `re` departs: there `\d` takes digits of every script and `$` stands
before a last newline too. RE2 keeps to ECMA there, and takes linear time on any text, whoever wrote the pattern.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why RE2 cannot read a pattern, and the part of it (from 0) where it stopped."""

    why: str
    part: str
    offset: int


_CACHED_VERDICTS = 65_536


@lru_cache(maxsize=_CACHED_VERDICTS)
def contains(pattern: str, text: str) -> bool:
    """Whether the pattern matches anywhere in the text. Raises ValueError for a pattern that RE2 refuses."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return bool(pc.match_substring_regex(pa.array([text], pa.string()), pattern)[0].as_py())
    except pa.ArrowInvalid as error:
        raise ValueError(str(error)) from error


@lru_cache(maxsize=1024)
def refusal(pattern: str) -> Refusal | None:
    """Why RE2 refuses a pattern, None when it can be used."""
    import duckdb

    try:
        with duckdb.connect(":memory:") as connection:
            connection.execute("SELECT regexp_matches('', ?)", [pattern]).fetchall()
    except duckdb.Error as error:
        # Such as `Invalid Input Error: invalid perl operator: (?=`
        why, _, part = str(error).splitlines()[0].removeprefix("Invalid Input Error: ").partition(": ")
        return Refusal(why, part, max(pattern.find(part), 0) if part else 0)
    return None


def looks_around(pattern: str) -> bool:
    """Whether the pattern looks ahead or behind, or back at a group: what RE2 has not."""
    return re.search(r"\(\?<?[=!]|\\[1-9]", pattern) is not None
