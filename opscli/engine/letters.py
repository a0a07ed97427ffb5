"""Upper and lower case, one character for one, on engines that follow Unicode's full mapping.

DuckDB maps each character alone (`ß` → `ẞ`, `ŉ` stays); ICU and Java write several (`SS`) and look at neighbours
(final sigma). Giving them only characters whose full mapping is the simple one makes all of them agree.
"""

from __future__ import annotations

from functools import cache

SIMPLE_LOWER = ("İΣ", "iσ")  # noqa: RUF001  Greek on purpose
"""Characters to replace before LOWER, and by which: the first would become two, the second depends on its place."""


@cache
def capitals() -> tuple[str, str, str]:
    """Characters whose capital is written with several, private ones to put them aside as, their simple capitals.

    `ß` → `ẞ`, `ᾳ` → `ᾼ` (its title case is one character); `ŉ`, `ﬁ` and most others stay as they are.
    """
    several = "".join(char for char in map(chr, range(0xDF, 0xFB18)) if len(char.upper()) > 1)
    aside = "".join(map(chr, range(0x10_0000, 0x10_0000 + len(several))))
    simple = "".join("ẞ" if char == "ß" else char.title() if len(char.title()) == 1 else char for char in several)
    return several, aside, simple
